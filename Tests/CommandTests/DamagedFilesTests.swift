import Foundation
import Testing

/// A damaged snapshot or index file: what is sound is used, and the commands say what was left out.
@Suite(.serialized)
struct DamagedFilesTests {
    /// Two snapshots, the newer one damaged, and an index file that cannot be read.
    private func damaged() throws -> Scratch {
        let scratch = try Scratch.withRepository()
        let head = #"{"conversation":{"id":"c","title":"Chat","kind":"direct"}}"# + "\n"
        for number in 1...2 {
            try scratch.write(
                head + #"{"time":1630738435000,"id":"\#(number)","from":"a","text":"hello \#(number)"}"# + "\n",
                to: "chat.jsonl")
            try scratch.expect("chatark", "backup", "--time", "2021-09-0\(number) 12:00:00", scratch("chat.jsonl"))
        }
        let newest = try scratch.expect("chatark", "snapshots", "--json")
        let ids = newest.matches(of: /"id":"([0-9a-f]{64})"/).map { String($0.1) }
        let file = scratch("repo/snapshots/") + (try #require(ids.last))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        bytes[40] ^= 1
        try bytes.write(to: URL(fileURLWithPath: file))
        try scratch.write("not an index", to: "repo/index/" + String(repeating: "ab", count: 32))
        return scratch
    }

    @Test("snapshots, ls, restore, search and backup use what is sound, say what is not and end with status 3")
    func commands() throws {
        let scratch = try damaged()
        let listed = try scratch.run("chatark", "snapshots")
        #expect(listed.status == 3)
        #expect(listed.output.contains("1 snapshot"))
        #expect(listed.errors.contains("left out: The snapshot "))
        let commands = [
            ["ls"], ["restore", "latest", "--target", scratch("out")], ["search", "hello"],
            ["backup", scratch("chat.jsonl")],
        ]
        for arguments in commands {
            let result = try scratch.run(scratch.process("chatark", arguments))
            #expect(result.status == 3, "\(arguments): \(result.errors)")
            #expect(result.errors.contains("left out: The index abababab"), "\(arguments): \(result.errors)")
        }
        #expect(FileManager.default.fileExists(atPath: scratch("out/chat.jsonl")))
        #expect(try scratch.run("chatark", "snapshots").output.contains("2 snapshots"))
        let check = try scratch.run("chatark", "check")
        #expect(check.status == 1)
        #expect(check.output.contains("2 errors"), "\(check.output)")
    }

    @Test(
        "a mount says what is damaged and shows the rest",
        .enabled(if: FileManager.default.fileExists(atPath: "/dev/fuse"), "needs /dev/fuse"))
    func mount() throws {
        let scratch = try damaged()
        try FileManager.default.createDirectory(atPath: scratch("mnt"), withIntermediateDirectories: true)
        let mount = try scratch.run("chatark", "mount", scratch("mnt"))
        #expect(mount.status == 0, "\(mount.errors)")
        #expect(mount.errors.contains("left out: The snapshot "))
        #expect(mount.errors.contains("left out: The index abababab"))
        #expect(
            try scratch.expect("sh", "-c", "cat '\(scratch("mnt"))/latest/conversations/Chat/'*/*.txt") == "hello 1\n")
        try scratch.expect("chatark", "umount", scratch("mnt"))
    }
}
