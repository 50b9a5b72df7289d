import Foundation
import Testing

@Suite(.serialized)
struct DryRunTests {
    @Test("a dry run says what is there, without a repository, and stores nothing")
    func report() throws {
        let scratch = try Scratch()
        try scratch.write(
            """
            {"time":1600000000000,"conversation":"c","text":"one"}
            {"time":1600000001000,"conversation":"d","text":"two","attachments":[{"name":"gone.jpg"}]}

            """, to: "chats.jsonl")
        let result = try scratch.run("chatark", "backup", "--dry-run", scratch("chats.jsonl"))
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("Messages: 2 read = 2 in 2 conversations + 0 skipped"), "\(result.output)")
        #expect(result.output.contains("1 attachment missing"), "\(result.output)")
        #expect(result.output.hasSuffix("Nothing was stored.\n"), "\(result.output)")
        let json = try scratch.run("chatark", "backup", "--dry-run", "--json", scratch("chats.jsonl"))
        let found = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(found["messages_read"] as? Int == 2 && found["conversations"] as? Int == 2)
        #expect(found["attachments"] as? Int == 1 && found["message_type"] as? String == "dry_run")
        #expect(!FileManager.default.fileExists(atPath: scratch("repo")))
    }

    @Test("a dry run that meets what it cannot read says where, and ends as a backup does")
    func partial() throws {
        let scratch = try Scratch()
        try scratch.write(
            "{\"time\":1600000000000,\"conversation\":\"c\",\"text\":\"one\"}\n{\"text\":\n", to: "chats.jsonl")
        let result = try scratch.run("chatark", "backup", "--dry-run", "--source", "jsonl", scratch("chats.jsonl"))
        #expect(result.status == 3, "\(result)")
        #expect(result.errors.contains("line 2"), "\(result.errors)")
    }
}
