import Foundation
import ResticRepository
import SeededRandom
import Storage
import Testing

struct CheckerTests {
    @Test func `a repository of this program is clean`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.shell(TreeSandbox.everything)
        _ = try sandbox.backUp()
        let report = try Checker(sandbox.repository).check(readData: true)
        #expect(report.findings == [])
        #expect(report.snapshots == 1)
        #expect(report.trees == 5)
        #expect(report.packs == 2)
        #expect(report.blobsRead > 8)
    }

    @Test(.enabled(if: TreeSandbox.hasRestic))
    func `a repository of restic is clean`() throws {
        let sandbox = try TreeSandbox(madeByRestic: true)
        try sandbox.shell(TreeSandbox.everything)
        try sandbox.restic("backup", sandbox.source)
        try sandbox.restic("backup", sandbox.source + "/plain.txt")
        let report = try Checker(sandbox.repository).check(readData: true)
        #expect(report.findings == [])
        #expect(report.snapshots == 2)
    }

    @Test func `a missing pack is found, and what it takes with it`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.write("file", [1, 2, 3])
        let (outcome, _) = try sandbox.backUp()
        let packs = try Self.packs(of: sandbox)
        for pack in packs { try FileManager.default.removeItem(atPath: pack) }
        let report = try Checker(sandbox.repository).check(readData: false)
        #expect(report.findings.count == 3)
        #expect(report.findings.contains(.treeUnreadable(outcome.tree)))
        #expect(!report.isClean)
    }

    @Test func `a changed byte in any pack is found`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.write("file", SeededGenerator.bytes(2000, seed: 1))
        _ = try sandbox.backUp()
        for pack in try Self.packs(of: sandbox) {
            let original = try Data(contentsOf: URL(fileURLWithPath: pack))
            for position in stride(from: 0, to: original.count, by: original.count / 7) {
                var changed = original
                changed[position] ^= 1
                try Self.replace(pack, changed)
                #expect(try !Checker(sandbox.repository).check(readData: true).isClean)
            }
            try Self.replace(pack, original.dropLast())
            #expect(try !Checker(sandbox.repository).check(readData: false).isClean)
            try Self.replace(pack, original)
        }
        #expect(try Checker(sandbox.repository).check(readData: true).findings == [])
    }

    @Test func `a pack that no index knows is harmless`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.write("file", [1])
        _ = try sandbox.backUp()
        let bytes = [UInt8](repeating: 7, count: 100)
        let digest = SHA256Digest(hashing: bytes)
        try sandbox.repository.store.write(ObjectName(.data, digest), bytes)
        let report = try Checker(sandbox.repository).check(readData: true)
        #expect(report.findings == [.packOrphaned(PackID(digest))])
        #expect(report.isClean)
    }

    @Test func `entries that make no sense are found`() throws {
        let sandbox = try TreeSandbox()
        let writer = try sandbox.repository.makeWriter()
        let gone = BlobID(SHA256Digest(hashing: [9]))
        var file = Node(name: Array("file".utf8), kind: .file, mode: FileMode(rawValue: 0), modified: .epoch)
        file.content = [gone]
        let nameless = Node(name: [], kind: .fifo, mode: .fifo, modified: .epoch)
        let lost = Node(name: Array("lost".utf8), kind: .directory, mode: .directory, modified: .epoch)
        let odd = Node(name: Array("odd".utf8), kind: .other("whiteout"), mode: FileMode(rawValue: 0), modified: .epoch)
        let tree = try writer.saveTree(Tree([file, nameless, lost, odd, odd]))
        _ = try writer.finish()
        _ = try sandbox.repository.saveSnapshot(Snapshot(time: .now(), tree: tree, paths: ["/x"]))
        let report = try Checker(sandbox.repository).check(readData: false)
        #expect(
            Set(report.findings) == [
                .blobMissing(gone, tree: tree), .unsafeName(tree), .incompleteNode(tree), .unknownKind(tree),
                .treeUnordered(tree),
            ])
    }

    @Test func `a directory that is everywhere is looked at once`() throws {
        let sandbox = try TreeSandbox()
        let writer = try sandbox.repository.makeWriter()
        var tree = try writer.saveTree(.empty)
        for _ in 0..<60 {
            var builder = TreeBuilder(.init(modified: .epoch))
            builder.addDirectory("left", tree)
            builder.addDirectory("right", tree)
            tree = try builder.finish(writer)
        }
        _ = try writer.finish()
        _ = try sandbox.repository.saveSnapshot(Snapshot(time: .now(), tree: tree, paths: ["/x"]))
        let report = try Checker(sandbox.repository).check(readData: false)
        #expect(report.trees == 61)
        #expect(report.findings == [])
    }

    @Test func `a damaged snapshot is found`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.write("file", [1])
        _ = try sandbox.backUp()
        let name = try #require(try sandbox.repository.list(.snapshots).first).name
        try Self.replace(sandbox.repositoryPath + "/" + name.path, Data([1, 2, 3]))
        #expect(try Checker(sandbox.repository).check(readData: false).findings == [.unreadable(name)])
    }

    private static func packs(of sandbox: TreeSandbox) throws -> [String] {
        try sandbox.repository.list(.data).map { sandbox.repositoryPath + "/" + $0.name.path }
    }

    private static func replace(_ path: String, _ content: Data) throws {
        try FileManager.default.removeItem(atPath: path)
        try content.write(to: URL(fileURLWithPath: path))
    }
}
