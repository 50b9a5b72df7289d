import ChatArchive
import ChatHistories
import ChatModel
import Foundation
import ResticRepository
import SeededRandom
import Testing

/// The computed tree against the naive model, on random histories.
struct FolderTreeHistoryTests {
    /// CHATARK_HISTORIES=5000 for a long run; CHATARK_SEED=… repeats one.
    static let count = ProcessInfo.processInfo.environment["CHATARK_HISTORIES"].flatMap { Int($0) } ?? 100
    static let first: UInt64 = {
        if let seed = ProcessInfo.processInfo.environment["CHATARK_SEED"].flatMap({ UInt64($0) }) { return seed }
        let first = UInt64.random(in: 1...1 << 60)
        print("histories: seeds from \(first), \(count) of them")
        return first
    }()

    @Test("every path, size, time and byte is what the naive model says", arguments: 0..<8)
    func histories(part: Int) throws {
        for seed in stride(from: part, to: Self.count, by: 8).map({ Self.first + UInt64($0) }) {
            var numbers = SeededGenerator(seed: seed)
            let history = History.random(using: &numbers)
            let store = MemoryStore()
            let repository = try History.makeRepository(in: store)
            let snapshots = try history.store(in: repository)
            // Whoever looks may have read a part of the index only.
            let indexes = try store.list(.index).map(\.size).sorted()
            let small = IndexExtent(smallFile: indexes[(indexes.count - 1) / 2], smallIndex: 0)
            for (index, snapshot) in snapshots.enumerated() {
                let opened = try History.openRepository(in: store)
                let tree = try FolderTree(
                    repository: opened, root: .snapshot(snapshot),
                    snapshots: opened.snapshotsWithIndex(numbers.one(of: [.whole, small])), zone: history.viewZone,
                    memoryLimit: numbers.one(of: [0, 1000, 100_000, 64 << 20]), owner: (uid: 5, gid: 7))
                let walk = FolderWalk(tree, numbers: numbers)
                #expect(walk.problems == [], "seed \(seed), snapshot \(index)")
                let found = differences(ExpectedFolders.ofSnapshot(index, of: history), walk.shown)
                #expect(found.prefix(5).isEmpty, "seed \(seed), snapshot \(index)")
                if !found.isEmpty || !walk.problems.isEmpty { return }
            }
        }
    }

    @Test("all snapshots in one tree are what each is by itself, and share the numbers of files that are the same")
    func allSnapshots() throws {
        for seed in (0..<max(1, Self.count / 10)).map({ Self.first + UInt64($0) }) {
            var numbers = SeededGenerator(seed: seed)
            let history = History.random(using: &numbers)
            let store = MemoryStore()
            let repository = try History.makeRepository(in: store)
            let ids = try history.store(in: repository)
            let tree = try FolderTree(
                repository: History.openRepository(in: store), root: .allSnapshots, zone: history.viewZone,
                memoryLimit: numbers.one(of: [0, 10_000, 64 << 20]), owner: (uid: 5, gid: 7))
            let newest = try #require(history.backups.last).time
            var expected: [[UInt8]: Expected] = [
                Array("at".utf8): .folder(times: [newest]), Array("snapshots".utf8): .folder(times: [newest]),
            ]
            let order = zip(history.backups.indices, ids).sorted {
                (history.backups[$0.0].time, $0.1) < (history.backups[$1.0].time, $1.1)
            }
            var taken: [String: Int] = [:]
            for (index, _) in order {
                let base = ExpectedFolders.name(of: history.backups[index].time, in: history.viewZone)
                taken[base, default: 0] += 1
                let name = taken[base] == 1 ? base : "\(base)-\(taken[base] ?? 0)"
                let folder = Array("snapshots/\(name)".utf8)
                expected[folder] = .folder(times: [history.backups[index].time])
                for (path, entry) in ExpectedFolders.ofSnapshot(index, of: history) {
                    expected[folder + [0x2F] + path] = entry
                }
                expected[Array("latest".utf8)] = .link(folder)
            }
            let walk = FolderWalk(tree, numbers: numbers)
            #expect(walk.problems == [], "seed \(seed)")
            let shown = walk.shown.filter { path, entry in
                // The views of an empty half of a segment, deeper here than `differences` knows them.
                entry.kind != .folder || expected[path] != nil
                    || walk.shown.keys.contains { $0.starts(with: path + [0x2F]) }
            }
            #expect(differences(expected, shown).prefix(5).isEmpty, "seed \(seed)")
            expectSharing(walk, seed)
        }
    }

    /// A folder's number is its own; a file's number always means the same bytes.
    private func expectSharing(_ walk: FolderWalk, _ seed: UInt64) {
        var files: [InodeNumber: Shown] = [:]
        var folders: Set<InodeNumber> = []
        for (path, inode) in walk.inodes {
            guard let shown = walk.shown[path] else { continue }
            if shown.kind == .folder {
                #expect(folders.insert(inode).inserted, "seed \(seed): a folder's number is another's too")
            } else {
                #expect(files[inode] == nil || files[inode] == shown, "seed \(seed): one number, two files")
                files[inode] = shown
            }
        }
        #expect(folders.isDisjoint(with: files.keys), "seed \(seed)")
    }
}
