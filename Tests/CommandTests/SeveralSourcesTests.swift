import Foundation
import Testing

/// One repository for several sources, programs and computers.
struct SeveralSourcesTests {
    private func line(_ number: Int, _ text: String) -> String {
        #"{"time":\#(1_600_000_000_000 + number * 1000),"id":"\#(number)","conversation":"\#(text)","from":"a","text":"\#(text)"}"#
    }

    @Test("a damaged export does not keep the others from being saved")
    func damaged() throws {
        let scratch = try Scratch.withRepository()
        try scratch.write(line(1, "hello") + "\n", to: "good.jsonl")
        try scratch.write("PK\u{3}\u{4}torn", to: "WhatsApp Chat with Ann.zip")
        let backup = try scratch.run(
            "chatark", "backup", "--source", "auto", scratch("WhatsApp Chat with Ann.zip"), scratch("good.jsonl"))
        #expect(backup.status == 3 && backup.errors.contains("Ann.zip"), "\(backup)")
        #expect(try scratch.expect("chatark", "search", "--count", "hello") == "1\n")
        #expect(try scratch.run("chatark", "backup", scratch("WhatsApp Chat with Ann.zip")).status == 1)
    }

    @Test("a path that is not there, or holds nothing, does not keep the others from being saved")
    func absent() throws {
        let scratch = try Scratch.withRepository()
        try scratch.write(line(1, "hello") + "\n", to: "good.jsonl")
        try FileManager.default.createDirectory(atPath: scratch("empty"), withIntermediateDirectories: true)
        let backup = try scratch.run("chatark", "backup", scratch("none"), scratch("good.jsonl"), scratch("empty"))
        #expect(backup.status == 3 && backup.errors.contains("none' was passed over"), "\(backup)")
        #expect(backup.errors.contains("empty' was passed over"))
        #expect(try scratch.expect("chatark", "search", "--count", "hello") == "1\n")
        #expect(try scratch.run("chatark", "backup", scratch("none"), scratch("empty")).status == 1)
    }

    @Test("what cannot be read in a folder of exports is told before all else, and the zone of all of them in one line")
    func folder() throws {
        let scratch = try Scratch.withRepository()
        for number in 10..<40 {
            try scratch.write("27/03/2022, 13:05 - Bob: hello\n", to: "in/WhatsApp Chat with A\(number).txt")
        }
        let good = try scratch.run("chatark", "backup", "--tz", "UTC", scratch("in"))
        #expect(good.status == 0, "\(good)")
        let lines = good.errors.split(separator: "\n")
        #expect(lines.count == 1 && lines[0].contains("A10.txt' and 29 other files"), "\(good)")
        try scratch.write("27/03/2022 kvart 13:00 - B: x\n", to: "in/WhatsApp Chat with B.txt")
        try scratch.write("PK\u{3}\u{4}torn", to: "in/WhatsApp Chat with C.zip")
        try scratch.write(
            "27/03/2022, 13:00 - B: x\n27/03/2022 kvart 13:00 - B: x\n", to: "in/WhatsApp Chat with D.txt")
        for arguments in [["backup"], ["backup", "--quiet"], ["backup", "--dry-run"]] {
            let backup = try scratch.run(scratch.process("chatark", arguments + ["--tz", "UTC", scratch("in")]))
            #expect(backup.status == 3, "\(backup)")
            let lines = backup.errors.split(separator: "\n")
            for name in ["B.txt", "C.zip", "D.txt"] {
                #expect(lines.prefix(3).contains { $0.contains("with \(name)'") }, "\(backup)")
            }
        }
        #expect(try scratch.expect("chatark", "search", "--count", "hello") == "30\n")
    }

    @Test("a folder with one export that is damaged stores nothing")
    func damagedAlone() throws {
        let scratch = try Scratch.withRepository()
        try scratch.write(#"{"name":"A","type":"personal_chat","id":1,"messages":[{"id":1,"ty"#, to: "in/result.json")
        let backup = try scratch.run("chatark", "backup", scratch("in"))
        #expect(backup.status == 1 && backup.errors.contains("damaged at line 1"), "\(backup)")
        #expect(try scratch.expect("chatark", "snapshots", "--json").hasPrefix("[]"))
    }

    @Test("what another program backs up into the repository does not hide the conversations")
    func otherProgram() throws {
        let scratch = try Scratch.withRepository()
        try scratch.write(line(1, "hello") + "\n", to: "good.jsonl")
        try scratch.expect("chatark", "backup", scratch("good.jsonl"))
        try scratch.expect("restic", "backup", scratch("good.jsonl"))
        #expect(try scratch.expect("chatark", "search", "--count", "hello") == "1\n")
        #expect(try scratch.expect("chatark", "ls", "--conversations").contains("hello"))
        try scratch.expect("chatark", "restore", "--conversation", "hello", "--target", scratch("out"))
        // Files are restored from the newest of all, as ever.
        try scratch.expect("chatark", "restore", "latest", "--target", scratch("files"))
    }

    @Test("a restore of the newest originals says where those of other sources are")
    func originals() throws {
        let scratch = try Scratch.withRepository()
        for name in ["one", "two"] {
            try scratch.write(line(1, name) + "\n", to: "\(name).jsonl")
            try scratch.expect("chatark", "backup", scratch("\(name).jsonl"))
        }
        let restored = try scratch.run("chatark", "restore", "latest", "--target", scratch("out"))
        #expect(restored.status == 0 && restored.errors.contains("one.jsonl"), "\(restored)")
        #expect(!restored.errors.contains("two.jsonl"))
    }

    @Test("nothing is restored into the repository itself", arguments: ["", "/sub/sub", "/../repo/x"])
    func intoItself(below: String) throws {
        let scratch = try Scratch.withRepository()
        try scratch.write(line(1, "one") + "\n", to: "one.jsonl")
        try scratch.expect("chatark", "backup", scratch("one.jsonl"))
        let restored = try scratch.run("chatark", "restore", "latest", "--target", scratch("repo") + below)
        #expect(restored.status == 1 && restored.errors.contains("repository itself"), "\(restored)")
        #expect(!FileManager.default.fileExists(atPath: scratch("repo/one.jsonl")))
    }

    @Test("of two backups at once one says that there was another, and the next one joins them")
    func atOnce() throws {
        let scratch = try Scratch.withRepository()
        try scratch.write((1...60_000).map { line($0, "big") }.joined(separator: "\n") + "\n", to: "big.jsonl")
        try scratch.write(line(1, "small") + "\n", to: "small.jsonl")
        let big = scratch.process("chatark", ["backup", scratch("big.jsonl")])
        let errors = Pipe()
        big.standardError = errors
        try big.run()
        var isAtWork = false
        let end = Date().addingTimeInterval(30)
        while !isAtWork, Date() < end {
            isAtWork = try !scratch.expect("ls", scratch("repo/locks")).isEmpty
        }
        try scratch.expect("chatark", "backup", scratch("small.jsonl"))
        let isBehind = big.isRunning
        let words = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        big.waitUntilExit()
        #expect(big.terminationStatus == 0)
        if isBehind { #expect(words.contains("Another backup ended"), "\(words)") }
        try scratch.expect("chatark", "backup", scratch("small.jsonl"))
        #expect(try scratch.expect("chatark", "search", "--count", "small") == "1\n")
        #expect(try scratch.expect("chatark", "search", "--count", "big") == "60000\n")
    }
}
