import Foundation
import Testing

/// Repositories that both programs use.
@Suite(.serialized)
struct ResticRepositoryStoryTests {
    @Test("what restic stored is mounted and restored as it was", arguments: ["1", "2"])
    func resticWrites(version: String) throws {
        let scratch = try Scratch()
        try makeOddTree(in: scratch)
        try scratch.expect("restic", "init", "--repository-version", version)
        try scratch.expect("sh", "-c", "cd \(scratch.path) && restic backup tree --pack-size 4")
        try FileManager.default.createDirectory(atPath: scratch("mnt"), withIntermediateDirectories: true)

        try scratch.expect("chatark", "mount", scratch("mnt"))
        // Two pipes always differ for diff; rsync compares what they are.
        try scratch.expect(
            "diff", "-r", "--no-dereference", "--exclude=pipe", scratch("tree"), scratch("mnt/latest/tree"))
        let changes = try scratch.expect(
            "rsync", "-rlptc", "--specials", "--dry-run", "--itemize-changes", scratch("tree/"),
            scratch("mnt/latest/tree/"))
        #expect(changes.isEmpty, "\(changes)")
        try scratch.expect("chatark", "umount", scratch("mnt"))

        try scratch.expect("chatark", "restore", "latest", "--target", scratch("restored"))
        let restored = scratch("restored/tree")
        try scratch.expect("diff", "-r", "--no-dereference", "--exclude=pipe", scratch("tree"), restored)
        let differences = try scratch.expect(
            "rsync", "-rlptHc", "--specials", "--dry-run", "--itemize-changes", scratch("tree/"), restored + "/")
        #expect(differences.isEmpty, "\(differences)")
        try scratch.expect("chatark", "check", "--read-data")
    }

    @Test("restic checks, lists, restores and prunes what chatark stored, and chatark finds it whole afterwards")
    func resticReads() throws {
        let scratch = try Scratch()
        let history = scratch("history")
        try scratch.expect(Places.tool("make-history"), "--messages", "500", "--media-bytes", "2000000", history)
        try scratch.expect("chatark", "init")
        try scratch.expect("chatark", "backup", history)
        try scratch.expect(
            Places.tool("make-history"), "--messages", "500", "--media-bytes", "2000000", "--stage", "2", history)
        try scratch.expect("chatark", "backup", history)

        try scratch.expect("restic", "check", "--read-data")
        #expect(try scratch.expect("restic", "snapshots").contains("2 snapshots"))
        #expect(try scratch.expect("restic", "ls", "latest").contains("/original/history/telegram/result.json"))
        try scratch.expect("restic", "restore", "latest", "--include", "/original", "--target", scratch("by-restic"))
        try scratch.expect("diff", "-r", history, scratch("by-restic/original/history"))

        try scratch.expect("restic", "forget", "--keep-last", "1", "--group-by", "", "--prune")
        try scratch.expect("restic", "check", "--read-data")
        try scratch.expect("chatark", "check", "--read-data")
        try scratch.expect("chatark", "restore", "latest", "--target", scratch("by-chatark"))
        try scratch.expect("diff", "-r", history, scratch("by-chatark/history"))
        // The archive outlives the snapshots in which its messages were first stored.
        try FileManager.default.createDirectory(atPath: scratch("mnt"), withIntermediateDirectories: true)
        try scratch.expect("chatark", "mount", "--snapshot", "latest", scratch("mnt"))
        try scratch.expect("sh", "-c", "find \(scratch("mnt")) -type f -exec cat {} + > /dev/null")
        try scratch.expect("chatark", "umount", scratch("mnt"))
    }

    private func line(_ number: Int, _ text: String) -> String {
        #"{"time":\#(1_600_000_000_000 + number * 1000),"id":"\#(number)","conversation":"c","from":"a","text":"\#(text)"}"#
            + "\n"
    }

    @Test("two repositories of one source that restic copies into one lose none of the messages of either")
    func joined() throws {
        let scratch = try Scratch()
        let (one, other) = (["-r", scratch("one")], ["-r", scratch("other")])
        for repository in [one, other] { try scratch.expect(["chatark", "init"] + repository) }
        func backup(_ repository: [String], _ messages: [Int]) throws {
            try scratch.write(messages.map { line($0, "message \($0)") }.joined(), to: "h.jsonl")
            try scratch.expect(["chatark", "backup", "--quiet"] + repository + [scratch("h.jsonl")])
        }
        try backup(one, [11])
        try backup(other, [11, 12])
        try backup(one, [11, 13])
        try backup(one, [11, 13, 14])
        try scratch.write("correct horse", to: "password")
        let from = ["--from-repo", scratch("other"), "--from-password-file", scratch("password")]
        try scratch.expect(["restic", "copy"] + one + from)
        try backup(one, [11, 13, 14, 15])
        #expect(try scratch.expect(["chatark", "search", "--count"] + one + ["message"]) == "5\n")
    }

    @Test("an archive that was restored, and that restic stored anew, is read and continued")
    func storedAnew() throws {
        let scratch = try Scratch()
        let words = String(repeating: "0123456789 ", count: 20)
        // More than one chunk can hold.
        let text = (1...40_000).map { line($0, "message \($0) \(words)") }.joined()
        try scratch.write(text, to: "h.jsonl")
        try scratch.expect("chatark", "init")
        try scratch.expect("chatark", "backup", "--quiet", scratch("h.jsonl"))
        try scratch.expect("restic", "restore", "latest", "--target", scratch("out"))
        try scratch.expect("restic", "init", "-r", scratch("new"))
        try scratch.expect("sh", "-c", "cd \(scratch("out")) && restic -r \(scratch("new")) backup archive original")
        let new = ["-r", scratch("new")]
        #expect(try scratch.expect(["chatark", "search", "--count"] + new + ["message"]) == "40000\n")
        try scratch.write(text + line(50_000, "message of today"), to: "h.jsonl")
        try scratch.expect(["chatark", "backup", "--quiet"] + new + [scratch("h.jsonl")])
        #expect(try scratch.expect(["chatark", "search", "--count"] + new + ["message"]) == "40001\n")
    }

    /// Links, odd names, sparse and empty files, odd modes and times.
    private func makeOddTree(in scratch: Scratch) throws {
        try scratch.write("text", to: "tree/plain.txt")
        let script = """
            set -e
            cd \(scratch("tree"))
            mkdir -p empty deep/er/and/deeper '全角　空格' 'new
            line' "it's" '<&>' 
            : > empty.file
            truncate -s 20M sparse; printf end >> sparse
            head -c 3000000 /dev/urandom > random
            ln random hard; ln -s random soft; ln -s /nowhere dangling; ln -s ../.. up
            printf x > "$(printf 'latin-\\351')"
            printf x > '家👨‍👩.txt'; printf x > 'back\\\\slash "quote"'; printf x > ' leading and trailing '
            printf x > "$(printf '%0255d' 0)"
            chmod 0401 plain.txt; chmod 1777 empty; chmod 2755 deep
            mkfifo pipe
            touch -h -d '1999-12-31 23:59:59.123456789' soft plain.txt; touch -d '2105-01-01' empty.file
            """
        try scratch.expect("bash", "-c", script)
    }
}
