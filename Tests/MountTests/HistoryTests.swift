import ChatArchive
import ChatHistories
import ChatModel
import Foundation
import Mount
import SeededRandom
import Testing

/// What the kernel shows below a directory, by path; names are bytes.
private struct KernelWalk {
    private(set) var shown: [[UInt8]: Shown] = [:]
    private(set) var problems: [String] = []
    private let root: [UInt8]

    init(_ root: String) {
        self.root = Array(root.utf8)
        walk([])
    }

    private mutating func walk(_ path: [UInt8]) {
        for name in names(in: path) {
            let path = path.isEmpty ? name : path + [0x2F] + name
            var status = stat()
            guard lstat(absolute(path), &status) == 0 else {
                problems.append("\(String(decoding: path, as: UTF8.self)): errno \(errno)")
                continue
            }
            var entry = Shown(
                kind: .other, size: UInt64(status.st_size), seconds: Int64(status.st_mtim.tv_sec),
                nanoseconds: Int64(status.st_mtim.tv_nsec), permissions: UInt16(status.st_mode & 0o7777), content: [])
            switch status.st_mode & S_IFMT {
            case S_IFDIR: entry.kind = .folder
            case S_IFREG:
                entry.kind = .file
                entry.content = content(of: path)
            case S_IFLNK:
                entry.kind = .link
                var target = [CChar](repeating: 0, count: 4096)
                let count = readlink(absolute(path), &target, target.count)
                entry.content = target.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }
            default: break
            }
            shown[path] = entry
            if entry.kind == .folder { walk(path) }
        }
    }

    private mutating func names(in path: [UInt8]) -> [[UInt8]] {
        guard let directory = opendir(absolute(path)) else {
            problems.append("\(String(decoding: path, as: UTF8.self)) cannot be listed: errno \(errno)")
            return []
        }
        defer { closedir(directory) }
        var names: [[UInt8]] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [0x2E], name != [0x2E, 0x2E] { names.append(name) }
        }
        return names
    }

    private mutating func content(of path: [UInt8]) -> [UInt8] {
        let descriptor = open(absolute(path), O_RDONLY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 { problems.append("\(String(decoding: path, as: UTF8.self)) cannot be read: errno \(errno)") }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    private func absolute(_ path: [UInt8]) -> [CChar] { (root + [0x2F] + path + [0]).map { CChar(bitPattern: $0) } }
}

extension KernelTests {
    /// Random histories through the kernel.
    @Suite struct HistoryTests {
        /// CHATARK_HISTORIES=1000 for a long run; CHATARK_SEED=… repeats one.
        static let count = ProcessInfo.processInfo.environment["CHATARK_HISTORIES"].flatMap { Int($0) } ?? 20

        @Test("the kernel shows every path, size, time and byte that the naive model says")
        func histories() throws {
            let seed = ProcessInfo.processInfo.environment["CHATARK_SEED"].flatMap { UInt64($0) }
            let first = seed ?? UInt64.random(in: 1...1 << 60)
            print("histories through the kernel: seeds from \(first), \(Self.count) of them")
            for seed in (0..<Self.count).map({ first + UInt64($0) }) {
                var numbers = SeededGenerator(seed: seed)
                let history = History.random(using: &numbers)
                let store = MemoryStore()
                let snapshots = try history.store(in: History.makeRepository(in: store))
                let last = snapshots.count - 1
                let tree = try FolderTree(
                    repository: History.openRepository(in: store), root: .snapshot(snapshots[last]),
                    zone: history.viewZone, memoryLimit: numbers.one(of: [0, 10_000, 64 << 20]),
                    owner: (uid: getuid(), gid: getgid()))
                var options = MountOptions()
                options.readAheadAcrossFiles = numbers.chance(50)
                try withMount(tree, options) { mount in
                    let expected = ExpectedFolders.ofSnapshot(last, of: history)
                    for pass in ["first", "second"] {
                        let walk = KernelWalk(mount.path)
                        #expect(walk.problems == [], "seed \(seed), \(pass)")
                        #expect(differences(expected, walk.shown).prefix(5).isEmpty, "seed \(seed), \(pass)")
                    }
                }
            }
        }
    }
}
