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

    /// The path of a file somewhere in the account.
    private func file(_ name: String, _ scratch: Scratch) throws -> String {
        let found = try scratch.expect("find", scratch("account"), "-name", name).split(separator: "\n")
        return String(try #require(found.first))
    }

    /// What the newest transcripts say of messages that are no longer at the source.
    private func marks(_ scratch: Scratch) throws -> String {
        try scratch.expect("chatark", "mount", scratch("mnt"))
        defer { _ = try? scratch.run("chatark", "umount", scratch("mnt")) }
        return try scratch.run("grep", "-rh", "no longer at the source", scratch("mnt/latest/transcripts")).output
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

    @Test("a database that is damaged ends a backup with status 3, and what it lacks is not taken for deleted")
    func damaged() throws {
        let scratch = try Scratch()
        try generate(scratch, "android", [])
        try scratch.expect("chatark", "backup", scratch("account"))
        let database = URL(fileURLWithPath: try file("EnMicroMsg.db", scratch))
        let whole = try Data(contentsOf: database)
        let file = try FileHandle(forUpdating: database)
        let size = try file.seekToEnd()
        try file.seek(toOffset: size / 10 * 4)
        try file.write(contentsOf: Data(repeating: 0xFF, count: Int(size / 5)))
        try file.close()
        // As long as it lies there, it is told, although nothing changes.
        for _ in 1...2 {
            let backup = try scratch.run("chatark", "backup", scratch("account"))
            #expect(backup.status == 3 && backup.output.contains("could not be read whole"), "\(backup)")
        }
        #expect(try marks(scratch).isEmpty)
        try whole.write(to: database)
        try scratch.expect("chatark", "backup", scratch("account"))
        #expect(try scratch.expect("chatark", "backup", scratch("account")).contains("Nothing has changed"))
    }

    @Test(
        "a database that was not copied this time is told, and what it had is not taken for deleted",
        arguments: [false, true])
    func lacking(isLog: Bool) throws {
        let scratch = try Scratch()
        try generate(scratch, isLog ? "android" : "v4", isLog ? ["--wal"] : [])
        try scratch.expect("chatark", "backup", scratch("account"))
        let name = isLog ? "EnMicroMsg.db-wal" : "message_1.db"
        let file = try file(name, scratch)
        try scratch.expect("mv", file, scratch("aside"))
        let first = try scratch.run("chatark", "backup", "--quiet", scratch("account"))
        #expect(first.status == 3 && first.errors.contains(name), "\(first)")
        // It is not said again and again as if it were new.
        try scratch.write("new", to: "account/new")
        let second = try scratch.run("chatark", "backup", scratch("account"))
        #expect(second.status == 0 && second.errors.contains("still not there"), "\(second)")
        #expect(try marks(scratch).isEmpty)
        // Once it is back, what is deleted is marked again.
        try scratch.expect("mv", scratch("aside"), file)
        let third = try scratch.run("chatark", "backup", scratch("account"))
        #expect(third.status == 0 && !third.errors.contains("still not there"), "\(third)")
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

    /// What the tables of a shape are not known to hold; Tools/wechat/README.md says it too.
    private static let lacks: [String: Set<String>] = [
        "android": [], "ios": ["meanings"], "pc3": ["meanings", "stickers"], "v4": ["meanings", "stickers"],
        "mac3": ["meanings", "stickers", "nicknames", "voices", "previews"],
    ]

    @Test("five accounts of one history show the same, each beside each other")
    func agreement() throws {
        let scratch = try Scratch()
        try generate(scratch, "all", ["--messages", "900"])
        let shapes = Self.lacks.keys.sorted()
        for shape in shapes {
            let keys = scratch("account/\(shape).keys")
            let options = FileManager.default.fileExists(atPath: keys) ? ["--database-key-file", keys] : []
            let repository = ["-r", scratch("repo-\(shape)")]
            try scratch.expect("chatark", "init", "-r", scratch("repo-\(shape)"))
            let backup = scratch.process("chatark", ["backup"] + repository + options + [scratch("account/\(shape)")])
            #expect(try scratch.run(backup).status == 0)
            try FileManager.default.createDirectory(atPath: scratch("mnt-\(shape)"), withIntermediateDirectories: true)
            let mount = ["mount"] + repository + ["--extended-attributes", scratch("mnt-\(shape)")]
            #expect(try scratch.run(scratch.process("chatark", mount)).status == 0)
        }
        for (place, one) in shapes.enumerated() {
            for other in shapes[(place + 1)...] {
                var facts = (Self.lacks[one] ?? []).symmetricDifference(Self.lacks[other] ?? [])
                // A phone finds fewer of the files in merged forwards, and other ones.
                if one == "android" || one == "ios" || other == "ios" { facts.insert("forwarded") }
                let comparison = try scratch.run(
                    scratch.process(
                        Places.tool("compare-wechat"),
                        facts.sorted().flatMap { ["--without", $0] }
                            + [scratch("mnt-\(one)/latest"), scratch("mnt-\(other)/latest")]))
                #expect(comparison.status == 0, "\(one) and \(other): \(comparison)")
            }
        }
        for shape in shapes { try scratch.expect("chatark", "umount", scratch("mnt-\(shape)")) }
    }

    @Test(
        "a phone and a computer of one owner become one history: no message twice, no folder twice or renamed",
        arguments: [["android", "v4"], ["v4", "android"], ["ios", "pc3"], ["android", "mac3"]])
    func twoDevices(shapes: [String]) throws {
        let scratch = try Scratch()
        try generate(scratch, "all", [])
        var folders: [String] = []
        for shape in shapes {
            let keys = scratch("account/\(shape).keys")
            let options = FileManager.default.fileExists(atPath: keys) ? ["--database-key-file", keys] : []
            let backup = try scratch.run(
                scratch.process("chatark", ["backup", "--json"] + options + [scratch("account/\(shape)")]))
            #expect(backup.status == 0, "\(backup)")
            let summary = try JSONSerialization.jsonObject(with: Data(backup.output.utf8)) as? [String: Any]
            let stored = try #require(summary?["messages_stored"] as? Int)
            #expect(shape == shapes[0] ? stored > 1400 : stored == 0, "\(shape): \(backup.output)")
            try scratch.expect("chatark", "mount", scratch("mnt"))
            folders.append(try scratch.expect("ls", scratch("mnt/latest/conversations")))
            try scratch.expect("chatark", "umount", scratch("mnt"))
        }
        #expect(folders[0] == folders[1])
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
        #expect(wrong.status == 1 && wrong.errors.contains("the key given does not open it"), "\(wrong)")
        #expect(!wrong.errors.contains(other))
        #expect(!(try scratch.expect("restic", "snapshots", "--json")).contains("tree"))
    }
}
