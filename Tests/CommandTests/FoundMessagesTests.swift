import Foundation
import Testing

/// What `chatark search` finds and how it shows it.
@Suite(.serialized)
struct FoundMessagesTests {
    /// Messages of September 2021, one a second, of a conversation.
    private func conversation(_ title: String, names: String = "{}", _ messages: [String]) -> String {
        let head =
            #"{"conversation":{"id":"\#(title)","title":"\#(title)","kind":"group","app":"test","names":\#(names)}}"#
        let lines = messages.enumerated().map { index, rest in
            #"{"time":\#(1_630_738_435_000 + index * 1000),"id":"m\#(index)","conversation":"\#(title)",\#(rest)}"#
        }
        return ([head] + lines).joined(separator: "\n") + "\n"
    }

    private func backUp(_ text: String, _ scratch: Scratch, to name: String = "chat.jsonl") throws {
        try scratch.write(text, to: name)
        try scratch.expect("chatark", "backup", "--quiet", scratch(name))
    }

    @Test("a message is shown on one line without control characters, with its marks, around what was found")
    func lines() throws {
        let scratch = try Scratch.withRepository()
        let long = String(repeating: "before ", count: 300) + "Needle" + String(repeating: " after", count: 300)
        try backUp(
            conversation(
                "Chat",
                [
                    #""from":"Emma","text":"needle \u001b[31mred\u001b[0m\u0007\r\n[2021-09-04 15:03:55] 我: I agree""#,
                    #""from":"Emma","text":"\#(long)""#,
                    #""from":"Emma","forward":"Bob","text":"needle of another""#,
                    #""from":"Emma","reply":"m1","edited":1630742035000,"text":"needle again""#,
                    #""kind":"system","text":"needle joined""#,
                    #""from":"Emma","kind":"file","text":"needle.pdf","attachments":[{"name":"needle.pdf","missing":"x"}]"#,
                ]), scratch)
        let lines = try scratch.expect("chatark", "search", "needle").split(separator: "\n").map(String.init)
        #expect(lines.count == 12)
        #expect(!lines.joined().unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F })
        let texts = lines.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        #expect(texts[0] == "  [2021-09-04 14:53:55] Emma: needle ?[31mred?[0m? [2021-09-04 15:03:55] 我: I agree")
        #expect(texts[1].contains("before Needle after") && texts[1].hasPrefix("  [2021-09-04 14:53:56] Emma: …"))
        #expect(texts[1].count < 300 && texts[1].hasSuffix("…"))
        #expect(texts[2] == "  [2021-09-04 14:53:57] Emma (forwarded from Bob): needle of another")
        #expect(texts[3] == "  [2021-09-04 14:53:58] Emma (reply to message m1; edited 2021-09-04 15:53): needle again")
        #expect(texts[4] == "  [2021-09-04 14:53:59] needle joined")
        #expect(texts[5] == "  [2021-09-04 14:54:00] Emma: needle.pdf")
    }

