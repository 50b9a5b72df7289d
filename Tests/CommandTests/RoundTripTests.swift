import Foundation
import Testing

/// Whole stories on a made-up history, as a user tells them to the program.
@Suite(.serialized)
struct RoundTripTests {
    private func makeHistory(_ scratch: Scratch, stage: Int = 1, messages: Int = 1500) throws -> [String: Any] {
        try scratch.expect(
            Places.tool("make-history"), "--messages", "\(messages)", "--media-bytes", "3000000", "--stage", "\(stage)",
            "--expected",
            scratch("expected.json"), scratch("history"))
        let data = try Data(contentsOf: URL(fileURLWithPath: scratch("expected.json")))
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func backUp(_ scratch: Scratch, _ arguments: String...) throws -> [String: Any] {
        let result = try scratch.run(
            scratch.process("chatark", ["backup", "--json"] + arguments + [scratch("history")]))
        #expect(result.status == 0, "\(result.errors)")
        let last = result.output.split(separator: "\n").last.map(String.init) ?? ""
        return try #require(JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any])
    }

    private func number(_ summary: [String: Any], _ key: String) throws -> Int {
        try #require(summary[key] as? Int, "\(key)")
    }

    @Test(
        "three backups of a history that changes: accounts add up, what has not changed is not stored again, all comes back"
    )
    func wholeStory() throws {
        let scratch = try Scratch.withRepository()
        var expected = try makeHistory(scratch)
        let first = try backUp(scratch, "--time", "2024-07-01 12:00:00", "--tag", "first,demo", "--host", "laptop")
        #expect(try number(first, "messages_read") == number(expected, "messages"))
        #expect(
            try number(first, "messages_stored") + number(first, "messages_duplicate") == number(expected, "messages"))
        #expect(try number(first, "messages_skipped") == 0)

        let (packs, indexes) = (try scratch.fileCount(in: "data"), try scratch.fileCount(in: "index"))
        let second = try backUp(scratch, "--time", "2024-07-02 12:00:00", "--host", "laptop")
        #expect(try scratch.fileCount(in: "data") == packs, "nothing is stored")
        #expect(try scratch.fileCount(in: "index") == indexes)
        #expect(try scratch.snapshotCount() == 2)
        #expect(try number(second, "messages_stored") == 0)

        expected = try makeHistory(scratch, stage: 2)
        let third = try backUp(scratch, "--time", "2024-08-01 12:00:00", "--host", "laptop")
        #expect(try number(third, "messages_read") == number(expected, "messages"))
        #expect(
            try number(first, "messages_stored") + number(third, "messages_stored")
                + number(third, "messages_duplicate")
                + number(first, "messages_duplicate") >= number(expected, "everSeen"),
            "every wording ever seen is there")

        let snapshots = try #require(try scratch.json("snapshots", "--json") as? [[String: Any]])
        #expect(snapshots.map { ($0["time"] as? String)?.prefix(10) } == ["2024-07-01", "2024-07-02", "2024-08-01"])
        #expect(snapshots[0]["tags"] as? [String] == ["first", "demo"])
        #expect(snapshots[0]["hostname"] as? String == "laptop")
        let tagged = try #require(try scratch.json("snapshots", "--json", "--tag", "demo") as? [[String: Any]])
        #expect(tagged.count == 1)

        let listing = try scratch.expect("chatark", "ls", "latest")
        #expect(listing.contains("/original/history/telegram/result.json\n"))
        #expect(listing.contains("/archive/archive.json\n"))

