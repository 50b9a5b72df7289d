import Foundation
import Testing

/// A finished run of a program.
struct Finished {
    let status: Int32
    let output: String
    let errors: String
    /// Largest resident set of the process, in bytes; only when asked for.
    var peakMemory: Int?
}

/// Runs programs the way a user does, in a scratch directory that is removed at the end.
final class Scratch {
    let path: String

    init() throws {
        var template = Array("/tmp/chatark-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for line in (try? String(contentsOfFile: "/proc/mounts", encoding: .utf8))?.split(separator: "\n") ?? [] {
            let fields = line.split(separator: " ")
            if fields.count > 1, fields[1].hasPrefix(path) {
                _ = try? run("fusermount3", "-u", "-z", String(fields[1]))
            }
        }
        try? FileManager.default.removeItem(atPath: path)
    }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    func write(_ text: String, to name: String) throws {
        let file = URL(fileURLWithPath: self(name))
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func append(_ text: String, to name: String) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: self(name)))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    /// What is set besides, and instead of the following.
    var variables: [String: String] = [:]

    /// Repository and password for both programs; a cache of our own for each.
    var environment: [String: String] {
        [
            "RESTIC_REPOSITORY": self("repo"), "RESTIC_PASSWORD": "correct horse",
            "RESTIC_CACHE_DIR": self("restic-cache"),
            "CHATARK_CACHE_DIR": self("cache"), "TZ": "Asia/Shanghai", "LC_ALL": "C.UTF-8",
        ].merging(variables) { $1 }
    }

    func process(_ program: String, _ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program == "chatark" ? Self.chatark : program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        return process
    }

    @discardableResult
    func run(_ program: String, _ arguments: String...) throws -> Finished {
        try run(process(program, arguments))
    }

    @discardableResult
    func run(_ process: Process) throws -> Finished {
        // Files, not pipes: a mount in the background would keep a pipe open.
        let name = self("run-\(UUID().uuidString)")
        let output = try Self.create(name + ".out")
        let errors = try Self.create(name + ".err")
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        process.waitUntilExit()
        let result = Finished(
            status: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
            output: String(decoding: try Data(contentsOf: URL(fileURLWithPath: name + ".out")), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: URL(fileURLWithPath: name + ".err")), as: UTF8.self))
        try FileManager.default.removeItem(atPath: name + ".out")
        try FileManager.default.removeItem(atPath: name + ".err")
        return result
    }

    /// Runs a program that must succeed.
    @discardableResult
    func expect(
        _ program: String, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        try expect([program] + arguments, sourceLocation: sourceLocation)
    }

    /// The same with program and arguments in one list.
    @discardableResult
    func expect(_ words: [String], sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let result = try run(process(words[0], Array(words.dropFirst())))
        #expect(
            result.status == 0, "\(words.joined(separator: " ")): \(result.errors.suffix(2000))",
            sourceLocation: sourceLocation)
        return result.output
    }

    private static func create(_ path: String) throws -> FileHandle {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }

    /// The program built beside this test bundle.
    static let chatark: String = {
        let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: executable).deletingLastPathComponent().appendingPathComponent("chatark").path
    }()
}

/// Where the package lies, and the published exports beside it.
enum Places {
    static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    static let fixtures = ProcessInfo.processInfo.environment["CHATARK_FIXTURES"] ?? package + "/../shared/fixtures"

    static func tool(_ name: String) -> String { package + "/Tools/" + name }

    /// Whether the exports are there; says so when they are not.
    static func hasFixture(_ name: String) -> Bool {
        let found = FileManager.default.fileExists(atPath: fixtures + "/" + name)
        if !found { print("SKIPPED: \(name) is not at \(fixtures); the tests that read it do not run") }
        return found
    }
}
