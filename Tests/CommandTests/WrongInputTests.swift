import Foundation
import Testing

/// Whatever is wrong with what the user gives, the program says what it is and ends with the right status; nothing is lost.
@Suite(.serialized)
struct WrongInputTests {
    /// A command line that must fail.
    struct Case: Sendable {
        let what: String
        let arguments: [String]
        let status: Int32
        /// What the message must say.
        let words: [String]
    }

    /// `REPO`, `HERE` stand for the repository and the scratch folder.
    static let cases: [Case] = [
        Case(
            what: "a folder without a repository", arguments: ["-r", "HERE/none", "snapshots"], status: 10,
            words: ["HERE/none", "init"]),
        Case(what: "a scheme of later", arguments: ["-r", "s3:bucket/chats", "snapshots"], status: 1, words: ["s3:"]),
        Case(what: "a second init", arguments: ["init"], status: 1, words: ["already"]),
        Case(
            what: "a missing password file", arguments: ["snapshots", "-p", "HERE/nothing"], status: 1,
            words: ["HERE/nothing"]),
        Case(
            what: "two passwords", arguments: ["snapshots", "-p", "HERE/x", "--password-command", "y"], status: 1,
            words: ["--password-command"]),
        Case(
            what: "a password command that fails", arguments: ["snapshots", "--password-command", "exit 7"], status: 1,
            words: ["7"]),
        Case(
            what: "an empty password", arguments: ["snapshots", "--password-command", "echo"], status: 1,
            words: ["empty"]),
        Case(
            what: "a wrong password", arguments: ["snapshots", "--password-command", "echo wrong"], status: 12,
            words: ["password"]),
        Case(
            what: "dates the wrong way round",
            arguments: ["restore", "-t", "HERE/out", "--since", "2024-02-01", "--until", "2024-01-01"], status: 1,
            words: ["--since", "--until"]),
        Case(
            what: "original files among messages",
            arguments: ["restore", "-t", "HERE/out", "--include", "*.jpg", "--conversation", "x"], status: 1,
            words: ["--include", "--conversation"]),
        Case(
            what: "a check without the repository", arguments: ["check", "--offline"], status: 1, words: ["--offline"]),
        Case(what: "an unknown snapshot", arguments: ["ls", "deadbeef"], status: 1, words: ["deadbeef"]),
        Case(what: "no snapshots yet", arguments: ["ls", "latest"], status: 1, words: ["no snapshots yet"]),
        Case(
            what: "a source that is not there", arguments: ["backup", "HERE/none"], status: 1,
            words: ["HERE/none", "Nothing was stored"]),
        Case(
            what: "a source of no known kind", arguments: ["backup", "HERE/junk"], status: 1,
            words: ["HERE/junk", "Telegram", "WhatsApp"]),
        Case(
            what: "a broken export", arguments: ["backup", "HERE/broken"], status: 1,
            words: ["result.json", "Nothing was stored"]),
        Case(
            what: "one name for two sources",
            arguments: ["backup", "--source-name", "x", "HERE/chat.jsonl", "HERE/b.jsonl"],
            status: 1, words: ["'--source-name' names one path", "Nothing was stored"]),
        Case(
            what: "a zone that there is not", arguments: ["backup", "--tz", "Mars/Olympus", "HERE/chat.jsonl"],
            status: 1, words: ["Mars/Olympus"]),
        Case(
            what: "a time that is none", arguments: ["backup", "--time", "last week", "HERE/chat.jsonl"], status: 1,
            words: ["last week"]),
        Case(
            what: "a date that is none", arguments: ["mount", "--at", "2021-02-30", "HERE/empty"], status: 1,
            words: ["2021-02-30"]),
        Case(
            what: "a mountpoint that is not there", arguments: ["mount", "HERE/none"], status: 1,
            words: ["HERE/none", "no such directory"]),
        Case(
            what: "a mountpoint that is a file", arguments: ["mount", "HERE/chat.jsonl"], status: 1,
            words: ["not a directory"]),
        Case(what: "a mountpoint with content", arguments: ["mount", "HERE/junk"], status: 1, words: ["not empty"]),
        Case(
            what: "the repository as mountpoint", arguments: ["mount", "REPO/locks"], status: 1, words: ["repository"]),
        Case(
            what: "nothing to unmount", arguments: ["umount", "HERE/empty"], status: 1, words: ["Nothing is mounted"]),
    ]

