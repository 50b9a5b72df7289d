import ChatModel
import Foundation
import Testing

@testable import ChatArchive

/// What a person has who has only restic.
struct PlainRestoreTests {
    @Test("a plain restic restore leaves readable lines and media", .enabled(if: Bench.hasRestic))
    func restore() throws {
        let bench = try Bench()
        try bench.addFile("photo.jpg", [1, 2, 3])
        let (archive, _) = try bench.backUp(
            [
                .init(
                    exports: [[(text("收到", id: "1001"), "c1"), (picture(.file(path: "photo.jpg"), id: "1002"), "c1")]],
                    people: [Person(id: PersonID("p1"), name: "张伟")],
                    conversations: [
                        Conversation(id: ConversationID("c1"), title: "Lunch", kind: .group, app: "example")
                    ])
            ], at: 1000)
        try bench.saveSnapshot(archive, at: 1)
        try bench.restic("check", "--read-data")
        try bench.restic("restore", "latest", "--target", bench.path + "/out")
        let read = { (name: String) in try String(contentsOfFile: bench.path + "/out/archive/" + name, encoding: .utf8)
        }
        #expect(
            try read("archive.json") == """
                {"chatark":1,"zone":"UTC","sources":[{"host":"laptop","path":"/export","read":1000,"before":0}]}

                """)
        #expect(try read("people.jsonl") == "{\"person\":{\"id\":\"p1\",\"name\":\"张伟\"}}\n")
        #expect(
            try read("conversations/Lunch/2021-09.jsonl") == """
                {"conversation":{"id":"c1"}}
                {"time":1630738800000,"id":"1001","from":"p1","text":"收到","src":[0]}
                {"time":1630738800000,"id":"1002","from":"p1","kind":"image","attachments":[{"name":"a.jpg","type":"image/jpeg",\
                "sha256":"039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81","size":3}],"src":[0]}

                """)
        let media = "media/03/039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81.jpg"
        #expect(try Data(contentsOf: URL(fileURLWithPath: bench.path + "/out/archive/" + media)) == Data([1, 2, 3]))
    }

    @Test("a snapshot without an archive is told apart from a damaged one")
    func noArchive() throws {
        let bench = try Bench()
        try bench.saveSnapshot(nil, at: 1)
        let tree = try #require(try bench.repository.snapshots().first).snapshot.tree
        do {
            _ = try Archive(repository: bench.repository, snapshotTree: tree)
            Issue.record("a snapshot without an archive was opened")
        } catch {
            guard case .notAnArchive = error else {
                Issue.record("\(error)")
                return
            }
        }
    }
}
