import Foundation
import SeededRandom
import Storage
import Testing

@testable import ResticRepository

/// The real restic reads what we write. Skipped, and said so, where it is not installed.
@Suite(.enabled(if: Restic.isInstalled)) struct ResticReadsOursTests {
    /// Stores files as a tree and a snapshot of it.
    static func store(
        _ files: [(name: String, content: [[UInt8]])], in repository: Repository, packSize: Int = 16 << 20
    ) throws -> SnapshotID {
        let writer = try repository.makeWriter(packSize: packSize)
        var nodes: [String] = []
        for file in files.sorted(by: { $0.name < $1.name }) {
            let ids = try file.content.map { try writer.save($0, .data, group: .media) }
            let size = file.content.reduce(0) { $0 + $1.count }
            nodes.append(
                #"{"name":"\#(file.name)","type":"file","mode":420,"mtime":"2021-09-04T15:03:55Z","#
                    + #""atime":"2021-09-04T15:03:55Z","ctime":"2021-09-04T15:03:55Z","uid":0,"gid":0,"size":\#(size),"links":1,"#
                    + #""content":[\#(ids.map { "\"\($0.hex)\"" }.joined(separator: ","))]}"#)
        }
        let tree = try writer.save(Array("{\"nodes\":[\(nodes.joined(separator: ","))]}\n".utf8), .tree, group: .tree)
        _ = try writer.finish()
        return try repository.saveSnapshot(
            Snapshot(time: .now(), tree: TreeID(tree.digest), paths: ["/chats"], hostname: "host", username: "me"))
    }

    @Test func `what the writer writes passes restic's check and restores`() throws {
        let workshop = try Workshop()
        let repository = try workshop.create()
        let large = (0..<20).map { SeededGenerator.bytes(150_000, seed: UInt64($0)) }
        let id = try Self.store(
            [("empty", []), ("one", [[7]]), ("large", large), ("text", [Array(repeating: 65, count: 300_000)])],
            in: repository, packSize: 1 << 20)
        try workshop.resticSucceeds("check", "--read-data")
        try workshop.resticSucceeds("restore", id.hex, "--target", "restored")
        func read(_ name: String) throws -> [UInt8] {
            try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(workshop.path)/restored/\(name)")))
        }
        #expect(try read("empty").isEmpty)
        #expect(try read("one") == [7])
        #expect(try read("large") == Array(large.joined()))
        #expect(try read("text") == Array(repeating: 65, count: 300_000))
        #expect(try repository.list(.data).count >= 3)
    }

    @Test func `restic adds to our repository, and prunes it`() throws {
        let workshop = try Workshop()
        let repository = try workshop.create()
        let id = try Self.store([("a", [SeededGenerator.bytes(100_000, seed: 3)])], in: repository)
        try workshop.write("source/b", SeededGenerator.bytes(50_000, seed: 4))
        try workshop.resticSucceeds("backup", "source")
        try workshop.resticSucceeds("forget", "--prune", id.hex)
        try workshop.resticSucceeds("check", "--read-data")
        let again = try workshop.open()
        #expect(try again.snapshots().count == 1)
        #expect(try again.snapshot(matching: "latest").id != id)
    }

    @Test func `restic sees our lock, and refuses what it forbids`() throws {
        let workshop = try Workshop()
        let repository = try workshop.create()
        let lock = try repository.lock(.exclusive)
        let listing = try workshop.resticSucceeds("list", "locks", "--no-lock")
        #expect(listing.contains(lock.id.hex))
        #expect(try workshop.restic(["snapshots"]).status != 0)
        lock.release()
        try workshop.resticSucceeds("snapshots")
        #expect(try workshop.restic(["list", "locks", "--no-lock"]).output.isEmpty)
    }

    @Test func `restic's unlock removes our lock when its process is gone`() throws {
        let workshop = try Workshop()
        let repository = try workshop.create()
        let old = GoTime(seconds: GoTime.now().seconds - 3600)
        _ = try repository.saveUnpacked(.locks, LockFile(.exclusive, time: old).encoded())
        try workshop.resticSucceeds("unlock")
        #expect(try repository.list(.locks).isEmpty)
    }

    @Test func `a key that restic took away opens nothing, though it is kept on this machine`() throws {
        let workshop = try Workshop()
        let first = try workshop.create().keyID
        let cached = CachedStore(workshop.store, cache: ChunkCache(path: workshop.path + "/cache", limit: 1 << 24))
        #expect(try Repository.open(cached, password: password, keyHint: first).keyID == first)
        try workshop.write("second", Array("another\n".utf8))
        try workshop.resticSucceeds("key", "passwd", "--new-password-file", "second")
        // Who only reads may be answered by what is kept, until somebody asks.
        #expect(try Repository.open(cached, password: password, keyHint: first, trustsKept: true).keyID == first)
        #expect(throws: RepositoryError.wrongPassword(keysTried: 1)) {
            try Repository.open(cached, password: password, keyHint: first)
        }
        #expect(throws: RepositoryError.wrongPassword(keysTried: 1)) {
            try Repository.open(cached, password: password, keyHint: first, trustsKept: true)
        }
        #expect(try Repository.open(cached, password: Password("another"), keyHint: first).keyID != first)
    }

    @Test func `restic adds a key with another password to our repository`() throws {
        let workshop = try Workshop()
        _ = try workshop.create()
        try workshop.write("second", Array("another\n".utf8))
        try workshop.resticSucceeds("key", "add", "--new-password-file", "second")
        #expect(try workshop.open().version == 2)
        let second = try Repository.open(workshop.store, password: Password("another"))
        #expect(
            try Repository.open(workshop.store, password: Password("another"), keyHint: second.keyID).keyID
                == second.keyID)
        #expect(throws: RepositoryError.wrongPassword(keysTried: 2)) {
            try Repository.open(workshop.store, password: Password("third"))
        }
    }
}
