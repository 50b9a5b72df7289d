import SeededRandom
import Testing

@testable import ResticRepository

struct TreeTests {
    @Test func `a tree that restic wrote is written back byte for byte`() throws {
        let tree = try Tree(parsing: TreeGolden.bytes)
        #expect(tree.isOrdered)
        #expect(tree.nodes.count == TreeGolden.nodes.count)
        for (node, text) in zip(tree.nodes, TreeGolden.nodes) {
            #expect(String(decoding: Tree([node]).encoded(), as: UTF8.self) == "{\"nodes\":[" + text + "]}\n")
        }
        #expect(tree.encoded() == TreeGolden.bytes)
    }

    @Test func `names come out as the file system had them`() throws {
        let tree = try Tree(parsing: TreeGolden.bytes)
        #expect(tree.nodes.first?.name == [0x01, 0x07, 0x08, 0x0B, 0x0C, 0x0D, 0x1B, 0x7F])
        #expect(tree.nodes.last?.name == [0xFF, 0xFE] + Array("bad".utf8))
        #expect(tree.node(named: Array("全角\u{3000}空格.txt".utf8)) != nil)
        #expect(tree.node(named: Array("back\\slash".utf8))?.size == 1)
        #expect(tree.node(named: Array("absent".utf8)) == nil)
    }

    @Test func `metadata comes out of a node`() throws {
        let tree = try Tree(parsing: TreeGolden.bytes)
        let link = try #require(tree.node(named: Array("sym".utf8)))
        #expect(link.kind == .symlink)
        #expect(link.linkTarget == Array("target/中".utf8))
        let lead = try #require(tree.node(named: Array(" lead".utf8)))
        #expect(lead.extendedAttributes == [.init(name: "user.t", value: [0x76, 0])])
        let directory = try #require(tree.node(named: Array("dir".utf8)))
        #expect(directory.kind == .directory)
        #expect(directory.mode.unixPermissions == 0o1777)
        #expect(directory.content == nil)
        #expect(tree.node(named: Array("-dash".utf8))?.mode.unixPermissions == 0o4755)
        #expect(tree.node(named: Array("hard".utf8))?.content == [])
    }

    @Test func `the empty tree has restic's bytes`() throws {
        #expect(String(decoding: Tree.empty.encoded(), as: UTF8.self) == "{\"nodes\":[]}\n")
        #expect(try Tree(parsing: Tree.empty.encoded()).nodes.isEmpty)
    }

    @Test func `a link target that is not UTF-8 is kept`() throws {
        var node = Node(name: Array("l".utf8), kind: .symlink, mode: .symlink, modified: .epoch)
        node.linkTarget = [0x62, 0xFF, 0x3C, 0x01]
        let text = String(decoding: Tree([node]).encoded(), as: UTF8.self)
        #expect(text.contains(#""linktarget":"b\ufffd\u003c\u0001","linktarget_raw":"Yv88AQ==""#))
        #expect(try Tree(parsing: Array(text.utf8)).nodes == [node])
    }

    @Test func `unknown keys are passed over`() throws {
        let text =
            #" {"future":[{"a":1}],"nodes":[{"new":{"x":[]},"name":"a","type":"file","mtime":"2021-09-04T15:03:55Z","#
            + #""generic_attributes":{"windows.file_attributes":"20"},"content":null}],"more":null} "#
        let tree = try Tree(parsing: Array(text.utf8))
        #expect(tree.nodes.count == 1)
        #expect(tree.nodes[0].genericAttributes == Array(#"{"windows.file_attributes":"20"}"#.utf8))
    }

    @Test func `unordered and equal names are kept and told`() throws {
        let text = #"{"nodes":[{"name":"b","type":"file"},{"name":"a","type":"file"},{"name":"b","type":"dir"}]}"#
        let tree = try Tree(parsing: Array(text.utf8))
        #expect(!tree.isOrdered)
        #expect(tree.node(named: Array("a".utf8)) != nil)
        #expect(tree.node(named: Array("b".utf8))?.kind == .file)
    }

    @Test func `numbers up to 64 bits are kept`() throws {
        var node = Node(
            name: Array("n".utf8), kind: .file, mode: FileMode(rawValue: .max), modified: .epoch, uid: .max, gid: .max)
        node.inode = .max
        node.deviceID = .max
        node.size = .max
        #expect(try Tree(parsing: Tree([node]).encoded()).nodes == [node])
    }

    @Test(arguments: [
        "", "null", "[]", "{}", "{\"nodes\":{}}", "{\"nodes\":[1]}", "{\"nodes\":[]}x", "{\"nodes\":[{}]}",
        #"{"nodes":[{"name":"\\x4"}]}"#, #"{"nodes":[{"name":"\\q"}]}"#, #"{"nodes":[{"name":"\\ud800"}]}"#,
        #"{"nodes":[{"name":"\\UFFFFFFFF"}]}"#, #"{"nodes":[{"name":"\\777"}]}"#, #"{"nodes":[{"name":"\""}]}"#,
        #"{"nodes":[{"name":"a","size":-1}]}"#, #"{"nodes":[{"name":"a","size":18446744073709551616}]}"#,
        #"{"nodes":[{"name":"a","size":1.5}]}"#, #"{"nodes":[{"name":"a","uid":4294967296}]}"#,
        #"{"nodes":[{"name":"a","mtime":"yesterday"}]}"#, #"{"nodes":[{"name":"a","content":["ab"]}]}"#,
        #"{"nodes":[{"name":"a","subtree":"zz"}]}"#, #"{"nodes":[{"name":"a","linktarget_raw":"%"}]}"#,
    ])
    func `what is no tree is refused`(text: String) {
        #expect(throws: Damage.self) { try Tree(parsing: Array(text.utf8)) }
    }

    @Test func `every truncation is refused`() {
        // The last byte is the newline, which a reader can do without.
        for length in stride(from: 0, to: TreeGolden.bytes.count - 2, by: 7) {
            #expect(throws: Damage.self) { try Tree(parsing: Array(TreeGolden.bytes.prefix(length))) }
        }
    }

    @Test func `no flipped bit traps`() {
        var refused = 0
        for index in stride(from: 0, to: TreeGolden.bytes.count, by: 3) {
            var bytes = TreeGolden.bytes
            bytes[index] ^= 1 << UInt8(index % 8)
            do { _ = try Tree(parsing: bytes).encoded() } catch { refused += 1 }
        }
        #expect(refused > 500)
    }

    @Test func `a random tree is read back`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let nodes = (0..<50).map { index in
            let length = Int.random(in: 1...40, using: &generator)
            var node = Node(
                name: [UInt8(index)] + (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) },
                kind: .file, mode: FileMode(unixMode: .random(in: 0...0o7777, using: &generator)),
                modified: GoTime(seconds: .random(in: 0...4_000_000_000, using: &generator)))
            node.linkTarget = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            node.user = "<使用者>\u{2028}"
            return node
        }
        let tree = Tree(nodes)
        #expect(try Tree(parsing: tree.encoded()) == tree)
    }

    @Test(arguments: ["", ".", "..", "a/b", "/", "a\0b"])
    func `names that cannot stand in a directory are told`(name: String) {
        #expect(!Node.isSafe(Array(name.utf8)))
    }
}
