import Foundation
import Testing

/// Mounting from the command line; what is inside is tested elsewhere.
@Suite(.serialized, .enabled(if: FileManager.default.fileExists(atPath: "/dev/fuse"), "needs /dev/fuse"))
struct MountCommandTests {
    private func repositoryWithTwoDates() throws -> Scratch {
        let scratch = try Scratch.withRepository()
        let head = #"{"conversation":{"id":"c","title":"张伟","kind":"direct","app":"test"}}"# + "\n"
        let first = head + #"{"time":1630738435000,"id":"1","from":"a","text":"hello lake"}"# + "\n"
        try scratch.write(first, to: "chat.jsonl")
        try scratch.expect("chatark", "backup", "--quiet", "--time", "2021-09-05 12:00:00", scratch("chat.jsonl"))
        try scratch.write(
            first + #"{"time":1630838435000,"id":"2","from":"b","text":"new lake"}"# + "\n", to: "chat.jsonl")
        try scratch.expect("chatark", "backup", "--quiet", "--time", "2021-09-07 12:00:00", scratch("chat.jsonl"))
        try FileManager.default.createDirectory(atPath: scratch("mnt"), withIntermediateDirectories: true)
        return scratch
    }

    private func isMounted(_ path: String) throws -> Bool {
        try String(contentsOfFile: "/proc/mounts", encoding: .utf8).contains(" \(path) fuse.chatark ")
    }

    @Test("a mount in the background can be used when the command returns, shows messages as files, and umount ends it")
    func background() throws {
        let scratch = try repositoryWithTwoDates()
        try scratch.expect("chatark", "mount", scratch("mnt"))
        #expect(try isMounted(scratch("mnt")))
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch("mnt/latest/conversations/张伟/2021-09"))
            .sorted()
        #expect(names == ["2021-09-04_14-53-55_a.txt", "2021-09-05_18-40-35_b.txt"])
        let found = try scratch.expect("grep", "-rl", "lake", scratch("mnt/latest/conversations"))
        #expect(found.split(separator: "\n").count == 2)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch("mnt/snapshots")).count == 2)
        let refused = try scratch.run("touch", scratch("mnt/latest/new"))
        #expect(refused.errors.contains("Read-only file system"))

        try scratch.expect("chatark", "backup", "--quiet", "--time", "2021-09-08 12:00:00", scratch("chat.jsonl"))
        #expect(try scratch.locks() == [], "a mount holds no lock")
        try scratch.expect("chatark", "umount", scratch("mnt"))
        #expect(try !isMounted(scratch("mnt")))
    }

    @Test("--at and --snapshot mount one snapshot: the newest not later than the end of that date")
    func oneSnapshot() throws {
        let scratch = try repositoryWithTwoDates()
        for (date, count) in [
            ("2021-09-05", 1), ("2021-09-06", 1), ("2021-09-07", 2), ("2021-09-07 11:59", 1), ("2021-09-07 12:00", 2),
        ] {
            try scratch.expect("chatark", "mount", "--at", date, scratch("mnt"))
            let names = try FileManager.default.contentsOfDirectory(atPath: scratch("mnt/conversations/张伟/2021-09"))
            #expect(names.count == count, "\(date)")
            try scratch.expect("chatark", "umount", scratch("mnt"))
        }
        let early = try scratch.run("chatark", "mount", "--at", "2021-09-04", scratch("mnt"))
        #expect(early.status == 1)
        #expect(early.errors.contains("2021-09-04"))
        #expect(try !isMounted(scratch("mnt")))
    }

    @Test("a mount that fails in the background says why and has the status of the reason")
    func failsInBackground() throws {
        let scratch = try repositoryWithTwoDates()
        let wrong = try scratch.run("chatark", "mount", "--password-command", "echo wrong", scratch("mnt"))
        #expect(wrong.status == 12)
        #expect(wrong.errors.contains("password"))
        try scratch.expect("chatark", "mount", scratch("mnt"))
        let again = try scratch.run("chatark", "mount", scratch("mnt"))
        #expect(again.status == 1)
        #expect(again.errors.contains("mounted there already"))
        try scratch.expect("chatark", "umount", scratch("mnt"))
    }

    @Test("SIGTERM and SIGINT end a mount in the foreground cleanly", arguments: [SIGTERM, SIGINT])
    func signals(number: Int32) throws {
        let scratch = try repositoryWithTwoDates()
        let process = scratch.process("chatark", ["mount", "--foreground", scratch("mnt")])
        process.standardError = FileHandle.nullDevice
        try process.run()
        for _ in 0..<200 where try !isMounted(scratch("mnt")) { usleep(20_000) }
        _ = try FileManager.default.contentsOfDirectory(atPath: scratch("mnt"))
        kill(process.processIdentifier, number)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == 0)
        #expect(try !isMounted(scratch("mnt")))
    }

    @Test("the password of a mount in the background is neither in its arguments nor in its environment")
    func secrecy() throws {
        let scratch = try repositoryWithTwoDates()
        try scratch.write("correct horse\n", to: "password")
        let mount = scratch.process(
            "env", ["-u", "RESTIC_PASSWORD", Scratch.chatark, "mount", "-p", scratch("password"), scratch("mnt")])
        #expect(try scratch.run(mount).status == 0)
        let pids = try scratch.expect("pgrep", "-f", scratch("mnt")).split(separator: "\n")
        #expect(!pids.isEmpty)
        for pid in pids {
            for file in ["cmdline", "environ"] {
                let text = (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/\(file)"))) ?? Data()
                #expect(text.range(of: Data("correct horse".utf8)) == nil)
            }
        }
        try scratch.expect("chatark", "umount", scratch("mnt"))
    }
}
