import Foundation
import Testing

/// What others on the machine can see of a mount in the background.
@Suite(.enabled(if: Server.isInstalled("rest")))
struct BackgroundSecrecyTests {
    @Test("the credentials of a repository's place are not among the arguments", arguments: ["-r ", "--repo="])
    func arguments(flag: String) throws {
        let scratch = try Scratch()
        let server = try Server("rest")
        defer { server.stop() }
        let place = server["REST_URL"] + "chats"
        try FileManager.default.createDirectory(atPath: scratch("mnt"), withIntermediateDirectories: true)
        try scratch.expect("chatark", "init", "-r", place)
        let named = flag == "-r " ? ["-r", place] : [flag + place]
        let mount = try scratch.run(scratch.process("chatark", ["mount"] + named + [scratch("mnt")]))
        #expect(mount.status == 0, "\(mount.errors)")
        let processes = try scratch.expect("pgrep", "-f", scratch("mnt")).split(separator: "\n")
        #expect(!processes.isEmpty)
        for process in processes {
            let arguments = (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(process)/cmdline"))) ?? Data()
            #expect(arguments.range(of: Data("u:p@".utf8)) == nil)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch("mnt/snapshots")).isEmpty)
        try scratch.expect("chatark", "umount", scratch("mnt"))
    }
}