    @Test("a mistake is named, has its status, stores nothing and leaves no lock")
    func mistakes() throws {
        let scratch = try Scratch.withRepository()
        try scratch.write("not a chat\n", to: "junk/readme.md")
        try scratch.write(
            #"{"name":"x","type":"personal_chat","id":1,"messages":[{"id":1,"type":"mess"#, to: "broken/result.json")
        for name in ["chat.jsonl", "b.jsonl"] {
            try scratch.write(#"{"time":1630738435000,"from":"a","text":"hello"}"# + "\n", to: name)
        }
        try FileManager.default.createDirectory(atPath: scratch("empty"), withIntermediateDirectories: true)
        for wrong in Self.cases {
            let result = try scratch.run(scratch.process("chatark", wrong.arguments.map(scratch.filled)))
            #expect(result.status == wrong.status, "\(wrong.what): \(result.errors)")
            for words in wrong.words {
                #expect(result.errors.contains(scratch.filled(words)), "\(wrong.what): \(result.errors)")
            }
            #expect(result.output == "", "\(wrong.what): a failure prints no result")
            #expect(try scratch.snapshotCount() == 0, "\(wrong.what): nothing was stored")
            #expect(try scratch.locks() == [], "\(wrong.what): no lock is left")
        }
    }

    @Test("without a repository, without a password and with an unknown option the program says what to give")
    func nothingGiven() throws {
        let scratch = try Scratch.withRepository()
        let noRepository = try scratch.run("env", "-u", "RESTIC_REPOSITORY", Scratch.chatark, "snapshots")
        #expect(noRepository.status == 1)
        #expect(noRepository.errors.contains("CHATARK_REPOSITORY"))
        let noPassword = try scratch.run(
            "setsid", "--wait", "env", "-u", "RESTIC_PASSWORD", Scratch.chatark, "snapshots")
        #expect(noPassword.status == 1)
        #expect(noPassword.errors.contains("--password-file"))
        let unknown = try scratch.run("chatark", "snapshots", "--frobnicate")
        #expect(unknown.status != 0)
        #expect(unknown.errors.contains("--frobnicate"))
    }

    @Test("with --json an error is one JSON object with its status")
    func jsonError() throws {
        let scratch = try Scratch.withRepository()
        let result = try scratch.run("chatark", "-r", scratch("none"), "snapshots", "--json")
        #expect(result.status == 10)
        let object = try #require(JSONSerialization.jsonObject(with: Data(result.errors.utf8)) as? [String: Any])
        #expect(object["message_type"] as? String == "exit_error")
        #expect(object["code"] as? Int == 10)
    }

    @Test("a lock of another program stops what needs to be alone, until it is removed")
    func locked() throws {
        let scratch = try Scratch.withRepository()
        try scratch.write(#"{"time":1630738435000,"from":"a","text":"hello"}"# + "\n", to: "chat.jsonl")
        // A lock of a process that is gone, as a crashed program leaves it.
        try FileManager.default.createDirectory(atPath: scratch("mnt"), withIntermediateDirectories: true)
        let restic = scratch.process("restic", ["mount", scratch("mnt")])
        restic.standardOutput = FileHandle.nullDevice
        restic.standardError = FileHandle.nullDevice
        try restic.run()
        for _ in 0..<100 where try scratch.locks().isEmpty { usleep(50_000) }
        #expect(try !scratch.locks().isEmpty, "restic holds a lock")
        let check = try scratch.run("chatark", "check")
        #expect(check.status == 11, "\(check.errors)")
        #expect(check.errors.contains("chatark unlock"))
        try scratch.expect("chatark", "snapshots")

        kill(restic.processIdentifier, SIGKILL)
        restic.waitUntilExit()
        _ = try scratch.run("fusermount3", "-u", "-z", scratch("mnt"))
        try scratch.expect("chatark", "unlock")
        #expect(try scratch.locks() == [])
        try scratch.expect("chatark", "check")
    }

    @Test("a full disk is an error that says so, and the repository stays whole")
    func fullDisk() throws {
        guard getuid() == 0 else { return print("SKIPPED: a small file system to fill can be mounted by root only") }
        let scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: scratch("small"), withIntermediateDirectories: true)
        let mounted = try scratch.run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", scratch("small"))
        guard mounted.status == 0 else { return print("SKIPPED: this machine lets nobody mount a tmpfs") }
        defer { _ = try? scratch.run("umount", scratch("small")) }
        try scratch.expect(
            Places.tool("make-history"), "--messages", "500", "--media-bytes", "20000000", scratch("history"))
        try scratch.expect("chatark", "-r", scratch("small/repo"), "init")
        let result = try scratch.run("chatark", "-r", scratch("small/repo"), "backup", "--quiet", scratch("history"))
        #expect(result.status == 1)
        #expect(result.errors.contains("No space left"), "\(result.errors)")
        try scratch.expect("chatark", "-r", scratch("small/repo"), "unlock")
        let snapshots = try scratch.expect("chatark", "-r", scratch("small/repo"), "snapshots", "--no-lock", "--json")
        #expect(snapshots == "[]\n")
    }

    @Test("a restore that fills the disk says so once and ends")
    func fullTarget() throws {
        guard getuid() == 0 else { return print("SKIPPED: a small file system to fill can be mounted by root only") }
        let scratch = try Scratch.withRepository()
        try FileManager.default.createDirectory(atPath: scratch("small"), withIntermediateDirectories: true)
        let mounted = try scratch.run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", scratch("small"))
        guard mounted.status == 0 else { return print("SKIPPED: this machine lets nobody mount a tmpfs") }
        defer { _ = try? scratch.run("umount", scratch("small")) }
        try scratch.expect(
            Places.tool("make-history"), "--messages", "500", "--media-bytes", "20000000", scratch("history"))
        try scratch.expect("chatark", "backup", scratch("history"))
        let result = try scratch.run("chatark", "restore", "latest", "--target", scratch("small/out"))
        #expect(result.status == 3)
        let told = (result.output + result.errors).components(separatedBy: "No space left").count - 1
        #expect((1...3).contains(told), "\(result.output)\(result.errors)")
    }
}

extension Scratch {
    /// A scratch folder with an empty repository of chatark's.
    static func withRepository() throws -> Scratch {
        let scratch = try Scratch()
        try scratch.expect("chatark", "init")
        return scratch
    }

    /// Puts real paths in place of `REPO` and `HERE`.
    func filled(_ text: String) -> String {
        text.replacingOccurrences(of: "REPO", with: self("repo")).replacingOccurrences(of: "HERE", with: path)
    }

    func snapshotCount() throws -> Int { try names(in: "snapshots").count }

    func locks() throws -> [String] { try names(in: "locks") }

    func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: self("repo/" + folder))
    }

    /// How many files there are under a folder of the repository.
    func fileCount(in folder: String) throws -> Int {
        try FileManager.default.subpathsOfDirectory(atPath: self("repo/" + folder)).count { name in
            var isDirectory: ObjCBool = false
            return FileManager.default.fileExists(atPath: self("repo/\(folder)/\(name)"), isDirectory: &isDirectory)
                && !isDirectory.boolValue
        }
    }

    /// The JSON value that a program must print.
    func json(_ arguments: String...) throws -> Any {
        let result = try run(process("chatark", arguments))
        #expect(result.status == 0, "\(arguments): \(result.errors)")
        let last = result.output.split(separator: "\n").last.map(String.init) ?? ""
        return try JSONSerialization.jsonObject(with: Data(last.utf8))
    }
}