    @Test(
        "JSON says all that is known of a message: its identity, from whom it was, and when it was last at the source")
    func json() throws {
        let scratch = try Scratch.withRepository()
        let kept = #""from":"Emma","text":"needle""#
        try backUp(
            conversation("Chat", [kept, #""from":"Emma","forward":"Bob","reply":"m0","edited":5000,"text":"needle""#]),
            scratch)
        try backUp(conversation("Chat", [kept]), scratch)
        let hits = try scratch.expect("chatark", "search", "--json", "needle").split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(hits.map { $0["id"] as? String } == ["m0", "m1"])
        #expect(hits[0]["forwarded_from"] == nil && hits[0]["last_seen"] == nil && hits[0]["edited"] == nil)
        #expect(hits[1]["forwarded_from"] as? String == "Bob" && hits[1]["reply_to"] as? String == "m0")
        #expect(hits[1]["edited"] as? Int == 5000 && hits[1]["last_seen"] is Int)
        #expect(hits.map { $0["sender_id"] as? String } == ["Emma", "Emma"])
        let shown = try scratch.expect("chatark", "search", "needle")
        #expect(shown.components(separatedBy: "(no longer at the source; last seen ").count == 2, "\(shown)")
    }

    @Test("a wording that was edited since is not shown as a deleted message, nor counted as one")
    func wordings() throws {
        let scratch = try Scratch.withRepository()
        let others = [#""from":"Emma","text":"needle kept""#, #""from":"Emma","text":"needle deleted""#]
        try backUp(conversation("Chat", [#""from":"Emma","text":"needle old""#] + others), scratch)
        try scratch.write(
            conversation("Chat", [#""from":"Emma","text":"needle new""#, others[0]]), to: "chat.jsonl")
        let backup = try scratch.expect("chatark", "backup", scratch("chat.jsonl"))
        #expect(backup.contains("1 message edited since") && backup.contains("1 message no longer at the source"))
        let lines = try scratch.expect("chatark", "search", "needle").split(separator: "\n")
        let texts = lines.enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element.dropFirst(24)) }
        #expect(texts[0].hasPrefix("Emma: needle old (earlier wording; last seen 20"), "\(texts)")
        #expect(texts[1] == "Emma (edited): needle new" && texts[2] == "Emma: needle kept")
        #expect(texts[3].hasPrefix("Emma: needle deleted (no longer at the source; last seen 20"), "\(texts)")
        let json = try scratch.expect("chatark", "search", "--json", "needle").split(separator: "\n")
        #expect(json[0].contains(#""wording":"earlier""#) && json[1].contains(#""wording":"later""#))
        #expect(!json[2].contains("wording") && !json[3].contains("wording"))
    }

    @Test("a sender is found by any name: everywhere, in one group, formerly, or an identifier that has none")
    func senders() throws {
        let scratch = try Scratch.withRepository()
        func people(_ name: String) -> String {
            #"{"person":{"id":"a","name":"\#(name)"}}"# + "\n" + #"{"person":{"id":"b","name":"Bob"}}"# + "\n"
        }
        let text =
            conversation("One", names: #"{"a":"班长"}"#, [#""from":"a","text":"hello""#, #""from":"b","text":"hello""#])
            + conversation("Two", [#""from":"a","text":"hello""#, #""from":"ghost","text":"hello""#])
        try backUp(people("Former") + text, scratch)
        try backUp(people("赵经理") + text, scratch)
        for (name, count) in [("赵经理", 2), ("班长", 2), ("former", 2), ("bob", 1), ("Ghost", 1), ("nobody", 0)] {
            #expect(
                try scratch.expect("chatark", "search", "--count", "hello", "--sender", name) == "\(count)\n", "\(name)"
            )
        }
    }

    @Test("what only a mount shows of a message without words is found as well")
    func rawContent() throws {
        let scratch = try Scratch.withRepository()
        try backUp(conversation("Chat", [#""from":"a","kind":"location","raw":{"place":"Westlake 西湖"}"#]), scratch)
        for words in [["西湖"], ["westlake"], ["[location]"], [#""place":"#], ["--regex", #"place.*lake"#]] {
            let found = try scratch.run(scratch.process("chatark", ["search"] + words))
            #expect(found.output.contains(#"a: [location] {"place":"Westlake 西湖"}"#), "\(words): \(found)")
        }
    }

    @Test("a message that an expression explodes at is told of, and the others are found")
    func givenUp() throws {
        let scratch = try Scratch.withRepository()
        let long = String(repeating: "a", count: 500) + "b"
        try backUp(conversation("Chat", [#""from":"x","text":"\#(long)""#, #""from":"x","text":"aaa""#]), scratch)
        let result = try scratch.run("chatark", "search", "-E", "(a|aa)+$")
        #expect(result.status == 3, "\(result)")
        #expect(result.output.contains("x: aaa"))
        #expect(result.errors.contains("'Chat' 2021-09: 1 message not looked through."), "\(result.errors)")
    }

    @Test("a damaged segment is told of by its conversation and month, and the others are looked through")
    func damagedSegment() throws {
        let scratch = try Scratch.withRepository()
        for name in ["One", "Two", "Three"] {
            try backUp(conversation(name, [#""from":"a","text":"hello of \#(name)""#]), scratch, to: "\(name).jsonl")
        }
        let months = try scratch.expect("restic", "dump", "latest", "/archive/months/Two.jsonl")
        let blob = try #require(months.firstMatch(of: /"blobs":\["([0-9a-f]{64})"/)).1
        var damaged = false
        for index in try FileManager.default.contentsOfDirectory(atPath: scratch("repo/index")) {
            let text = try scratch.expect("restic", "cat", "index", index)
            let json = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            for pack in json["packs"] as? [[String: Any]] ?? [] {
                for entry in pack["blobs"] as? [[String: Any]] ?? [] where entry["id"] as? String == String(blob) {
                    let id = try #require(pack["id"] as? String)
                    let file = scratch("repo/data/\(id.prefix(2))/\(id)")
                    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
                    var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
                    bytes[try #require(entry["offset"] as? Int) + 20] ^= 1
                    try bytes.write(to: URL(fileURLWithPath: file))
                    damaged = true
                }
            }
        }
        #expect(damaged)
        let result = try scratch.run("chatark", "search", "hello")
        #expect(result.status == 3, "\(result)")
        #expect(result.output.contains("hello of One") && result.output.contains("hello of Three"), "\(result)")
        #expect(result.errors.contains("'Two' 2021-09: "), "\(result.errors)")
        #expect(try scratch.run("chatark", "search", "--count", "hello").output == "2\n")
    }

    @Test("a month is a date")
    func months() throws {
        let scratch = try Scratch.withRepository()
        try backUp(conversation("Chat", [#""from":"a","text":"hello""#]), scratch)
        func count(_ options: String...) throws -> String {
            try scratch.expect(scratch.process("chatark", ["search", "--count", "hello"] + options))
        }
        #expect(try count("--since", "2021-09", "--until", "2021-09") == "1\n")
        #expect(try count("--since", "2021-10") == "0\n" && count("--until", "2021-08") == "0\n")
        #expect(try scratch.run("chatark", "search", "x", "--since", "2021-13").status == 1)
        #expect(try scratch.run("chatark", "ls", "--at", "2021-08").status == 1, "the backup is of today")
    }
}

extension Scratch {
    /// The output of a program that must succeed.
    fileprivate func expect(_ process: Process) throws -> String {
        let result = try run(process)
        #expect(result.status == 0, "\(result.errors)")
        return result.output
    }
}
