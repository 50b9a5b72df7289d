import Foundation
import ResticRepository
import Storage
import Testing

/// A folder of its own with a repository in it; removed at the end.
final class TreeSandbox {
    let path: String
    let repository: Repository

    var repositoryPath: String { path + "/repository" }
    /// A folder to be backed up.
    var source: String { path + "/source" }

    /// With a repository of this program, or of the real restic.
    init(madeByRestic: Bool = false) throws {
        path = NSTemporaryDirectory() + "chatark-trees-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: path + "/source", withIntermediateDirectories: true)
        let store = LocalStore(path: path + "/repository")
        if madeByRestic {
            try Self.run("restic", ["-q", "-r", path + "/repository", "init"])
            repository = try Repository.open(store, password: Password("test"))
        } else {
            try FileManager.default.createDirectory(atPath: path + "/repository", withIntermediateDirectories: true)
            let cheap = try #require(ScryptParameters(n: 1024, r: 8, p: 1))
            repository = try Repository.create(in: store, password: Password("test"), keyParameters: cheap)
        }
    }

    deinit {
        // Directories without permissions are removed all the same.
        _ = try? Self.run("chmod", ["-R", "u+rwx", path])
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Backs up the source and stores a snapshot of it.
    func backUp(_ paths: [String]? = nil, parent: TreeID? = nil) throws -> (BackedUpTree, WriteSummary) {
        let writer = try repository.makeWriter()
        let outcome = try SourceBackup(repository: repository, writer: writer).backUp(paths ?? [source], parent: parent)
        let summary = try writer.finish()
        _ = try repository.saveSnapshot(
            Snapshot(time: .now(), tree: outcome.tree, paths: paths ?? [source], hostname: "host"))
        return (outcome, summary)
    }

    func write(_ name: String, _ content: [UInt8]) throws {
        try Data(content).write(to: URL(fileURLWithPath: source + "/" + name))
    }

    @discardableResult
    func shell(_ script: String) throws -> String {
        try Self.run("bash", ["-ec", script], in: path)
    }

    @discardableResult
    func restic(_ arguments: String...) throws -> String {
        try Self.run("restic", ["-q", "--no-cache", "-r", repositoryPath] + arguments)
    }

    /// Names, kinds, modes, times, owners, links and content of everything below a folder, a line each.
    func listing(of folder: String) throws -> String {
        try shell(
            """
            cd '\(folder)'
            find . -mindepth 1 -printf '%P %y %m %T@ %U %G %n %l %s\\n' | sed -E 's/^(.* d .*) [0-9]+$/\\1/' | LC_ALL=C sort
            find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum
            """)
    }

    @discardableResult
    static func run(_ program: String, _ arguments: [String], in folder: String? = nil) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["RESTIC_PASSWORD": "test", "LC_ALL": "C.UTF-8"]) { $1 }
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CommandFailed(command: program, status: process.terminationStatus, output: text)
        }
        return text
    }

    struct CommandFailed: Error {
        let command: String
        let status: Int32
        let output: String
    }

    /// Whether restic is there to judge; without it the tests that need it are skipped.
    static let hasRestic: Bool = {
        let found = (try? run("restic", ["version"])) != nil
        if !found { print("SKIPPED: restic is not installed, so nothing is compared with it") }
        return found
    }()

    /// A folder with everything that a backup can meet.
    static let everything = """
        cd source
        mkdir -p 'a b/深い/deeper' empty
        printf hello > plain.txt
        : > nothing
        head -c 100000 /dev/urandom > 'a b/random.bin'
        printf x > $'new\\nline'
        printf y > $'bad\\xff'
        printf z > '全角　空格 <&>"\\.txt'
        printf q > $'家👨\\u200d👩'
        ln plain.txt 'a b/hard'
        ln plain.txt zhard
        ln -s ../plain.txt 'a b/link'
        ln -s /nowhere dangling
        ln -s $'t\\xff' badlink
        mkfifo pipe
        printf secret > mode && chmod 4711 mode
        chmod 1777 empty
        chmod 500 'a b/深い/deeper'
        truncate -s 3000000 sparse
        printf end >> sparse
        touch -d '1969-05-06 01:02:03.000000001' nothing
        touch -h -d '2021-09-04 15:03:55.123456789' dangling
        touch -d '2020-01-01' 'a b'
        """
}