        try scratch.expect("chatark", "restore", "latest", "--target", scratch("restored"))
        try scratch.expect("diff", "-r", scratch("history"), scratch("restored/history"))
        try scratch.expect("chatark", "restore", "latest", "--target", scratch("part"), "--include", "*.jsonl")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch("part/history")) == ["sms.jsonl"])
        let shown = "/original/history/sms.jsonl"
        try scratch.expect("chatark", "restore", "latest", "--target", scratch("shown"), "--include", shown)
        try scratch.expect("diff", scratch("history/sms.jsonl"), scratch("shown/history/sms.jsonl"))
        let none = try scratch.run("chatark", "restore", "-t", scratch("none"), "--include", "*.jpeg2000")
        #expect(none.status == 1 && none.errors.contains("matches '--include'"), "\(none)")

        try scratch.expect("chatark", "check", "--read-data")
        try scratch.expect("restic", "check", "--read-data")
        try scratch.expect("restic", "restore", "latest", "--target", scratch("by-restic"), "--include", "/original")
        try scratch.expect("diff", "-r", scratch("history"), scratch("by-restic/original/history"))
        let theirs = try scratch.expect("restic", "snapshots", "--json")
        #expect(theirs.components(separatedBy: "short_id").count == 4)
        #expect(try scratch.locks() == [])
    }

    @Test("a row that cannot be read is counted and named with its line, the rest is stored, and the status is 3")
    func unreadableRow() throws {
        let scratch = try Scratch.withRepository()
        let lines = [
            #"{"time":1630738435000,"conversation":"c","from":"a","text":"hello"}"#, "not json",
            #"{"time":1630738436000,"conversation":"c","text":"you"}"#,
        ]
        try scratch.write(lines.joined(separator: "\n") + "\n", to: "chat.jsonl")
        let result = try scratch.run("chatark", "backup", scratch("chat.jsonl"))
        #expect(result.status == 3)
        #expect(result.errors.contains("line 2"), "\(result.errors)")
        #expect(
            result.output.contains("3 read = 2 stored + 0 already archived + 0 duplicates + 1 skipped"),
            "\(result.output)")
        #expect(try scratch.snapshotCount() == 1)
    }

    /// The two programs' exports in a folder, with one picture each, beside a file that is not theirs.
    static let exports: [(file: String, media: String, text: String)] = [
        (
            "result.json", "photos/p.jpg",
            #"{"name":"A","type":"personal_chat","id":4,"messages":[{"id":1,"type":"message","date_unixtime":"5","photo":"photos/p.jpg","text":"x"}]}"#
        ),
        (
            "_chat.txt", "00000001-PHOTO-2022-03-27.jpg",
            "[27/03/22, 10:00:00] A: \u{200E}<attached: 00000001-PHOTO-2022-03-27.jpg>\r\n"
        ),
        (
            "WhatsApp Chat with A.txt", "IMG-20220327-WA0001.jpg",
            "27/03/2022, 10:00 - A: \u{200E}IMG-20220327-WA0001.jpg (file attached)\n"
        ),
    ]

    @Test("an export's file that is named itself is backed up as its folder, with the media", arguments: exports)
    func namedFile(file: String, media: String, text: String) throws {
        let scratch = try Scratch.withRepository()
        try scratch.write(text, to: "export/" + file)
        try scratch.write("picture\n", to: "export/" + media)
        try scratch.write("mine\n", to: "export/notes.md")
        let result = try scratch.run("chatark", "backup", scratch("export/" + file), scratch("export"))
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("the folder '\(scratch("export"))' is backed up"), "\(result.errors)")
        #expect(result.output.contains("1 read = 1 stored"), "\(result.output)")
        #expect(!result.output.contains("missing"), "\(result.output)")
        try scratch.expect("chatark", "restore", "latest", "--target", scratch("restored"))
        try scratch.expect("diff", "-r", scratch("export"), scratch("restored/export"))
    }

    @Test("an export's file among other folders is backed up alone", arguments: exports)
    func fileAmongOthers(file: String, media: String, text: String) throws {
        let scratch = try Scratch.withRepository()
        try scratch.write(text, to: "downloads/" + file)
        try scratch.write("picture\n", to: "downloads/" + media)
        try scratch.write("mine\n", to: "downloads/taxes/notes.md")
        let result = try scratch.run("chatark", "backup", scratch("downloads/" + file))
        #expect(result.status == 0, "\(result.errors)")
        let listing = try scratch.expect("chatark", "ls", "latest")
        #expect(listing.contains("/original/\(file)\n"), "\(listing)")
        #expect(!listing.contains("taxes"), "\(listing)")
    }

    @Test("a snapshot that restic wrote is listed, restored and checked")
    func ofRestic() throws {
        let scratch = try Scratch()
        try scratch.expect("restic", "init")
        try scratch.write("text\n", to: "files/one.txt")
        try scratch.write("", to: "files/空.txt")
        try scratch.expect("ln", "-s", "one.txt", scratch("files/link"))
        try scratch.expect("restic", "backup", scratch("files"))
        try scratch.expect("chatark", "check", "--read-data")
        #expect(try scratch.expect("chatark", "ls", "latest", "--quiet").contains(scratch("files/空.txt")))
        try scratch.expect("chatark", "restore", "latest", "--target", scratch("back"))
        try scratch.expect("diff", "-r", "--no-dereference", scratch("files"), scratch("back") + scratch("files"))
    }

    @Test("an interrupted backup gives its lock back, ends with 130, and the next one completes")
    func interrupted() throws {
        let scratch = try Scratch.withRepository()
        _ = try makeHistory(scratch, messages: 8000)
        let process = scratch.process("chatark", ["backup", scratch("history")])
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        for _ in 0..<400 where try scratch.locks().isEmpty { usleep(5000) }
        process.interrupt()
        process.waitUntilExit()
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == 130)
        #expect(try scratch.locks() == [], "the lock is given back")
        try scratch.expect("restic", "check")
        try scratch.expect("chatark", "backup", "--quiet", scratch("history"))
        try scratch.expect("restic", "check", "--read-data")
    }
}
