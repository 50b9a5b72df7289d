import ResticRepository
import Storage
import Testing

struct TreeBuilderTests {
    @Test func `equal entries give equal trees in any order`() throws {
        let sandbox = try TreeSandbox()
        let writer = try sandbox.repository.makeWriter()
        var content = FileContentWriter(writer, chunker: try sandbox.repository.makeChunker(), group: .records)
        try content.append(Array("hello".utf8))
        let stored = try content.finish()
        #expect(stored.digest == SHA256Digest(hashing: Array("hello".utf8)))
        #expect(stored.size == 5)
        let metadata = TreeBuilder.Metadata(modified: GoTime(seconds: 1_630_739_035), uid: 1, gid: 2)
        var forwards = TreeBuilder(metadata)
        var backwards = TreeBuilder(metadata)
        let names = ["b", "a", "中"]
        for name in names { forwards.addFile(name, stored) }
        for name in names.reversed() { backwards.addFile(name, stored) }
        let tree = try forwards.finish(writer)
        #expect(try backwards.finish(writer) == tree)
        var root = TreeBuilder(metadata)
        root.addDirectory("archive", tree)
        let top = try root.finish(writer)
        _ = try writer.finish()
        #expect(try sandbox.repository.tree(top).nodes.first?.subtree == tree)
        #expect(
            try sandbox.repository.tree(tree).nodes.map(\.mode) == Array(repeating: FileMode(rawValue: 0o600), count: 3)
        )
    }

    @Test(arguments: [["a", "a"], [".."], ["a/b"], [""]])
    func `names that could not be restored are refused`(names: [String]) throws {
        var builder = TreeBuilder(.init(modified: .epoch))
        for name in names { builder.addFile(name, blobs: [], size: 0) }
        #expect(throws: RepositoryError.self) { try builder.tree() }
    }
}
