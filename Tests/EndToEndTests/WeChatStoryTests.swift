import Foundation
import Testing

/// Made-up accounts of WeChat in every shape, from the messenger's own databases to the mount and back.
///
/// `Tools/make-wechat` says what a person must see, and `Tools/compare-wechat` compares the mount with it: neither knows
/// anything of the importers.
@Suite(.serialized)
struct WeChatStoryTests {
    private func generate(_ scratch: Scratch, _ shape: String, _ options: [String]) throws {
        scratch.variables["TZ"] = "Asia/Shanghai"
        let arguments = ["--shape", shape, "--messages", "1500", "--media-bytes", "3000000"] + options
        #expect(
            try scratch.run(scratch.process(Places.tool("make-wechat"), arguments + [scratch("account")])).status == 0)
        try FileManager.default.createDirectory(atPath: scratch("mnt"), withIntermediateDirectories: true)
        try scratch.expect("chatark", "init")
    }

    private func keys(_ scratch: Scratch) -> [String] {
        let file = scratch("account.keys")
        return FileManager.default.fileExists(atPath: file) ? ["--database-key-file", file] : []
    }

    @Test(
        "an account is backed up, mounted, compared message by message, and restored byte for byte",
        arguments: ["android", "pc3", "v4", "mac3", "ios"], [false, true])
    func story(shape: String, isEncrypted: Bool) throws {
        // On iPhones the databases are plain.
        if shape == "ios", isEncrypted { return }
        let scratch = try Scratch()
        try generate(scratch, shape, (isEncrypted ? ["--encrypted"] : []) + ["--wal"])
        let backup = try scratch.run(
            scratch.process("chatark", ["backup"] + keys(scratch) + [scratch("account")]))
        #expect(backup.status == 0, "\(backup)")
        try scratch.expect("chatark", "mount", scratch("mnt"))
        let comparison = try scratch.run(
            scratch.process(
                Places.tool("compare-wechat"), [scratch("mnt/latest"), scratch("account.expected.jsonl")]))
        #expect(comparison.status == 0, "\(comparison)")
        try scratch.expect("chatark", "umount", scratch("mnt"))
        try scratch.expect("chatark", "restore", "latest", "--target", scratch("restored"))
        try scratch.expect("diff", "-r", scratch("account"), scratch("restored/account"))
        try scratch.expect("restic", "check", "--read-data")
    }

    @Test("a later state of the phone adds what is new, and keeps what is gone")
    func stages() throws {
        let scratch = try Scratch()
        try generate(scratch, "android", [])
        try scratch.expect("chatark", "backup", scratch("account"))
        let first = try scratch.expect("cat", scratch("account.expected.jsonl"))
        try first.write(toFile: scratch("earlier.jsonl"), atomically: true, encoding: .utf8)
        let again = ["--shape", "android", "--messages", "1500", "--media-bytes", "3000000", "--stage", "2", "--force"]
        #expect(try scratch.run(scratch.process(Places.tool("make-wechat"), again + [scratch("account")])).status == 0)
        try scratch.expect("chatark", "backup", scratch("account"))
        try scratch.expect("chatark", "mount", scratch("mnt"))
        let comparison = try scratch.run(
            scratch.process(
                Places.tool("compare-wechat"),
                [scratch("mnt/latest"), scratch("account.expected.jsonl"), "--earlier", scratch("earlier.jsonl")]))
        #expect(comparison.status == 0, "\(comparison)")
        try scratch.expect("chatark", "umount", scratch("mnt"))
    }

    @Test("an encrypted account without its key, or with another one, is refused with words that say what to do")
    func keysMissing() throws {
        let scratch = try Scratch()
        try generate(scratch, "v4", ["--encrypted"])
        let without = try scratch.run(scratch.process("chatark", ["backup", scratch("account")]))
        #expect(without.status == 1 && without.errors.contains("--database-key-file"), "\(without)")
        let other = String(repeating: "ab", count: 32)
        try other.write(toFile: scratch("other.keys"), atomically: true, encoding: .utf8)
        let wrong = try scratch.run(
            scratch.process("chatark", ["backup", "--database-key-file", scratch("other.keys"), scratch("account")]))
        #expect(wrong.status == 1 && wrong.errors.contains("none of the 1 keys"), "\(wrong)")
        #expect(!wrong.errors.contains(other))
        #expect(!(try scratch.expect("restic", "snapshots", "--json")).contains("tree"))
    }
}
