import Foundation
import ResticRepository
import SeededRandom
import Storage
import Testing

/// Files that are changed in place are cut at fixed places.
struct FixedChunkTests {
    private static let page = 4096
    private static let chunk = 16 << 10

    private static func backUp(_ sandbox: TreeSandbox, parent: TreeID? = nil) throws -> (BackedUpTree, WriteSummary) {
        let writer = try sandbox.repository.makeWriter()
        let backup = try SourceBackup(repository: sandbox.repository, writer: writer) { file in
            file.name.suffix(3).elementsEqual(".db".utf8) ? .fixed(size: chunk) : .contentDefined
        }
        let tree = try backup.backUp([sandbox.source], parent: parent)
        let summary = try writer.finish()
        _ = try sandbox.repository.saveSnapshot(
            Snapshot(time: .now(), tree: tree.tree, paths: [sandbox.source], hostname: "host"))
        return (tree, summary)
    }

    private static func content(of name: String, _ tree: BackedUpTree, _ sandbox: TreeSandbox) throws -> [BlobID] {
        try #require(try tree.contents(in: sandbox.repository).node(at: "source/\(name)")?.content)
    }

    @Test func `a page changed in place costs its chunk and the listings`() throws {
        let sandbox = try TreeSandbox()
        var bytes = SeededGenerator.bytes(200 * Self.page + 100, seed: 11)
        try sandbox.write("a.db", bytes)
        let (first, _) = try Self.backUp(sandbox)
        let before = try Self.content(of: "a.db", first, sandbox)
        #expect(before.count == 51)
        for page in [3, 77, 78, 150] { bytes[page * Self.page + 9] ^= 1 }
        try sandbox.write("a.db", bytes)
        let (second, summary) = try Self.backUp(sandbox, parent: first.tree)
        let after = try Self.content(of: "a.db", second, sandbox)
        // 77 and 78 lie in one chunk.
        #expect(zip(before, after).filter { $0 != $1 }.count == 3)
        #expect(summary.dataBlobs == 3)
        #expect(summary.knownBlobs >= 48)
    }

    @Test func `growth costs what was added, and other files are cut where their content says`() throws {
        let sandbox = try TreeSandbox()
        let bytes = SeededGenerator.bytes(100 * Self.page, seed: 12)
        try sandbox.write("a.db", bytes)
        try sandbox.write("a.bin", bytes)
        let (first, _) = try Self.backUp(sandbox)
        #expect(try Self.content(of: "a.bin", first, sandbox).count == 1)
        try sandbox.write("a.db", bytes + SeededGenerator.bytes(Self.page, seed: 13))
        let (second, summary) = try Self.backUp(sandbox, parent: first.tree)
        #expect(summary.dataBlobs == 1)
        let chunks = try Self.content(of: "a.db", second, sandbox)
        #expect(try Self.content(of: "a.db", first, sandbox) == Array(chunks.dropLast()))
    }

    @Test(arguments: [0, 1, 16383, 16384, 16385, 1 << 20, 1 << 20 + 1, 3 << 20 + 5])
    func `content of every length comes back, with its digest`(length: Int) throws {
        let sandbox = try TreeSandbox()
        let bytes = SeededGenerator.bytes(length, seed: UInt64(length))
        try sandbox.write("a.db", bytes)
        let (tree, _) = try Self.backUp(sandbox)
        let entry = try #require(try tree.contents(in: sandbox.repository).file(at: "source/a.db"))
        #expect(entry.blobs.count == (length + Self.chunk - 1) / Self.chunk)
        #expect(entry.size == UInt64(length))
        #expect(entry.digest == SHA256Digest(hashing: bytes))
        let outcome = try Restorer(sandbox.repository).restore(tree.tree, to: sandbox.path + "/out")
        #expect(outcome.failures == [])
        #expect(try sandbox.listing(of: sandbox.path + "/out/source") == sandbox.listing(of: sandbox.source))
    }

    @Test func `a restore of small chunks asks for them together`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.write("a.db", SeededGenerator.bytes(5 << 20, seed: 14))
        let (tree, _) = try Self.backUp(sandbox)
        let content = try Self.content(of: "a.db", tree, sandbox)
        let groups = sandbox.repository.neighbours(content, .data, limit: 16 << 20)
        #expect(groups.count == 1)
    }

    @Test(.enabled(if: TreeSandbox.hasRestic))
    func `restic restores fixed chunks and finds nothing to complain about`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.write("a.db", SeededGenerator.bytes(1_000_003, seed: 15))
        _ = try Self.backUp(sandbox)
        try sandbox.restic("check", "--read-data")
        try sandbox.restic("restore", "latest", "--target", sandbox.path + "/restored")
        try sandbox.shell("cmp source/a.db restored/source/a.db")
    }

    @Test func `the list of a database's chunks stays bounded`() {
        #expect(Chunking.database(ofSize: 0) == .fixed(size: 8 << 10))
        #expect(Chunking.database(ofSize: 2 << 30 - 1) == .fixed(size: 8 << 10))
        #expect(Chunking.database(ofSize: 2 << 30) == .fixed(size: 16 << 10))
        #expect(Chunking.database(ofSize: 100 << 30) == .fixed(size: 512 << 10))
        #expect(Chunking.database(ofSize: .max) == .fixed(size: 8 << 20))
    }
}
