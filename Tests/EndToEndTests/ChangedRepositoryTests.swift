import Foundation
import Testing

/// A repository on a server that others delete, make anew or give another password, while this machine remembers how it was.
@Suite(.serialized, .enabled(if: Server.isInstalled("rest")))
struct ChangedRepositoryTests {
    /// A history that was backed up and mounted, so that all that can be kept is kept.
    private func remembered() throws -> (scratch: Scratch, server: Server) {
        let scratch = try Scratch()
        let server = try Server("rest")
        scratch.variables = ["RESTIC_REPOSITORY": server["REST_URL"] + "chats"]
        try scratch.write(#"{"conversation":{"id":"c","title":"Chat","kind":"direct"}}"# + "\n", to: "chat.jsonl")
        try scratch.write("new password\n", to: "new")
        try FileManager.default.createDirectory(atPath: scratch("mnt"), withIntermediateDirectories: true)
        try scratch.expect("chatark", "init")
        try scratch.expect("chatark", "backup", scratch("chat.jsonl"))
        try mount(scratch, shows: 1)
        return (scratch, server)
    }

    private func mount(_ scratch: Scratch, shows count: Int) throws {
        try scratch.expect("chatark", "mount", scratch("mnt"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch("mnt/snapshots")).count == count)
        try scratch.expect("chatark", "umount", scratch("mnt"))
    }

    private func delete(_ server: Server) throws {
        // The server remembers what it has seen, too.
        try server.command("stop")
        try FileManager.default.removeItem(atPath: server.folder + "/data/chats")
        try server.command("start")
    }

    @Test("a repository that was deleted is there no more for anybody, and can be made anew")
    func deleted() throws {
        let (scratch, server) = try remembered()
        defer { server.stop() }
        try delete(server)
        #expect(try scratch.run("chatark", "backup", scratch("chat.jsonl")).status == 10)
        #expect(try scratch.run("chatark", "mount", scratch("mnt")).status == 10)
        for command in ["snapshots", "unlock", "fetch"] {
            #expect(try scratch.run("chatark", command).status == 10, "\(command)")
        }
        try scratch.expect("chatark", "init")
        try scratch.expect("chatark", "backup", scratch("chat.jsonl"))
        try scratch.expect("restic", "check", "--read-data")
        try mount(scratch, shows: 1)
    }

    @Test("a mount and a backup find another repository in the same place, and go on with that one")
    func madeAnew() throws {
        let (scratch, server) = try remembered()
        defer { server.stop() }
        for isMountedFirst in [true, false] {
            try delete(server)
            try scratch.expect("restic", "init")
            if isMountedFirst {
                // Nothing is in it yet, and nothing of the other one is shown.
                try mount(scratch, shows: 0)
                try scratch.expect("restic", "backup", scratch("chat.jsonl"))
                try mount(scratch, shows: 1)
            }
            try scratch.expect("chatark", "backup", scratch("chat.jsonl"))
            try scratch.expect("restic", "check", "--read-data")
            #expect(try scratch.expect("restic", "snapshots").contains(isMountedFirst ? "2 snapshots" : "1 snapshots"))
            try scratch.expect("chatark", "check", "--read-data")
            try mount(scratch, shows: isMountedFirst ? 2 : 1)
        }
        // Others have written to it, too, before this machine looks again.
        try delete(server)
        try scratch.expect("restic", "init")
        try scratch.expect("restic", "backup", scratch("chat.jsonl"))
        try mount(scratch, shows: 1)
    }

    @Test("a password that was changed is refused, and what it opened is forgotten")
    func passwordChanged() throws {
        let (scratch, server) = try remembered()
        defer { server.stop() }
        try scratch.expect("restic", "key", "passwd", "--new-password-file", scratch("new"))
        for arguments in [["backup", scratch("chat.jsonl")], ["snapshots"], ["unlock"], ["mount", scratch("mnt")]] {
            let result = try scratch.run(scratch.process("chatark", arguments))
            #expect(result.status == 12, "\(arguments): \(result.errors)")
        }
        scratch.variables["RESTIC_PASSWORD"] = "new password"
        try scratch.expect("chatark", "backup", scratch("chat.jsonl"))
        try mount(scratch, shows: 2)
        try scratch.expect("restic", "check", "--read-data")
    }
}
