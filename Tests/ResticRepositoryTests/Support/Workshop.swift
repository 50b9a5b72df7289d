import Foundation
import Storage
import Testing

@testable import ResticRepository

/// Cheap keys, so that tests take milliseconds.
let cheap = ScryptParameters(n: 16, r: 1, p: 1) ?? .standard
let password = Password("geheim 密码")
let passwordText = "geheim 密码"

/// A folder that goes when the test ends, with a repository in it.
final class Workshop: Sendable {
    let path: String
    var repositoryPath: String { path + "/repository" }
    var store: LocalStore { LocalStore(path: repositoryPath) }

    init() throws {
        path = NSTemporaryDirectory() + "chatark-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// A copy of another workshop's folder.
    init(copying original: String) throws {
        path = NSTemporaryDirectory() + "chatark-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.copyItem(atPath: original, toPath: path)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func create() throws -> Repository {
        try Repository.create(in: store, password: password, keyParameters: cheap)
    }

    func open() throws -> Repository {
        try Repository.open(store, password: password, keyHint: nil)
    }

    /// Makes a file with these bytes under the folder.
    func write(_ name: String, _ bytes: [UInt8]) throws {
        let url = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    /// Runs restic on the repository; returns its status, output and errors.
    func restic(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Restic.path ?? "/usr/bin/restic")
        process.arguments = ["-r", repositoryPath, "--no-cache"] + arguments
        process.environment = ["RESTIC_PASSWORD": passwordText, "PATH": "/usr/bin:/bin", "HOME": path]
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        let (output, errors) = ("\(path)/restic.out", "\(path)/restic.err")
        for file in [output, errors] { _ = FileManager.default.createFile(atPath: file, contents: nil) }
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle(forWritingAtPath: errors)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return (
            process.terminationStatus,
            String(decoding: try Data(contentsOf: URL(fileURLWithPath: output)), as: UTF8.self),
            String(decoding: try Data(contentsOf: URL(fileURLWithPath: errors)), as: UTF8.self)
        )
    }

    /// Runs restic and expects success; returns its output.
    @discardableResult
    func resticSucceeds(_ arguments: String...) throws -> String {
        let run = try restic(arguments)
        try #require(run.status == 0, "restic \(arguments): \(run.output) \(run.errors)")
        return run.output
    }
}

/// The real restic. Without it the tests that need it are skipped, and say so.
enum Restic {
    static let path: String? = {
        let places = ["/usr/bin/restic", "/usr/local/bin/restic", "/opt/homebrew/bin/restic"]
        let found = places.first { FileManager.default.isExecutableFile(atPath: $0) }
        if found == nil { print("SKIPPED: restic is not installed; the tests that compare with it do not run.") }
        return found
    }()
    static var isInstalled: Bool { path != nil }
}

/// Bytes from hexadecimal digits.
func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
        UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
    }
}

/// Many threads that run one body; returns when all have.
func inParallel(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for number in 0..<count {
        group.enter()
        Thread.detachNewThread {
            body(number)
            group.leave()
        }
    }
    group.wait()
}
