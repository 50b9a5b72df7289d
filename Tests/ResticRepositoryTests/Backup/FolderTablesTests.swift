import Storage
import Testing

@testable import ResticRepository

struct FolderTablesTests {
    private func id(_ byte: UInt8) -> TreeID {
        TreeID(SHA256Digest(hashing: [byte]))
    }

    private func directory(_ name: String, _ subtree: TreeID) -> Node {
        var node = Node(
            name: Array(name.utf8), kind: .directory, mode: FileMode(unixMode: 0o040700), modified: .epoch)
        node.subtree = subtree
        return node
    }

    @Test func `a directory of directories is remembered, and what it has not is known, too`() throws {
        var tables = FolderTables()
        let (above, one, two) = (id(1), id(2), id(3))
        #expect(tables.subtree(of: above, named: Array("b".utf8)) == TreeID??.none)
        tables.insert(Tree([directory("b", one), directory("a", two)]), for: above)
        #expect(tables.subtree(of: above, named: Array("b".utf8)) == .some(one))
        #expect(tables.subtree(of: above, named: Array("a".utf8)) == .some(two))
        #expect(tables.subtree(of: above, named: Array("c".utf8)) == .some(nil))
    }

    @Test func `a directory that has anything else, or a name twice, is not`() throws {
        var tables = FolderTables()
        let (above, one) = (id(1), id(2))
        let file = Node(name: Array("f".utf8), kind: .file, mode: FileMode(rawValue: 0o600), modified: .epoch)
        tables.insert(Tree([directory("a", one), file]), for: above)
        tables.insert(Tree([directory("a", one), directory("a", one)]), for: above)
        #expect(tables.subtree(of: above, named: Array("a".utf8)) == TreeID??.none)
    }

    @Test func `what is remembered is bounded`() throws {
        var tables = FolderTables(limit: 3)
        let (first, second, below) = (id(1), id(2), id(9))
        tables.insert(Tree([directory("a", below), directory("b", below)]), for: first)
        tables.insert(Tree([directory("a", below), directory("b", below)]), for: second)
        #expect(tables.subtree(of: first, named: Array("a".utf8)) == TreeID??.none)
        #expect(tables.subtree(of: second, named: Array("a".utf8)) == .some(below))
        tables.insert(Tree((0..<4).map { directory("\($0)", below) }), for: id(3))
        #expect(tables.subtree(of: id(3), named: Array("0".utf8)) == TreeID??.none)
    }

    @Test func `files in folders of folders are found, however often somebody asks`() throws {
        let sandbox = try TreeSandbox()
        for folder in ["image/ab/01", "image/ab/02", "image/cd/01"] {
            try sandbox.shell("mkdir -p source/\(folder); printf \(folder) > source/\(folder)/f")
        }
        let (outcome, _) = try sandbox.backUp()
        let contents = SourceContents(sandbox.repository, tree: outcome.tree)
        for _ in 0..<2 {
            for folder in ["image/ab/01", "image/ab/02", "image/cd/01"] {
                let found = try contents.file(at: "source/\(folder)/f")
                #expect(found?.digest == SHA256Digest(hashing: Array(folder.utf8)))
            }
            #expect(try contents.file(at: "source/image/cd/02/f") == nil)
            #expect(try contents.file(at: "source/image/ab/01/f/g") == nil)
            #expect(try contents.node(at: "source/image/ab/01")?.kind == .directory)
        }
    }

    @Test func `a large folder among many small ones is read as often as they are: each once`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.shell("mkdir -p source/video; for i in $(seq 100); do echo $i > source/video/$i; done")
        try sandbox.shell("for i in $(seq 40); do mkdir -p source/image/$i; echo $i > source/image/$i/f; done")
        let (outcome, _) = try sandbox.backUp()
        let contents = SourceContents(sandbox.repository, tree: outcome.tree)
        for number in 1...40 {
            for path in ["video/\(number)", "image/\(number)/f"] {
                let digest = SHA256Digest(hashing: Array("\(number)\n".utf8))
                #expect(try contents.file(at: "source/\(path)")?.digest == digest)
            }
        }
        #expect(contents.treesRead == 44)
    }

    @Test func `files all over many large folders are found with each folder read once`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.shell(
            "for f in $(seq 60); do mkdir -p source/$f; for i in $(seq 70); do echo $f-$i > source/$f/$i; done; done")
        let (outcome, _) = try sandbox.backUp()
        let contents = SourceContents(sandbox.repository, tree: outcome.tree)
        for number in 1...70 {
            for folder in 1...60 {
                let digest = SHA256Digest(hashing: Array("\(folder)-\(number)\n".utf8))
                #expect(try contents.file(at: "source/\(folder)/\(number)")?.digest == digest)
            }
        }
        #expect(try contents.file(at: "source/1/none") == nil)
        #expect(contents.treesRead == 62)
    }
}

struct FileTablesTests {
    private func node(_ name: String, _ blobs: Int, size: UInt64) -> Node {
        var node = Node(name: Array(name.utf8), kind: .file, mode: FileMode(rawValue: 0o600), modified: .epoch)
        node.content = (0..<blobs).map { BlobID(SHA256Digest(hashing: Array("\(name) \($0)".utf8))) }
        node.size = size
        return node
    }

    private func id(_ number: Int) -> TreeID { TreeID(SHA256Digest(hashing: [UInt8(number)])) }

    @Test("what is remembered of a directory is what its tree says; a file of very many chunks is not remembered")
    func remembered() {
        var tables = FileTables()
        let files = (0..<200).map { node("f\($0)", $0 % 4, size: UInt64($0)) }
        tables.insert(Tree(files + [node("long", 2000, size: 9)]), for: id(1))
        for file in files {
            #expect(tables.find(file.name, in: id(1)) == .file(blobs: file.content ?? [], size: file.size))
        }
        #expect(tables.find(Array("f200".utf8), in: id(1)) == .absent)
        #expect(tables.find(Array("long".utf8), in: id(1)) == .unknown)
        #expect(tables.find(Array("f1".utf8), in: id(2)) == .unknown)
    }

    @Test("beyond the limit all is forgotten, and a directory that is too large is not remembered")
    func bounded() {
        var tables = FileTables(limit: 10)
        for number in 0..<4 { tables.insert(Tree([node("a", 1, size: 1), node("b", 1, size: 1)]), for: id(number)) }
        #expect(tables.find([0x61], in: id(0)) == .unknown)
        #expect(tables.find([0x61], in: id(3)) != .unknown)
        tables.insert(Tree([node("a", 20, size: 1)]), for: id(9))
        #expect(tables.find([0x61], in: id(9)) == .unknown)
    }
}
