import ChatArchive
import Foundation
import Mount
import Synchronization
import Testing

/// Whether this machine can mount at all; a suite that cannot says so.
let canMount: Bool = {
    let descriptor = open("/dev/fuse", O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else {
        print("SKIPPED: tests of the mount, because /dev/fuse cannot be opened (\(String(cString: strerror(errno))))")
        return false
    }
    close(descriptor)
    return true
}()

/// All tests with real mounts, one after the other: some measure time.
@Suite(.serialized, .enabled(if: canMount)) enum KernelTests {}

/// What a program did.
struct Outcome {
    let status: Int32
    let output: String
    let errors: String
    var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// Runs a program of the system to its end; one that hangs for a minute is killed and reported.
@discardableResult
func tool(_ arguments: String..., at directory: String? = nil) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["LC_ALL": "C.UTF-8", "TZ": "UTC"]) { $1 }
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let timer = DispatchSource.makeTimerSource()
    timer.schedule(deadline: .now() + 60)
    timer.setEventHandler {
        Issue.record("\(arguments) did not end within a minute")
        process.terminate()
    }
    timer.activate()
    defer { timer.cancel() }
    let errorText = Mutex(Data())
    let reader = DispatchQueue(label: "errors")
    reader.async { errorText.withLock { $0 = errors.fileHandleForReading.readDataToEndOfFile() } }
    let outputText = output.fileHandleForReading.readDataToEndOfFile()
    reader.sync {}
    process.waitUntilExit()
    return Outcome(
        status: process.terminationStatus, output: String(decoding: outputText, as: UTF8.self),
        errors: errorText.withLock { String(decoding: $0, as: UTF8.self) })
}

/// A directory that is removed afterwards, with whatever is still mounted in it.
func withScratch<R>(_ body: (String) throws -> R) throws -> R {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("chatark-mount-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer {
        let table = (try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)) ?? ""
        for line in table.split(separator: "\n").reversed() {
            let fields = line.split(separator: " ")
            if fields.count > 1, fields[1].hasPrefix(path) { _ = try? tool("umount", "-l", String(fields[1])) }
        }
        try? FileManager.default.removeItem(atPath: path)
    }
    return try body(path)
}

/// A mount that is served on a thread of its own while the body runs, and gone afterwards.
final class ServedMount: Sendable {
    let mounted: MountedFileSystem
    let log: LogLines
    private let end = Mutex<Result<MountedFileSystem.End, MountError>?>(nil)
    private let ended = DispatchSemaphore(value: 0)

    var path: String { mounted.path }

    init(_ tree: FolderTree, at path: String, _ options: MountOptions = MountOptions()) throws {
        let log = LogLines()
        var options = options
        options.log = { log.append($0) }
        self.log = log
        mounted = try MountedFileSystem.mount(tree, at: path, options)
        Thread.detachNewThread { [self] in
            let result = Result { () throws(MountError) in try mounted.run() }
            end.withLock { $0 = result }
            ended.signal()
        }
    }

    /// How serving ended; nil when it did not within ten seconds.
    func waitForEnd() -> Result<MountedFileSystem.End, MountError>? {
        if ended.wait(timeout: .now() + 10) == .success { ended.signal() }
        return end.withLock { $0 }
    }
}

final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])
    func append(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

func withMount<R>(
    _ tree: FolderTree, _ options: MountOptions = MountOptions(), _ body: (ServedMount) throws -> R
) throws -> R {
    try withScratch { scratch in
        let point = scratch + "/mount"
        try FileManager.default.createDirectory(atPath: point, withIntermediateDirectories: false)
        let served = try ServedMount(tree, at: point, options)
        defer {
            served.mounted.requestStop()
            if served.waitForEnd() == nil { Issue.record("the mount did not end") }
            #expect(!isMounted(point), "the mount is still there")
        }
        return try body(served)
    }
}

func isMounted(_ path: String) -> Bool {
    let table = (try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)) ?? ""
    return table.split(separator: "\n").contains { $0.split(separator: " ").dropFirst().first.map(String.init) == path }
}
