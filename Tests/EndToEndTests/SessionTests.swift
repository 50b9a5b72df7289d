import CKeyutils
import Foundation
import Testing

private let hasKeyring: Bool = {
    let key = add_key("user", "chatark-test", "x", 1, KEY_SPEC_USER_KEYRING)
    return key >= 0 && keyctl_unlink(key, KEY_SPEC_USER_KEYRING) == 0
}()

/// Sessions: the password once, and not again for a while.
@Suite(.enabled(if: hasKeyring, "the kernel keeps no keys here"))
struct SessionTests {
    /// A repository with a history, and variables that have a wrong password.
    private func locked() throws -> Scratch {
        let scratch = try Scratch()
        try scratch.write(#"{"conversation":{"id":"c","title":"Chat","kind":"direct"}}"# + "\n", to: "chat.jsonl")
        try scratch.write("correct horse\n", to: "password")
        try FileManager.default.createDirectory(atPath: scratch("mnt"), withIntermediateDirectories: true)
        try scratch.expect("chatark", "init")
        try scratch.expect("chatark", "backup", scratch("chat.jsonl"))
        scratch.variables = ["RESTIC_PASSWORD": "forgotten"]
        return scratch
    }

    private func begin(_ scratch: Scratch, for span: String = "1h") throws {
        try scratch.expect("chatark", "session", "begin", "--for", span, "-p", scratch("password"))
    }

    private func isOpen(_ scratch: Scratch) throws -> Bool {
        let text = try scratch.expect("chatark", "session", "status", "--json")
        let status = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return try #require(status?["open"] as? Bool)
    }

    @Test("a session opens the repository without its password, until it is ended")
    func beginAndEnd() throws {
        let scratch = try locked()
        defer { _ = try? scratch.run("chatark", "session", "end") }
        #expect(try scratch.run("chatark", "snapshots").status == 12)
        #expect(try !isOpen(scratch))
        try begin(scratch)
        #expect(try isOpen(scratch))
        try scratch.expect("chatark", "snapshots")
        try scratch.expect("chatark", "backup", scratch("chat.jsonl"))
        try scratch.expect("chatark", "snapshots", "-r", scratch("mnt/../repo/"))
        try scratch.expect("chatark", "mount", scratch("mnt"))
        #expect(FileManager.default.fileExists(atPath: scratch("mnt/latest")))
        try scratch.expect("chatark", "umount", scratch("mnt"))
        // Nobody prolongs it without the password.
        #expect(try scratch.run("chatark", "session", "begin", "--for", "2d").status == 12)
        try scratch.expect("chatark", "session", "end")
        #expect(try !isOpen(scratch))
        #expect(try scratch.run("chatark", "snapshots").status == 12)
        #expect(try scratch.run("chatark", "mount", scratch("mnt")).status == 12)
        try scratch.expect("restic", "--password-file", scratch("password"), "check", "--read-data")
    }

    @Test("a session ends by itself")
    func timePasses() throws {
        let scratch = try locked()
        try begin(scratch, for: "1s")
        let end = Date().addingTimeInterval(30)
        while try isOpen(scratch), Date() < end { usleep(100_000) }
        #expect(try scratch.run("chatark", "snapshots").status == 12)
    }

    @Test("a key that is taken back opens nothing, in no session")
    func takenBack() throws {
        let scratch = try locked()
        defer { _ = try? scratch.run("chatark", "session", "end") }
        try begin(scratch)
        try scratch.write("new\n", to: "new")
        try scratch.expect(
            "restic", "--password-file", scratch("password"), "key", "passwd", "--new-password-file", scratch("new"))
        #expect(try scratch.run("chatark", "snapshots").status == 12)
        try scratch.expect("chatark", "snapshots", "-p", scratch("new"))
    }

    @Test(
        "a span of time that is none is refused",
        arguments: ["", "8", "h", "-1h", "0s", "1w", "31d", "99999999999999999999s"])
    func badSpan(span: String) throws {
        let scratch = try locked()
        let begun = try scratch.run("chatark", "session", "begin", "--for=" + span, "-p", scratch("password"))
        #expect(begun.status == 1)
        #expect(try !isOpen(scratch))
    }
}
