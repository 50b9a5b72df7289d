import Foundation
import Testing

/// What a backup does with a source that it has seen before.
struct RepeatedBackupTests {
    private func line(_ number: Int, _ text: String) -> String {
        #"{"time":\#(1_600_000_000_000 + number * 1000),"id":"\#(number)","conversation":"c","from":"a","text":"\#(text)"}"#
    }

    private func summary(_ scratch: Scratch, _ arguments: String...) throws -> (status: Int32, values: [String: Any]) {
        let result = try scratch.run(scratch.process("chatark", ["backup", "--json"] + arguments))
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        return (result.status, try #require(object, "\(result)"))
    }

    @Test("nothing is read of what has not changed, unless options say that it is to be read otherwise")
    func settings() throws {
        let scratch = try Scratch.withRepository()
        try scratch.write(line(1, "hello") + "\n", to: "h.jsonl")
        try scratch.expect("chatark", "backup", scratch("h.jsonl"))
        #expect(try scratch.expect("chatark", "backup", scratch("h.jsonl")).contains("Nothing has changed"))
        let with = ["backup", "--own-name", "Ann", scratch("h.jsonl")]
        #expect(try scratch.run(scratch.process("chatark", with)).output.contains("1 read"))
        #expect(try scratch.run(scratch.process("chatark", with)).output.contains("Nothing has changed"))
        #expect(try scratch.expect("chatark", "backup", "--tz", "Asia/Tokyo", scratch("h.jsonl")).contains("1 read"))
    }

    @Test("a row that cannot be read this time is not taken for deleted; what is deleted later is")
    func unreadableThenDeleted() throws {
        let scratch = try Scratch.withRepository()
        let lines = (1...3).map { line($0, "message \($0)") }
        try scratch.write(lines.joined(separator: "\n") + "\n", to: "h.jsonl")
        #expect(try summary(scratch, scratch("h.jsonl")).status == 0)
        try scratch.write([lines[0], "torn", lines[2]].joined(separator: "\n") + "\n", to: "h.jsonl")
        var (status, values) = try summary(scratch, scratch("h.jsonl"))
        #expect(status == 3 && values["messages_gone"] as? Int == 0, "\(values)")
        try scratch.write([lines[0], lines[2]].joined(separator: "\n") + "\n", to: "h.jsonl")
        (status, values) = try summary(scratch, scratch("h.jsonl"))
        #expect(status == 0 && values["messages_gone"] as? Int == 1, "\(values)")
    }

    @Test("a message that comes while a backup runs is there after the next one, whenever it came")
    func changedMeanwhile() throws {
        let scratch = try Scratch.withRepository()
        let many = (1...40_000).map { line($0, "message \($0)") }.joined(separator: "\n") + "\n"
        for round in 1...4 {
            let (small, big) = ("small-\(round).jsonl", "big-\(round).jsonl")
            try scratch.write(line(1, "first") + "\n", to: small)
            try scratch.write(many, to: big)
            let process = scratch.process("chatark", ["backup", "--quiet", scratch(small), scratch(big)])
            try process.run()
            usleep(useconds_t(round) * 300_000)
            try scratch.append(line(2, "newest of round \(round)") + "\n", to: small)
            process.waitUntilExit()
            #expect([0, 3].contains(process.terminationStatus))
            _ = try scratch.run("chatark", "backup", "--quiet", scratch(small), scratch(big))
            let found = try scratch.expect("chatark", "search", "newest of round \(round)")
            #expect(found.contains("newest of round \(round)"), "round \(round)")
        }
    }

    @Test("of several paths only those that have changed are read again")
    func unchangedBesideChanged() throws {
        let scratch = try Scratch.withRepository()
        for name in ["a", "b", "c"] { try scratch.write(line(1, "first of \(name)") + "\n", to: "\(name).jsonl") }
        try scratch.append(line(3, "second of a") + "\n", to: "a.jsonl")
        let paths = ["a", "b", "c"].map { scratch("\($0).jsonl") }
        #expect(try summary(scratch, paths[0], paths[1], paths[2]).values["messages_read"] as? Int == 4)
        try scratch.write(line(1, "first of b") + "\n" + line(2, "second of b") + "\n", to: "b.jsonl")
        var (status, values) = try summary(scratch, paths[0], paths[1], paths[2])
        #expect(status == 0 && values["sources_unchanged"] as? Int == 2, "\(values)")
        #expect(values["messages_read"] as? Int == 2 && values["messages_stored"] as? Int == 1, "\(values)")
        #expect(values["messages_gone"] as? Int == 0, "\(values)")
        // What has left a path since is marked, whether or not the other paths were read in between.
        try scratch.write(line(1, "first of a") + "\n", to: "a.jsonl")
        (status, values) = try summary(scratch, paths[0], paths[1], paths[2])
        #expect(status == 0 && values["messages_gone"] as? Int == 1, "\(values)")
        #expect(try scratch.expect("chatark", "search", "--count", "of") == "5\n")
        #expect(try scratch.expect("chatark", "backup", paths[0], paths[1], paths[2]).contains("Nothing has changed"))
    }

    @Test("a message that comes to an unchanged path while another one is read is there after the next backup")
    func changedBesideChanged() throws {
        let scratch = try Scratch.withRepository()
        let many = (1...40_000).map { line($0, "message \($0)") }
        try scratch.write(line(1, "first") + "\n", to: "small.jsonl")
        try scratch.write(many.joined(separator: "\n") + "\n", to: "big.jsonl")
        let paths = [scratch("small.jsonl"), scratch("big.jsonl")]
        _ = try summary(scratch, paths[0], paths[1])
        for round in 1...4 {
            try scratch.append(line(100_000 + round, "another") + "\n", to: "big.jsonl")
            let process = scratch.process("chatark", ["backup", "--quiet"] + paths)
            try process.run()
            usleep(useconds_t(round) * 150_000)
            try scratch.append(line(1 + round, "newest of round \(round)") + "\n", to: "small.jsonl")
            process.waitUntilExit()
            #expect([0, 3].contains(process.terminationStatus))
            _ = try scratch.run("chatark", "backup", "--quiet", paths[0], paths[1])
            let found = try scratch.expect("chatark", "search", "--count", "newest of round \(round)")
            #expect(found == "1\n", "round \(round)")
        }
    }

    @Test("a search by a sender that nobody is says who there is, and one between reversed dates is refused")
    func senders() throws {
        let scratch = try Scratch.withRepository()
        let people = #"{"person":{"id":"a","name":"Emma Stone"}}"# + "\n"
        try scratch.write(people + line(1, "lunch today") + "\n", to: "h.jsonl")
        try scratch.expect("chatark", "backup", scratch("h.jsonl"))
        #expect(try scratch.expect("chatark", "search", "lunch", "--sender", "emma stone").contains("lunch today"))
        let unknown = try scratch.run("chatark", "search", "lunch", "--sender", "Emma")
        #expect(unknown.status == 0 && unknown.errors.contains("'Emma Stone'"), "\(unknown)")
        let dates = ["search", "lunch", "--since", "2024-02-01", "--until", "2024-01-01"]
        #expect(try scratch.run(scratch.process("chatark", dates)).status == 1)
    }

    @Test("a snapshot that is dated later than a backup is told of")
    func laterSnapshot() throws {
        let scratch = try Scratch.withRepository()
        try scratch.write(line(1, "hello") + "\n", to: "h.jsonl")
        try scratch.expect("chatark", "backup", "--time", "2099-01-01", scratch("h.jsonl"))
        try scratch.append(line(2, "goodbye") + "\n", to: "h.jsonl")
        let result = try scratch.run("chatark", "backup", "--quiet", scratch("h.jsonl"))
        #expect(result.status == 0 && result.errors.contains("is dated later than this backup"), "\(result)")
        // A wrong clock hides nothing.
        #expect(try scratch.expect("chatark", "search", "--count", "goodbye") == "1\n")
    }

    @Test("what lies behind a symbolic link is read again, and it is said that it is not stored")
    func links() throws {
        let scratch = try Scratch.withRepository()
        try scratch.write(line(1, "hello") + "\n", to: "data/h.jsonl")
        try FileManager.default.createDirectory(atPath: scratch("source"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: scratch("source/h.jsonl"), withDestinationPath: "../data/h.jsonl")
        let first = try scratch.run("chatark", "backup", "--quiet", scratch("source"))
        #expect(first.status == 0 && first.errors.contains("1 symbolic link"), "\(first)")
        try scratch.append(line(2, "goodbye") + "\n", to: "data/h.jsonl")
        try scratch.expect("chatark", "backup", scratch("source"))
        #expect(try scratch.expect("chatark", "search", "--count", "goodbye") == "1\n")
    }

    @Test("an export under another name each time is told how to be one source")
    func otherNames() throws {
        let scratch = try Scratch.withRepository()
        let lines = (1...10).map { line($0, "message \($0)") }.joined(separator: "\n") + "\n"
        try scratch.write(lines, to: "2024-01.jsonl")
        try scratch.write(lines + line(11, "new") + "\n", to: "2024-02.jsonl")
        #expect(try !scratch.run("chatark", "backup", scratch("2024-01.jsonl")).errors.contains("--source-name"))
        #expect(try scratch.run("chatark", "backup", scratch("2024-02.jsonl")).errors.contains("--source-name"))
        #expect(try !scratch.run("chatark", "backup", scratch("2024-02.jsonl")).errors.contains("--source-name"))
    }
}
