import Foundation
import Testing

/// `restore --conversation`: a copy for somebody who has no repository, a court for instance.
@Suite(.serialized)
struct ConversationCopyTests {
    /// Three conversations of one message a day from 1 September 2021; a second backup lacks a message of `One` and has another
    /// wording of one.
    private func repository() throws -> Scratch {
        let scratch = try Scratch.withRepository()
        func text(_ first: String, last: Int) -> String {
            var lines = [#"{"person":{"id":"a","name":"Emma"}}"#, #"{"person":{"id":"me","name":"我","self":true}}"#]
            for name in ["One", "Two", "Three"] {
                lines.append(
                    #"{"conversation":{"id":"id-\#(name)","title":"\#(name)","kind":"direct","app":"test","members":["a","me"]}}"#
                )
                for day in 1...(name == "One" ? last : 3) {
                    lines.append(
                        #"{"time":\#(1_630_468_800_000 + day * 86_400_000),"id":"\#(day)","conversation":"id-\#(name)","#
                            + #""from":"a","text":"\#(day == 1 ? first : "day \(day)") of \#(name)"}"#)
                }
            }
            return lines.joined(separator: "\n") + "\n"
        }
        try scratch.write(text("old wording", last: 40), to: "chat.jsonl")
        try scratch.expect("chatark", "backup", "--quiet", scratch("chat.jsonl"))
        try scratch.write(text("new wording", last: 39), to: "chat.jsonl")
        try scratch.expect("chatark", "backup", "--quiet", scratch("chat.jsonl"))
        return scratch
    }

    private func files(_ folder: String) throws -> [String] {
        try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }.sorted()
    }

    @Test("a copy has messages, transcripts that mark what is gone, an account of what it is, and digests of all files")
    func wholeConversation() throws {
        let scratch = try repository()
        try scratch.expect("chatark", "restore", "--conversation", "One", "--verify", "--target", scratch("out"))
        let transcript = try String(contentsOfFile: scratch("out/transcripts/One/2021-09.txt"), encoding: .utf8)
        #expect(transcript.contains("Emma: old wording of One (earlier wording; last seen "))
        #expect(transcript.contains("Emma (edited): new wording of One\n"))
        let october = try String(contentsOfFile: scratch("out/transcripts/One/2021-10.txt"), encoding: .utf8)
        #expect(october.contains("Emma: day 40 of One (no longer at the source; last seen "))
        let about = try String(contentsOfFile: scratch("out/ABOUT.txt"), encoding: .utf8)
        let snapshot = try #require(
            try scratch.expect("chatark", "snapshots", "--json").matches(of: /"id":"([0-9a-f]{64})"/).last
        ).1
        for words in [
            snapshot, "Conversations:   One", "41; no longer at the source: 1; earlier wordings of edited ones: 1",
            "From:            the first message\n", "Until:           the last message\n", "One: 41 messages",
            "Emma: a\n",
            "我: me, whose history this is\n", "Asia/Shanghai",
        ] {
            #expect(about.contains(words), "\(words) in \(about)")
        }
        #expect(!about.contains("Two") && !about.contains("NOT COMPLETE"))
        let check = try scratch.expect("sh", "-c", "cd \(scratch("out")) && sha256sum --strict -c SHA256SUMS")
        let all = try scratch.expect("sh", "-c", "cd \(scratch("out")) && find . -type f | wc -l")
        #expect("\(check.split(separator: "\n").count + 1)\n" == all, "every file but the list itself is in it")
        try scratch.expect("sh", "-c", "echo x >> \(scratch("out/transcripts/One/2021-09.txt"))")
        let changed = "cd \(scratch("out")) && sha256sum -c --quiet SHA256SUMS"
        #expect(try scratch.run("sh", "-c", changed).status == 1)
        let before = try scratch.expect("sh", "-c", "sort \(scratch("out/SHA256SUMS"))")
        try scratch.expect("chatark", "restore", "--conversation", "One", "--target", scratch("out"))
        #expect(
            try scratch.expect("sh", "-c", "sort \(scratch("out/SHA256SUMS"))") == before, "it is the same each time")
        try scratch.expect("chatark", "restore", "--conversation", "One", "--keep-existing", "-t", scratch("out"))
        #expect(
            try scratch.expect("sh", "-c", "sort \(scratch("out/SHA256SUMS"))") == before, "what is kept is listed, too"
        )
    }

    @Test("a file that is kept must be what the backup has: another one is told, and the digests find it")
    func forgedFile() throws {
        let scratch = try repository()
        func restore() throws -> Finished {
            try scratch.run("chatark", "restore", "--conversation", "One", "--keep-existing", "-t", scratch("out"))
        }
        let check = "cd \(scratch("out")) && sha256sum -c --quiet SHA256SUMS"
        #expect(try restore().status == 0)
        let message = "conversations/One/2021-09/2021-09-02_12-00-00-01_Emma.txt"
        for (name, forged) in [
            ("transcripts/One/2021-09.txt", "I CONFESS\n"), (message, "old wording of One\nand more\n"), (message, ""),
        ] {
            let honest = try String(contentsOfFile: scratch("out/\(name)"), encoding: .utf8)
            try scratch.write(forged, to: "out/\(name)")
            let result = try restore()
            #expect(result.status == 3 && result.errors.contains("'\(name)': lies here with another"), "\(result)")
            #expect(try String(contentsOfFile: scratch("out/\(name)"), encoding: .utf8) == forged, "it is kept")
            #expect(try scratch.run("sh", "-c", check).output.contains("\(name): FAILED"))
            #expect(try String(contentsOfFile: scratch("out/ABOUT.txt"), encoding: .utf8).contains("NOT COMPLETE"))
            try scratch.write(honest, to: "out/\(name)")
            #expect(try restore().status == 0)
            #expect(try scratch.run("sh", "-c", check).status == 0)
        }
    }

    @Test("files in the target that are not of the copy are told, and the account says so")
    func otherFiles() throws {
        let scratch = try repository()
        func restore(_ name: String) throws -> String {
            let result = try scratch.run("chatark", "restore", "--conversation", name, "-t", scratch("out"))
            #expect(result.status == 0, "\(result)")
            return result.errors
        }
        func about() throws -> String { try String(contentsOfFile: scratch("out/ABOUT.txt"), encoding: .utf8) }
        #expect(try restore("Two").isEmpty && restore("Two").isEmpty, "the same copy again is not another one")
        #expect(try !about().contains("NOT OF THIS COPY"))
        // Two wordings of a message, two more messages, a transcript.
        let errors = try restore("Three")
        #expect(errors.contains("The target was not empty: 5 files in it, ") && errors.contains("/Two/"), "\(errors)")
        #expect(try about().contains("NOT OF THIS COPY: 5 files in this folder that SHA256SUMS does not have"))
    }

    @Test("a choice of dates has only its messages, in transcripts too, and leaves no trace of other conversations")
    func datesOnly() throws {
        let scratch = try repository()
        try scratch.expect("chatark", "restore", "--since", "2021-10-05", "--until", "2021-10-06", "-t", scratch("out"))
        let month = "conversations/One/2021-10"
        #expect(
            try files(scratch("out")) == [
                "ABOUT.txt", "SHA256SUMS", "conversations", "conversations/One", month,
                "\(month)/2021-10-05_12-00-00_Emma.txt", "\(month)/2021-10-06_12-00-00_Emma.txt", "transcripts",
                "transcripts/One", "transcripts/One/2021-10.txt",
            ])
        #expect(
            try String(contentsOfFile: scratch("out/transcripts/One/2021-10.txt"), encoding: .utf8)
                == "[2021-10-05 12:00:00] Emma: day 34 of One\n[2021-10-06 12:00:00] Emma: day 35 of One\n")
        for folder in ["conversations/One", month, "transcripts/One"] {
            let time =
                try FileManager.default.attributesOfItem(atPath: scratch("out/\(folder)"))[.modificationDate] as? Date
            #expect(time?.timeIntervalSince1970 == 1_633_492_800, "\(folder) is of its newest message")
        }
    }

    @Test("a choice that has no message is a failure and leaves nothing")
    func nothing() throws {
        let scratch = try repository()
        let result = try scratch.run("chatark", "restore", "--since", "2021-12", "--target", scratch("out"))
        #expect(result.status == 1 && result.errors.contains("has no message of that choice"), "\(result)")
        #expect(!FileManager.default.fileExists(atPath: scratch("out")))
        let empty = try scratch.run(
            "chatark", "restore", "--conversation", "Two", "--since", "2021-10", "-t", scratch("out"))
        #expect(empty.status == 1, "\(empty)")
        #expect(!FileManager.default.fileExists(atPath: scratch("out")))
    }
}
