import Foundation
import Testing

/// What ABOUT.txt says of a copy, and by which names conversations are found.
@Suite(.serialized)
struct CopyAccountTests {
    private func person(_ id: String, _ name: String) -> String {
        #"{"person":{"id":"\#(id)","name":"\#(name)"}}"#
    }

    private func conversation(_ id: String, _ title: String, _ members: String = "[]") -> String {
        #"{"conversation":{"id":"\#(id)","title":"\#(title)","kind":"group","app":"test","members":\#(members)}}"#
    }

    private func message(_ id: Int, from: String, in conversation: String, _ text: String) -> String {
        #"{"time":\#(1_630_738_435_000 + id * 86_400_000),"id":"\#(id)","conversation":"\#(conversation)","from":"\#(from)","#
            + #""text":"\#(text)"}"#
    }

    private func backUp(_ scratch: Scratch, _ name: String, host: String, _ lines: String...) throws {
        try scratch.write(lines.joined(separator: "\n") + "\n", to: name)
        try scratch.expect("chatark", "backup", "--quiet", "--host", host, scratch(name))
    }

    private func about(_ scratch: Scratch, _ arguments: String...) throws -> String {
        let target = scratch("out-\(UUID().uuidString)")
        let result = try scratch.run(scratch.process("chatark", ["restore", "--target", target] + arguments))
        #expect(result.status == 0, "\(result)")
        return try String(contentsOfFile: target + "/ABOUT.txt", encoding: .utf8)
    }

    @Test("each conversation is said to be from where it was read, not from where the last backup was")
    func sources() throws {
        let scratch = try Scratch.withRepository()
        try backUp(scratch, "one.jsonl", host: "phone", conversation("c1", "One"), message(1, from: "a", in: "c1", "x"))
        try backUp(scratch, "two.jsonl", host: "pc", conversation("c2", "Two"), message(1, from: "a", in: "c2", "x"))
        let one = try about(scratch, "--conversation", "One")
        #expect(one.contains("    from \(scratch("one.jsonl")) on phone, last read with something new 20"), "\(one)")
        #expect(!one.contains("two.jsonl"), "nothing is said of other conversations")
        let two = try about(scratch, "--conversation", "Two")
        #expect(two.contains("    from \(scratch("two.jsonl")) on pc, ") && !two.contains("phone"), "\(two)")
        try backUp(scratch, "one.jsonl", host: "phone", conversation("c1", "One"), message(9, from: "a", in: "c3", "x"))
        #expect(try about(scratch, "--conversation", "One").contains("    no source has any of it any more\n"))
    }

