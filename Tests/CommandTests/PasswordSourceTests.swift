import Foundation
import Testing

/// Where a password may come from, and which source wins.
@Suite(.serialized)
struct PasswordSourceTests {
    @Test("a file, a command and variables give the password; ours win over restic's, flags over variables")
    func sources() throws {
        let scratch = try Scratch.withRepository()  // "correct horse", by RESTIC_PASSWORD
        try scratch.write("correct horse\nsecond line\n", to: "password")
        try scratch.write("wrong\n", to: "wrong")
        let right = scratch("password")
        let wrong = scratch("wrong")
        func status(_ variables: [String], _ arguments: String...) throws -> Int32 {
            try scratch.run(
                scratch.process(
                    "env", ["-u", "RESTIC_PASSWORD"] + variables + [Scratch.chatark, "snapshots"] + arguments)
            ).status
        }
        #expect(try status([], "--password-file", right) == 0)
        #expect(try status([], "-p", wrong) == 12)
        #expect(try status([], "--password-command", "cat '\(right)'") == 0)
        #expect(try status(["CHATARK_PASSWORD=correct horse"]) == 0)
        #expect(try status(["CHATARK_PASSWORD_FILE=\(right)"]) == 0)
        #expect(try status(["CHATARK_PASSWORD_COMMAND=cat '\(right)'"]) == 0)
        #expect(try status(["RESTIC_PASSWORD_FILE=\(right)"]) == 0)
        #expect(try status(["RESTIC_PASSWORD_COMMAND=cat '\(right)'"]) == 0)
        #expect(try status(["RESTIC_PASSWORD=wrong", "CHATARK_PASSWORD=correct horse"]) == 0)
        #expect(try status(["CHATARK_PASSWORD=correct horse"], "-p", wrong) == 12)
        #expect(try status(["RESTIC_PASSWORD=wrong", "CHATARK_PASSWORD="]) == 12, "an empty variable is none")
    }

    @Test("the repository comes from a flag before or behind the command, a file or a variable")
    func repositories() throws {
        let scratch = try Scratch.withRepository()
        try scratch.write(scratch("repo") + "\n", to: "place")
        func status(_ variables: [String], _ arguments: String...) throws -> Int32 {
            try scratch.run(
                scratch.process("env", ["-u", "RESTIC_REPOSITORY"] + variables + [Scratch.chatark] + arguments)
            ).status
        }
        #expect(try status([], "-r", scratch("repo"), "snapshots") == 0)
        #expect(try status([], "--repo=\(scratch("repo"))", "snapshots") == 0)
        #expect(try status([], "snapshots", "-r", "local:" + scratch("repo")) == 0)
        #expect(try status([], "snapshots", "--repository-file", scratch("place")) == 0)
        #expect(try status(["CHATARK_REPOSITORY=\(scratch("repo"))", "RESTIC_REPOSITORY=/nowhere"], "snapshots") == 0)
        #expect(try status(["CHATARK_REPOSITORY_FILE=\(scratch("place"))"], "snapshots") == 0)
        #expect(try status(["RESTIC_REPOSITORY_FILE=\(scratch("place"))"], "snapshots") == 0)
        #expect(try status(["CHATARK_REPOSITORY=/nowhere"], "snapshots") == 10)
    }

    /// Types lines at a terminal made for the occasion and prints what the program showed and its status.
    private static let typist = """
        import os, pty, sys
        pid, terminal = pty.fork()
        if pid == 0: os.execvp(sys.argv[2], sys.argv[2:])
        shown = b""
        for line in sys.argv[1].split(","):
            while not shown.rstrip().endswith(b":"): shown += os.read(terminal, 1024)
            os.write(terminal, line.encode() + b"\\n"); shown += b"|"
        try:
            while True: shown += os.read(terminal, 1024)
        except OSError: pass
        print(shown.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        """

    @Test("a password is asked for without being shown, twice for a new repository")
    func prompt() throws {
        let scratch = try Scratch()
        func typing(_ lines: String, _ arguments: String...) throws -> String {
            try scratch.run(
                scratch.process(
                    "env", ["-u", "RESTIC_PASSWORD", "python3", "-c", Self.typist, lines, Scratch.chatark] + arguments)
            ).output
        }
        let differ = try typing("secret,secrex", "init")
        #expect(differ.contains("differ"))
        #expect(!FileManager.default.fileExists(atPath: scratch("repo/config")))
        let made = try typing("secret,secret", "init")
        #expect(made.hasSuffix(" 0\n"))
        #expect(!made.contains("secret"), "what is typed is not shown")
        #expect(try typing("secret", "snapshots").hasSuffix(" 0\n"))
        #expect(try typing("wrong", "snapshots").hasSuffix(" 12\n"))
    }
}
