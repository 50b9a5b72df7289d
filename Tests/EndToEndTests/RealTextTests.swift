import Foundation
import Testing

private let logs = Places.fixtures + "/corpus/irc-disentanglement/train"
private let isThere = Places.hasFixture("corpus/irc-disentanglement/train")

/// Published chat logs of fourteen years, 196,146 messages in one conversation.
@Suite(.serialized, .enabled(if: isThere, "needs the published chat logs"))
struct RealTextTests {
    static let messages = 196_146
    static let words = ["ubuntu", "kernel", "sudo", "the", "apt-get", "flash", "wifi", "thanks", "nvidia", "grub"]

    @Test(
        "a mounted history has a file for every message, grep finds what it finds in the source, and restore gives it back"
    )
    func wholeStory() throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: scratch("mnt"), withIntermediateDirectories: true)
        let export = scratch("irc.jsonl")
        try scratch.expect("sh", "-c", "\(Places.tool("irc-to-jsonl")) '\(logs)' > \(export)")
        try scratch.expect("chatark", "init")

        let backup = try scratch.run("/usr/bin/time", "-v", Scratch.chatark, "backup", export)
        #expect(backup.status == 0, "\(backup.errors.suffix(2000))")
        #expect(try peakMemory(backup) < 300_000_000, "a backup of 196,146 messages takes less than 300 MB")

        let process = scratch.process("chatark", ["mount", "--foreground", "--snapshot", "latest", scratch("mnt")])
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        for _ in 0..<200 where !FileManager.default.fileExists(atPath: scratch("mnt/conversations")) { usleep(50_000) }

        let files = try scratch.expect("sh", "-c", "find \(scratch("mnt"))/conversations -type f | wc -l")
        #expect(Int(files.trimmingCharacters(in: .whitespacesAndNewlines)) == Self.messages)

        let texts = scratch("texts.txt")
        try scratch.expect("sh", "-c", "python3 -c '\(Self.extractTexts)' \(export) > \(texts)")
        for word in Self.words {
            let found = try count(scratch.run("sh", "-c", "grep -r -h -c -- '\(word)' \(scratch("mnt"))/conversations"))
            let expected = try count(scratch.run("grep", "-c", "--", word, texts))
            #expect(found == expected, "\(word)")
            #expect(expected > 0, "\(word) occurs")
        }
        let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let peak = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        let kilobytes = try #require(Int(peak.split(separator: " ")[1]))
        #expect(kilobytes < 200_000, "a mount read by grep -r takes less than 200 MB")

        try scratch.expect("chatark", "restore", "latest", "--target", scratch("restored"))
        try scratch.expect("cmp", export, scratch("restored/irc.jsonl"))
        try scratch.expect("restic", "check", "--read-data")
        print("IRC history: backup peak \(try peakMemory(backup) / 1_000_000) MB, mount peak \(kilobytes / 1000) MB")
    }

    /// What a message's file holds: the text and a newline.
    static let extractTexts = """
        import json,sys
        for l in open(sys.argv[1], encoding="utf-8"):
            m = json.loads(l)
            if "time" in m: print(m.get("text", ""))
        """

    private func count(_ result: Finished) -> Int {
        result.output.split(separator: "\n").reduce(0) { $0 + (Int($1) ?? 0) }
    }

    private func peakMemory(_ run: Finished) throws -> Int {
        let line = try #require(run.errors.split(separator: "\n").first { $0.contains("Maximum resident") })
        return try #require(line.split(separator: " ").last.flatMap { Int($0) }) * 1024
    }
}
