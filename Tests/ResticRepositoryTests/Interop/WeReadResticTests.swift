import Foundation
import SeededRandom
import Storage
import Synchronization
import Testing

@testable import ResticRepository

/// We read what the real restic writes, in both versions of the format. Skipped, and said so, where it is not installed.
@Suite(.enabled(if: Restic.isInstalled)) struct WeReadResticTests {
    static let files: [(name: String, content: [UInt8])] = [
        ("empty", []), ("dir/one", [1]), ("dir/text", Array(repeating: 66, count: 2_000_000)),
        ("dir/张伟.bin", SeededGenerator.bytes(3_000_000, seed: 11)),
    ]

    /// Made once for every version, as restic spends half a second on every new key.
    private static let originals = Mutex<[Int: Workshop]>([:])

    static func backUp(version: Int) throws -> Workshop {
        let original = try originals.withLock { originals in
            if let made = originals[version] { return made.path }
            let made = try makeOriginal(version: version)
            originals[version] = made
            return made.path
        }
        return try Workshop(copying: original)
    }

    private static func makeOriginal(version: Int) throws -> Workshop {
        let workshop = try Workshop()
        try workshop.resticSucceeds("init", "--repository-version", "\(version)")
        for file in files { try workshop.write("source/\(file.name)", file.content) }
        try workshop.resticSucceeds("backup", "source")
        return workshop
    }

    /// Every regular file under a tree, with its bytes.
    static func contents(_ repository: Repository, _ id: TreeID, _ path: String = "") throws -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        for node in try repository.tree(id).nodes {
            let name = path + String(decoding: node.name, as: UTF8.self)
            if let subtree = node.subtree {
                found.merge(try contents(repository, subtree, name + "/")) { $1 }
            } else {
                var bytes: [UInt8] = []
                for blob in node.content ?? [] {
                    let plaintext = try repository.blob(blob, .data)
                    #expect(repository.length(of: blob, .data) == plaintext.count)
                    bytes += plaintext
                }
                found[name] = bytes
            }
        }
        return found
    }

    @Test(arguments: [1, 2]) func `a backup of restic reads back`(version: Int) throws {
        let workshop = try Self.backUp(version: version)
        let repository = try workshop.open()
        #expect(repository.version == version)
        #expect(repository.id.count == 64)
        let snapshot = try #require(try repository.snapshots().first)
        try repository.loadIndex()
        let found = try Self.contents(repository, snapshot.snapshot.tree)
        for file in Self.files {
            #expect(found.first { $0.key.hasSuffix("source/" + file.name) }?.value == file.content)
        }
        #expect(try repository.snapshot(matching: snapshot.id.short) == snapshot)
    }

    @Test(arguments: [1, 2]) func `packs of restic say what the index says`(version: Int) throws {
        let workshop = try Self.backUp(version: version)
        let repository = try workshop.open()
        try repository.loadIndex()
        var indexed: [PackID: Set<PackEntry>] = [:]
        repository.loadedIndex.forEach { indexed[$0, default: []].insert($1) }
        #expect(!indexed.isEmpty)
        for object in try repository.list(.data) {
            let pack = PackID(try #require(object.name.digest))
            #expect(Set(try repository.packEntries(pack, size: object.size)) == indexed[pack])
        }
    }

    @Test(arguments: [1, 2]) func `many blobs are handed over once each`(version: Int) throws {
        let workshop = try Self.backUp(version: version)
        let repository = try workshop.open()
        try repository.loadIndex()
        var wanted: Set<BlobID> = []
        repository.loadedIndex.forEach { if $1.kind == .data { wanted.insert($1.id) } }
        var got: [BlobID] = []
        try repository.blobs(Array(wanted) + Array(wanted), .data) { id, plaintext in
            #expect(SHA256Digest(hashing: plaintext) == id.digest)
            got.append(id)
        }
        #expect(got.count == wanted.count && Set(got) == wanted)
    }

    @Test(arguments: [1, 2]) func `what we add to restic's repository passes its check`(version: Int) throws {
        let workshop = try Self.backUp(version: version)
        let repository = try workshop.open()
        try repository.loadIndex()
        _ = try ResticReadsOursTests.store([("ours", [[1], Array(repeating: 3, count: 9000)])], in: repository)
        try workshop.resticSucceeds("check", "--read-data")
        #expect(try workshop.open().snapshots().count == 2)
    }

    @Test func `a running restic's lock is seen, and its stale one removed`() throws {
        let workshop = try Self.backUp(version: 2)
        let repository = try workshop.open()
        // A lock as restic would have left it, of a process that has ended.
        let dead = Process()
        dead.executableURL = URL(fileURLWithPath: "/bin/true")
        try dead.run()
        dead.waitUntilExit()
        let text = """
            {"time":"\(GoTime.now().text)","exclusive":true,"hostname":"\(Maker.current.hostname)","username":"root",\
            "pid":\(dead.processIdentifier),"uid":5,"gid":6}
            """
        _ = try repository.saveUnpacked(.locks, Array(text.utf8))
        #expect(throws: RepositoryError.self) { try repository.lock(.shared) }
        #expect(try repository.removeStaleLocks() == 1)
        try repository.lock(.shared).release()
        #expect(try repository.list(.locks).isEmpty)
    }
}
