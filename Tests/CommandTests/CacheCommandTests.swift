import Foundation
import Testing

/// What is kept on this machine is looked after, and every command speaks JSON when asked to.
@Suite(.serialized)
struct CacheCommandTests {
    @Test("who looks at a cache makes none")
    func looking() throws {
        let scratch = try Scratch.withRepository()
        for command in ["status", "verify", "clear"] { try scratch.expect("chatark", "cache", command) }
        #expect(try scratch.expect("chatark", "cache", "status").contains("0 B of at most"))
        #expect(!FileManager.default.fileExists(atPath: scratch("cache/chunks")))
        try scratch.write("", to: "file")
        let unusable = try scratch.run("chatark", "cache", "status", "--cache-dir", scratch("file"))
        #expect(unusable.status == 1 && unusable.errors.contains("no cache that can be used"))
    }

    @Test("nothing is said to be dropped of a repository of which nothing is kept")
    func nothingKept() throws {
        let scratch = try Scratch.withRepository()
        let words = try scratch.expect("chatark", "cache", "clear", "-r", "rest:http://nobody.invalid/x")
        #expect(words.contains("Nothing was kept of rest:http://nobody.invalid/x"))
        let json = try scratch.expect("chatark", "cache", "clear", "--json")
        #expect(json == #"{"message_type":"summary","entries_dropped":0,"bytes_dropped":0}"# + "\n")
    }

    @Test("a wrong command line is told as JSON, too, beside the result")
    func usage() throws {
        let scratch = try Scratch.withRepository()
        let result = try scratch.run("chatark", "snapshots", "--json", "--nonsense")
        #expect(result.status == 1 && result.output.isEmpty)
        let object = try JSONSerialization.jsonObject(with: Data(result.errors.utf8)) as? [String: Any]
        #expect(object?["message_type"] as? String == "exit_error" && object?["code"] as? Int == 1)
        #expect((object?["message"] as? String)?.contains("--nonsense") == true)
    }

    @Test("a target that cannot be made is a failure")
    func impossibleTarget() throws {
        let scratch = try Scratch.withRepository()
        try scratch.write(#"{"conversation":{"id":"c","title":"C","kind":"direct"}}"# + "\n", to: "chat.jsonl")
        try scratch.expect("chatark", "backup", scratch("chat.jsonl"))
        let result = try scratch.run("chatark", "restore", "latest", "--target", scratch("chat.jsonl/below"))
        #expect(result.status == 1 && result.output.isEmpty && result.errors.contains("below"), "\(result)")
    }

    @Test("a store where nobody listens is named with the cause, in one line a pause")
    func refused() throws {
        let scratch = try Scratch.withRepository()
        // Long enough for several pauses of three requests at once.
        let process = scratch.process("chatark", ["-r", "rest:http://127.0.0.1:9/x", "snapshots"])
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        sleep(12)
        process.terminate()
        process.waitUntilExit()
        let lines = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).split(
            separator: "\n")
        let told = lines.filter { $0.contains("Trying again in") }
        #expect((1...6).contains(told.count) && told.allSatisfy { $0.contains("refused the connection") }, "\(lines)")
        #expect(told.allSatisfy { !$0.contains("Try again") })
    }

    @Test("a host whose name nobody has is not waited for")
    func unknownHost() throws {
        let scratch = try Scratch.withRepository()
        let host = String(repeating: "a", count: 64) + ".invalid"
        let result = try scratch.run("chatark", "-r", "rest:http://\(host)/x", "snapshots")
        #expect(result.status == 1 && result.errors.contains("There is no machine of the name"))
        #expect(!result.errors.contains("Trying again"))
    }
}
