import ChatModel
import JSON
import ResticRepository
import Testing

@testable import ChatArchive

struct RecordTests {
    private func text(_ encode: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        encode(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test("the manifest is one line, and reads back")
    func manifest() throws {
        let manifest = ArchiveManifest(
            zone: "Asia/Shanghai", sources: [ArchiveSource(host: "laptop", path: "/export")],
            readings: [.init(time: Timestamp(milliseconds: 5), before: Timestamp(milliseconds: 3))])
        let bytes = manifest.encoded()
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                {"chatark":1,"zone":"Asia/Shanghai","sources":[{"host":"laptop","path":"/export","read":5,"before":3}]}

                """)
        #expect(try ArchiveManifest(parsing: bytes) == manifest)
    }

    @Test("a manifest of a later format is refused, and so is a damaged one")
    func laterFormat() {
        #expect(throws: ArchiveError.self) { try ArchiveManifest(parsing: Array(#"{"chatark":2,"zone":"UTC"}"#.utf8)) }
        #expect(throws: ArchiveError.self) { try ArchiveManifest(parsing: Array("{".utf8)) }
        #expect(throws: ArchiveError.self) { try ArchiveManifest(parsing: []) }
    }

    @Test("the lines of people, conversations and months have the documented keys, and read back")
    func lines() throws {
        let person = PersonRecord(
            Person(id: PersonID("p1"), name: "张伟", isSelf: true, phones: ["+86 10"], handles: ["@z"]),
            earlierNames: ["Wei"])
        let conversation = ConversationRecord(
            Conversation(id: ConversationID("c"), title: "午饭", kind: .group, app: "example", members: [PersonID("p1")]),
            folder: "午饭", messages: 3, attachments: 1, span: seconds(0)...seconds(9), sources: [0, 2])
        let month = MonthRecord(
            month: try #require(Month("2021-09")), messages: 3, attachments: 1, span: seconds(0)...seconds(9),
            given: [
                2: .init(digest: "0123456789abcdef", duplicates: 1),
                0: .init(digest: "fedcba9876543210", duplicates: 0),
            ], blobs: [try #require(BlobID(hex: String(repeating: "ab", count: 32)))], size: 77)
        #expect(
            text { person.encode(into: &$0) } == """
                {"person":{"id":"p1","name":"张伟","self":true,"phones":["+86 10"],"handles":["@z"]},"names":["Wei"]}

                """)
        #expect(
            text { conversation.encode(into: &$0) } == """
                {"id":"c","title":"午饭","kind":"group","app":"example","members":["p1"],"folder":"午饭","messages":3,\
                "attachments":1,"first":1630738800000,"last":1630738809000,"sources":[0,2]}

                """)
        #expect(
            text { month.encode(into: &$0) } == """
                {"month":"2021-09","messages":3,"attachments":1,"first":1630738800000,"last":1630738809000,\
                "sources":{"0":{"digest":"fedcba9876543210"},"2":{"digest":"0123456789abcdef","duplicates":1}},\
                "size":77,"blobs":["\(String(repeating: "ab", count: 32))"]}

                """)
        #expect(
            try read(text { person.encode(into: &$0) }) { (reader) throws(JSONError) in
                try PersonRecord(reading: &reader)
            } == [person])
        #expect(
            try read(text { conversation.encode(into: &$0) }) { (reader) throws(JSONError) in
                try ConversationRecord(reading: &reader)
            }
                == [conversation])
        #expect(
            try read(text { month.encode(into: &$0) }) { (reader) throws(JSONError) in try MonthRecord(reading: &reader)
            } == [month])
    }

    private func read<Record>(
        _ text: String, _ parse: (inout JSONReader) throws(JSONError) -> Record?
    ) throws -> [Record] {
        try Archive.parseLines(Array(text.utf8), name: "records", parse)
    }

    @Test("every truncation of a record is an error or the same record, never a trap")
    func truncations() throws {
        let line = Array(#"{"month":"2021-09","messages":3,"first":1,"last":2,"sources":{"0":{"digest":"ab"}}}"#.utf8)
        for count in 1..<line.count {
            #expect(throws: ArchiveError.self) {
                _ = try read(String(decoding: line[..<count], as: UTF8.self)) { (reader) throws(JSONError) in
                    try MonthRecord(reading: &reader)
                }
            }
        }
    }

    @Test("a damaged line is named by its number")
    func lineNumber() {
        do {
            _ = try read("{\"person\":{\"id\":\"p\"}}\n{]\n") { (reader) throws(JSONError) in
                try PersonRecord(reading: &reader)
            }
            Issue.record("a damaged line was read")
        } catch {
            guard case .damagedFile("records", line: 2, _)? = error as? ArchiveError else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test("a person's earlier names are kept, in whatever order sources say them, and settle")
    func names() {
        var record = PersonRecord(Person(id: PersonID("p"), name: "a"))
        record.update(with: Person(id: PersonID("p"), name: "b"))
        #expect(record.person.name == "b" && record.earlierNames == ["a"])
        record.update(with: Person(id: PersonID("p"), name: ""))
        #expect(record.person.name == "b")
        let says = { (names: [String]) in
            for name in names { record.update(with: Person(id: PersonID("p"), name: name)) }
        }
        says(["a", "c", "b"])
        let settled = record
        says(["a", "c", "b"])
        #expect(record == settled)
    }

    @Test(
        "stored media keeps an ordinary extension and no other",
        arguments: [
            ("photo.JPG", "ab.jpg"), ("a.tar.gz", "ab.gz"), ("none", "ab"), ("odd.j/g", "ab"), ("long.abcdefghi", "ab"),
            ("dot.", "ab"),
        ])
    func mediaName(name: String, expected: String) {
        #expect(ArchiveLayout.mediaName(sha256: "ab", attachmentName: name) == expected)
    }
}
