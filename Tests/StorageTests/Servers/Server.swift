import Foundation
import Testing

/// A real server, started by a script of `Tools/servers` in a folder of its own and ended with this process at the
/// latest.
final class Server: Sendable {
    let name: String
    let exports: [String: String]
    /// Where its files are.
    let folder: String

    /// The server of the suite that runs.
    @TaskLocal static var current: Server?

    /// Whether what the script starts is installed; says so once when it is not.
    static func isInstalled(_ name: String) -> Bool { installed[name] ?? false }

    private static let installed: [String: Bool] = {
        let programs = [
            "moto": ["moto_server"], "rest": ["rclone"], "rclone-s3": [".build/rclone/bin/rclone"],
            "sftp": ["sshd", "ssh", "ssh-keygen"],
            "sftp-server": ["python3", "sftp-server"],
            "rgw": ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph"],
            "openstack-swift": ["swift-proxy-server", "swift-object-server", "swift-container-server", "memcached"],
        ]
        let given = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let path =
            given.split(separator: ":").map { String($0) } + [
                "/usr/bin", "/usr/sbin", "/usr/lib/openssh", package, "\(package)/.build/moto/bin",
            ]
        return programs.reduce(into: [:]) { found, server in
            let missing = server.value.filter { program in
                !path.contains { access("\($0)/\(program)", X_OK) == 0 }
            }
            found[server.key] = missing.isEmpty
            if !missing.isEmpty { print("SKIPPED: tests against \(server.key), because \(missing) is not installed") }
        }
    }()

    private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// Starts it; `arguments` follow the folder's.
    init(_ name: String, _ environment: [String: String] = [:], arguments: [String] = []) throws {
        self.name = name
        folder = NSTemporaryDirectory() + "chatark-server-\(UInt64.random(in: 0 ... .max))"
        let text = try Self.run(name, ["start", folder] + arguments, environment)
        exports = text.split(separator: "\n").reduce(into: [:]) { found, line in
            let parts = line.dropFirst("export ".count).split(separator: "=", maxSplits: 1)
            if parts.count == 2 { found[String(parts[0])] = String(parts[1]) }
        }
    }

    subscript(_ name: String) -> String { exports[name] ?? "" }

    /// Runs another command of the script.
    @discardableResult
    func command(_ word: String, _ arguments: [String] = []) throws -> String {
        try Self.run(name, [word, folder] + arguments, [:])
    }

    func stop() {
        _ = try? Self.run(name, ["stop", folder], [:])
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Runs a script. Its output goes through a file: servers that it starts would keep a pipe
    /// open, and Foundation would wait for them too.
    private static func run(_ name: String, _ arguments: [String], _ environment: [String: String]) throws -> String {
        let output = NSTemporaryDirectory() + "chatark-output-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: output) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        // Signals that the tests ignore must end the servers all the same.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            .merging(["SERVER_OWNER": "\(getpid())"]) { $1 }
        let path = "\(package)/Tools/servers/\(name)"
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        var settings = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + settings { free(text) } }
        var process: pid_t = 0
        var status: Int32 = posix_spawn(&process, path, &actions, &attributes, &words, &settings)
        if status == 0 { while waitpid(process, &status, 0) < 0, errno == EINTR {} }
        guard status == 0 else { throw Refusal(name: name, status: status) }
        return try String(contentsOfFile: output, encoding: .utf8)
    }

    struct Refusal: Error {
        let name: String
        let status: Int32
    }
}

/// Runs a suite, or a test, with a server of its own.
struct RunningServer: SuiteTrait, TestTrait, TestScoping {
    let name: String
    var environment: [String: String] = [:]
    var isRecursive: Bool { false }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let server = try await onThread { [name, environment] in try Server(name, environment) }
        let result: Result<Void, any Error>
        do {
            try await Server.$current.withValue(server) { try await function() }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await onThread { server.stop() }
        try result.get()
    }
}

extension Trait where Self == RunningServer {
    static func server(_ name: String, _ environment: [String: String] = [:]) -> Self {
        RunningServer(name: name, environment: environment)
    }
}

/// Runs blocking work on a thread of its own, so that the test's threads stay free.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withTaskExecutorPreference(ThreadForEach()) { try body() }
}

/// Gives each piece of work a thread.
private final class ThreadForEach: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let work = UnownedJob(job)
        Thread.detachNewThread { [self] in work.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