    @Test("members and all who sent something that was copied are named, and those of one name told apart")
    func participants() throws {
        let scratch = try Scratch.withRepository()
        try backUp(
            scratch, "h.jsonl", host: "pc", person("p1", "Emma"), person("p2", "Emma"), person("p3", "Bob"),
            person("p4", "Late"), conversation("c", "Chat", #"["p1"]"#), conversation("f", "Forum"),
            message(1, from: "p1", in: "c", "hello"), message(2, from: "p2", in: "c", "hello"),
            message(3, from: "p3", in: "c", "hello"), message(40, from: "p4", in: "c", "hello"),
            message(1, from: "p3", in: "f", "hello"))
        let chat = try about(scratch, "--conversation", "Chat", "--until", "2021-09")
        let stranger = ", not among the members that the source lists\n"
        #expect(chat.contains("    Emma: p1\n    Emma@p2: p2\(stranger)    Bob: p3\(stranger)\n"), "\(chat)")
        #expect(try about(scratch, "--conversation", "Forum").contains("    Bob: p3\n"))
        #expect(try !about(scratch, "--conversation", "Forum").contains("Emma"))
        let found = try scratch.expect("chatark", "search", "--json", "hello", "--conversation", "Chat")
        let hits = try found.split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(hits.map { $0["sender_id"] as? String } == ["p1", "p2", "p3", "p4"])
        #expect(hits.map { $0["sender"] as? String } == ["Emma", "Emma@p2", "Bob", "Late"])
        #expect((hits[1]["path"] as? String)?.hasSuffix("_Emma@p2.txt") == true)
        #expect(try scratch.expect("chatark", "search", "--count", "hello", "--sender", "p2") == "1\n")
    }

    @Test("the moments that dates meant are named with their offset, and the command that makes the same copy")
    func moments() throws {
        let scratch = try Scratch.withRepository()
        try backUp(
            scratch, "h.jsonl", host: "pc", conversation("c", "It's"), message(1, from: "a", in: "c", "one"),
            message(40, from: "a", in: "c", "two"))
        let text = try about(scratch, "--until", "yesterday", "--since", "2021-10", "--conversation", "It's")
        #expect(text.contains("From:            2021-10-01T00:00:00+08:00\n") && !text.contains("yesterday"), "\(text)")
        #expect(text.contains(/Until: +20[0-9-]+T23:59:59.999\+08:00\n/), "\(text)")
        let command = try #require(text.firstMatch(of: /chatark (restore .+ --target) OTHER( .*); diff/))
        let again = "\(Scratch.chatark) \(command.1) \(scratch("again"))\(command.2)"
        try scratch.expect("sh", "-c", again)
        #expect(try String(contentsOfFile: scratch("again/ABOUT.txt"), encoding: .utf8) == text)
    }

    @Test("a renamed conversation is found by its title, listed with it, and its folder stays")
    func titles() throws {
        let scratch = try Scratch.withRepository()
        let hello = message(1, from: "a", in: "c", "hello")
        try backUp(scratch, "h.jsonl", host: "pc", conversation("c", "Old: Name"), hello)
        #expect(!(try scratch.expect("chatark", "ls", "--conversations")).contains("New"))
        try backUp(scratch, "h.jsonl", host: "pc", conversation("c", "New Name"), hello)
        let list = try scratch.expect("chatark", "ls", "--conversations")
        #expect(list.contains("Title") && list.contains(/Old__Name .*  New Name\n/), "\(list)")
        let json = try scratch.expect("chatark", "ls", "--conversations", "--json")
        #expect(json.contains(#""folder":"Old__Name","title":"New Name""#))
        for name in ["New Name", "Old__Name"] {
            #expect(try scratch.expect("chatark", "search", "--count", "hello", "--conversation", name) == "1\n")
            let text = try about(scratch, "--conversation", name)
            #expect(text.contains("Conversations:   New Name (Old__Name)\n"), "\(text)")
            #expect(text.contains("New Name: 1 message\n    in the folders 'Old__Name'\n"), "\(text)")
        }
        #expect(try scratch.run("chatark", "search", "hello", "--conversation", "Old: Name").status == 1)
    }

    @Test("a title that several have is refused with their folders, and accents may be written in two ways")
    func ambiguous() throws {
        let scratch = try Scratch.withRepository()
        try backUp(
            scratch, "h.jsonl", host: "pc", conversation("c1", "a b"), conversation("c2", "a b"),
            conversation("c3", "Cafe\u{301}"), conversation("c4", "plain"), message(1, from: "a", in: "c1", "hello"),
            message(1, from: "a", in: "c2", "hello"), message(1, from: "a", in: "c3", "hello"))
        for command in [["search", "hello"], ["restore", "--target", scratch("no")]] {
            let result = try scratch.run(scratch.process("chatark", command + ["--conversation", "a b"]))
            #expect(result.status == 1 && result.errors.contains("'a_b', 'a_b-2'"), "\(result)")
            #expect(!FileManager.default.fileExists(atPath: scratch("no")))
        }
        #expect(try about(scratch, "--conversation", "Caf\u{E9}").contains(": 1 message\n"))
        #expect(try scratch.expect("chatark", "search", "--count", "hello", "--conversation", "Caf\u{E9}") == "1\n")
        // The name of a folder counts before another one's title.
        try backUp(scratch, "h.jsonl", host: "pc", conversation("c4", "a_b"), message(2, from: "a", in: "c4", "hello"))
        #expect(try scratch.expect("chatark", "search", "hello", "--conversation", "a_b").contains("/a_b/"))
    }

    @Test("new folders have names that Windows can hold, and those that are there keep theirs")
    func folderNames() throws {
        let scratch = try Scratch.withRepository()
        let titles = ["aux", "Weekly", "weekly", "end."]
        let lines = titles.enumerated().map { index, title in
            conversation("c\(index)", title) + "\n" + message(index, from: "a", in: "c\(index)", "hello")
        }
        try backUp(scratch, "h.jsonl", host: "pc", lines.joined(separator: "\n"))
        let list = try scratch.expect("chatark", "ls", "--conversations", "--json")
        let folders = list.matches(of: /"folder":"([^"]*)"/).map { String($0.1) }
        #expect(folders == ["_aux", "Weekly", "weekly-2", "end_"])
    }
}
