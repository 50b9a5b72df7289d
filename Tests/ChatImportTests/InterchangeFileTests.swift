import ChatImport
import ChatModel
import Foundation
import SeededRandom
import Testing

struct InterchangeFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func importing(_ text: String) throws -> Import {
        try Import(try folder.write("chat.jsonl", text), .jsonl)
    }

    @Test func `lines become messages of the conversation above them, or of their own`() throws {
        let found = try importing(
            """
            {"person":{"id":"p1","name":"张伟"}}
            {"conversation":{"id":"c1","title":"One","kind":"group","app":"irc"}}
            {"time":1630739035000,"from":"p1","text":"hi"}
            {"time":"2021-09-04T15:03:55+08:00","from":"p1","text":"there","conversation":"c2"}

            {"time":1630739036000,"text":"last"}
            """)
        #expect(found.messages.map(\.1.text) == ["c1", "c2", "c1"])
        #expect(found.messages.map(\.0.time.milliseconds) == [1_630_739_035_000, 1_630_739_035_000, 1_630_739_036_000])
        #expect(found.conversations.first { $0.id.text == "c1" }?.kind == .group)
        #expect(found.people[PersonID("p1")]?.name == "张伟")
        #expect(found.skipped.isEmpty)
    }

    @Test func `a bad line is skipped with its number, the others are read`() throws {
        let found = try importing(
            "{\"time\":1}\n{\"conversation\":{\"id\":\"c\"}}\r\n{\"time\":1} x\nnonsense\n[1]\n{\"time\":2,\"text\":\"ok\"}\r\n"
        )
        #expect(found.messages.map(\.0.text) == ["ok"])
        #expect(found.skipped.map(\.line) == [1, 3, 4, 5])
        #expect(found.skipped.map(\.reason) == [.noConversation, .badLine, .badLine, .badLine])
    }

    @Test(arguments: [#"{"conversation":{"id":"b","members":["p1",5]}}"#, #"{"conversation":{"id":"b","ti"#])
    func `what follows a conversation that cannot be read is not of the one before`(line: String) throws {
        let found = try importing(
            "{\"conversation\":{\"id\":\"a\"}}\n{\"time\":1,\"text\":\"one\"}\n\(line)\n{\"time\":2,\"text\":\"two\"}\n"
                + "{\"time\":3,\"text\":\"three\",\"conversation\":\"a\"}\n")
        #expect(found.messages.map(\.0.text) == ["one", "three"])
        #expect(found.skipped.map(\.reason) == [.badLine, .noConversation])
        #expect(found.skipped.map(\.line) == [3, 4])
    }

    @Test func `a file stands for its folder when the folders beside it have what it names, and no others do`() throws {
        let text = """
            {"conversation":{"id":"c"}}
            {"time":1,"attachments":[{"name":"a.jpg","path":"files/a.jpg"}]}

            """
        let file = try folder.write("own/chat.jsonl", text)
        #expect(exportFolder(ofFile: file, format: .jsonl) == nil, "what it names is not there")
        try folder.write("own/files/a.jpg", "x")
        #expect(exportFolder(ofFile: file, format: .jsonl) == folder.path + "/own")
        try folder.write("own/letter.txt", "x")
        #expect(exportFolder(ofFile: file, format: .jsonl) == folder.path + "/own")
        try folder.write("own/other/b.jpg", "x")
        #expect(exportFolder(ofFile: file, format: .jsonl) == nil)
        let beside = try folder.write(
            "flat/chat.jsonl",
            "{\"conversation\":{\"id\":\"c\"}}\n{\"time\":1,\"attachments\":[{\"path\":\"a.jpg\"}]}\n")
        try folder.write("flat/a.jpg", "x")
        #expect(exportFolder(ofFile: beside, format: .jsonl) == folder.path + "/flat")
        try folder.write("flat/more.jsonl", text)
        #expect(exportFolder(ofFile: beside, format: .jsonl) == nil)
        let words = try folder.write(
            "words/chat.jsonl", "{\"conversation\":{\"id\":\"c\"}}\n{\"time\":1,\"text\":\"x\"}\n")
        #expect(exportFolder(ofFile: words, format: .jsonl) == nil)
    }

    @Test func `a file in which nothing can be read is an error`() throws {
        #expect {
            try importing("a\nb\n")
        } throws: { error in
            if case .nothingReadable("chat.jsonl", 2)? = error as? ImportError { true } else { false }
        }
        #expect(try importing("").messages.isEmpty)
    }

    @Test func `a segment of an archive is read back`() throws {
        let digest = String(repeating: "0f", count: 32)
        let found = try importing(
            """
            {"conversation":{"id":"c"}}
            {"time":1,"text":"x","attachments":[{"name":"a.jpg","sha256":"\(digest)","size":5},{"sha256":"../x","size":1}],"src":[0,1],"gone":7}
            """)
        #expect(
            found.first?.attachments.map(\.content) == [
                .stored(sha256: digest, size: 5), .missing(reason: "the line names no content that can be found"),
            ])
    }

    @Test func `attachments are files below the file's folder`() throws {
        try folder.write("media/a.jpg", "jpg")
        let found = try importing(
            """
            {"conversation":{"id":"c"}}
            {"time":1,"attachments":[{"path":"media/a.jpg"},{"path":"../a.jpg"},{"path":"/etc/passwd"},{"path":"media/none.jpg"},{"path":"media/a.jpg/x"}]}
            """)
        let contents = found.first?.attachments.map(\.content) ?? []
        #expect(contents.first == .file(path: "media/a.jpg"))
        #expect(contents.dropFirst().allSatisfy { if case .missing = $0 { true } else { false } })
    }

    @Test func `a byte order mark is no part of the first line`() throws {
        #expect(try importing("\u{FEFF}{\"time\":1,\"conversation\":\"c\"}\n").messages.count == 1)
    }

    @Test func `a line of a gigabyte is skipped and the next one is read`() throws {
        let file = folder.path + "/chat.jsonl"
        _ = FileManager.default.createFile(
            atPath: file, contents: Data("{\"conversation\":{\"id\":\"c\"}}\n{\"time\":1,\"text\":\"".utf8))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        try handle.seek(toOffset: 1 << 30)
        try handle.write(contentsOf: Data("\"}\n{\"time\":2,\"text\":\"after\"}".utf8))
        try handle.close()
        let found = try Import(file, .jsonl)
        #expect(found.skipped.map(\.reason) == [.tooLong])
        #expect(found.skipped.map(\.line) == [2])
        #expect(found.messages.map(\.0.text) == ["after"])
    }

    @Test func `random damage never traps`() throws {
        var random = SeededGenerator.printed("damaged lines")
        let text = Array(
            "{\"conversation\":{\"id\":\"c\",\"members\":[\"a\"]}}\n{\"time\":1,\"local\":\"2021-09-04T15:03:55\",\"attachments\":[{\"path\":\"a\"}],\"src\":[1],\"raw\":{\"a\":1.5e3}}\n"
                .utf8)
        for _ in 0..<2000 {
            var damaged = text
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                damaged[Int.random(in: text.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do { _ = try Import(try folder.write("chat.jsonl", damaged), .jsonl) } catch is ImportError {}
        }
    }
}
