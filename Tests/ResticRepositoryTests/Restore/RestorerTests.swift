import Foundation
import ResticRepository
import SeededRandom
import Storage
import Testing

struct RestorerTests {
    @Test func `a backup is restored as it was`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.shell(TreeSandbox.everything)
        try sandbox.write(
            "two chunks", SeededGenerator.bytes(1_300_000, seed: 1) + [UInt8](repeating: 0, count: 700_000))
        let (outcome, _) = try sandbox.backUp()
        var options = RestoreOptions()
        options.verifies = true
        let restored = try Restorer(sandbox.repository, options: options).restore(
            outcome.tree, to: sandbox.path + "/out/put")
        #expect(restored.failures == [])
        #expect(try sandbox.listing(of: sandbox.path + "/out/put/source") == sandbox.listing(of: sandbox.source))
        let blocks = try #require(Int(try sandbox.shell("stat -c %b out/put/source/sparse").filter(\.isNumber)))
        #expect(blocks * 512 < 1_000_000)
    }

    @Test(.enabled(if: TreeSandbox.hasRestic))
    func `what restic backed up is restored`() throws {
        let sandbox = try TreeSandbox(madeByRestic: true)
        try sandbox.shell(TreeSandbox.everything + "\nrm badlink")
        try sandbox.restic("backup", sandbox.source)
        try sandbox.repository.loadIndex()
        let snapshot = try #require(try sandbox.repository.snapshots().first).snapshot
        let restored = try Restorer(sandbox.repository).restore(snapshot.tree, to: sandbox.path + "/out")
        #expect(restored.failures == [])
        #expect(try sandbox.listing(of: sandbox.path + "/out" + sandbox.source) == sandbox.listing(of: sandbox.source))
    }

    @Test(.enabled(if: TreeSandbox.hasRestic))
    func `trees that restic wrote are written back byte for byte`() throws {
        let sandbox = try TreeSandbox(madeByRestic: true)
        try sandbox.shell(TreeSandbox.everything + "\nrm badlink")
        try sandbox.restic("backup", sandbox.source)
        try sandbox.repository.loadIndex()
        var waiting = [try #require(try sandbox.repository.snapshots().first).snapshot.tree]
        var count = 0
        while let id = waiting.popLast() {
            let text = try sandbox.repository.treeText(id)
            let tree = try Tree(parsing: text)
            #expect(String(decoding: tree.encoded(), as: UTF8.self) == String(decoding: text, as: UTF8.self))
            waiting += tree.nodes.compactMap(\.subtree)
            count += 1
        }
        #expect(count > 4)
    }

    @Test func `a file whose attributes the target does not take is there, whole, and told of`() throws {
        let sandbox = try TreeSandbox()
        let writer = try sandbox.repository.makeWriter()
        var content = FileContentWriter(writer, chunker: try sandbox.repository.makeChunker())
        try content.append([1, 2, 3])
        let blobs = try content.finish().blobs
        var nodes: [Node] = []
        // The second is more than any file system takes; the first is more than some have room for (ENOSPC).
        for (name, size) in [("a", 60_000), ("b", 70_000), ("c", 0)] {
            var node = Self.file(name, blobs)
            let value = [UInt8](repeating: 1, count: size)
            if size > 0 { node.extendedAttributes = [.init(name: "user.large", value: value)] }
            node.modified = GoTime(seconds: 1_000_000_000)
            nodes.append(node)
        }
        let tree = try writer.saveTree(Tree(nodes))
        _ = try writer.finish()
        let outcome = try Restorer(sandbox.repository).restore(tree, to: sandbox.path + "/out")
        #expect(outcome.counts.files == 3)
        let sizesAndTimes = try sandbox.shell("cd out; for f in a b c; do stat -c '%s %Y' $f; done")
        #expect(sizesAndTimes == String(repeating: "3 1000000000\n", count: 3))
        #expect(try sandbox.shell("ls -A out") == "a\nb\nc\n")
        #expect(outcome.failures.contains { $0.path == [Array("b".utf8)] })
        for failure in outcome.failures {
            guard case .system(let error) = failure.reason else {
                Issue.record("\(failure)")
                continue
            }
            #expect(error.operation == .attributes)
        }
    }

    @Test func `nothing is written outside of the target`() throws {
        let sandbox = try TreeSandbox()
        let writer = try sandbox.repository.makeWriter()
        var content = FileContentWriter(writer, chunker: try sandbox.repository.makeChunker())
        try content.append([1, 2, 3])
        let blobs = try content.finish().blobs
        let inner = Tree([Self.file("evil", blobs)])
        let subtree = try writer.saveTree(inner)
        var nodes = ["..", ".", "", "a/b", "../evil", "nul\0", "/evil"].map { Self.file($0, blobs) }
        for name in ["..", "link", "../up"] {
            var node = Node(
                name: Array(name.utf8), kind: .directory, mode: FileMode(unixMode: 0o040755), modified: .epoch)
            node.subtree = subtree
            nodes.append(node)
        }
        var link = Node(name: Array("link".utf8), kind: .symlink, mode: .symlink, modified: .epoch)
        link.linkTarget = Array("..".utf8)
        // A link first and a directory of the same name after it.
        let tree = try writer.saveTree(Tree([link] + nodes))
        _ = try writer.finish()
        try sandbox.shell("mkdir -p jail/target; ln -s .. jail/target/link")
        let outcome = try Restorer(sandbox.repository).restore(tree, to: sandbox.path + "/jail/target")
        #expect(outcome.failures.count == 10)
        #expect(try sandbox.shell("find . -name 'evil*' | grep -v '^./jail/target/' || true") == "")
        #expect(try sandbox.shell("ls -A jail") == "target\n")
    }

    @Test func `a link in place of a directory is not followed`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.shell(
            "mkdir -p source/sub; printf x > source/sub/file; mkdir -p target/source outside; ln -s ../../outside target/source/sub"
        )
        let (outcome, _) = try sandbox.backUp()
        let restored = try Restorer(sandbox.repository).restore(outcome.tree, to: sandbox.path + "/target")
        #expect(restored.failures.count == 1)
        #expect(try sandbox.shell("ls -A outside") == "")
    }

    @Test func `existing files are replaced or kept, as asked`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.shell(
            "printf new > source/file; ln -s new source/link; mkdir -p out/source; printf old > out/source/file; ln -s file out/source/link; ln out/source/file out/twin"
        )
        let (outcome, _) = try sandbox.backUp()
        var options = RestoreOptions()
        options.existing = .keep
        let kept = try Restorer(sandbox.repository, options: options).restore(outcome.tree, to: sandbox.path + "/out")
        #expect(kept.counts.kept == 2)
        #expect(try sandbox.shell("cat out/source/file; readlink out/source/link") == "oldfile\n")
        let replaced = try Restorer(sandbox.repository).restore(outcome.tree, to: sandbox.path + "/out")
        #expect(replaced.failures == [])
        #expect(
            try sandbox.shell("cat out/source/file; readlink out/source/link; cat out/twin; ls -A out/source | wc -l")
                == "newnew\nold2\n")
    }

    @Test(arguments: [
        (["*.txt"], ["source/a/deep/x.txt", "source/y.txt"]), (["/source/a"], ["source/a/deep/x.txt", "source/a/z"]),
        (["deep"], ["source/a/deep/x.txt"]), (["/source/*/z"], ["source/a/z"]),
        (["/**/x.txt"], ["source/a/deep/x.txt"]),
        (["/y.txt"], []), (["z", "y.t?t"], ["source/a/z", "source/y.txt"]),
        (["[x-y].txt"], ["source/a/deep/x.txt", "source/y.txt"]),
        (["[!x]*.txt"], ["source/y.txt"]),
    ])
    func `patterns choose what is restored`(patterns: [String], expected: [String]) throws {
        let sandbox = try TreeSandbox()
        try sandbox.shell(
            "mkdir -p source/a/deep source/none; touch source/a/deep/x.txt source/a/z source/y.txt source/none/w")
        let (outcome, _) = try sandbox.backUp()
        var options = RestoreOptions()
        options.include = patterns.compactMap { PathPattern($0) }
        let restored = try Restorer(sandbox.repository, options: options).restore(
            outcome.tree, to: sandbox.path + "/out")
        #expect(restored.failures == [])
        let found = try sandbox.shell("cd out; find . -type f -printf '%P\\n' | sort").split(separator: "\n").map(
            String.init)
        #expect(found == expected)
        #expect(try sandbox.shell("ls out/source/none 2>/dev/null || true") == "")
    }

    @Test func `directories deeper than the limit are reported`() throws {
        let sandbox = try TreeSandbox()
        let writer = try sandbox.repository.makeWriter()
        var tree = try writer.saveTree(.empty)
        for _ in 0..<(Restorer.depthLimit + 3) {
            var builder = TreeBuilder(.init(modified: .epoch))
            builder.addDirectory("d", tree)
            tree = try builder.finish(writer)
        }
        _ = try writer.finish()
        let outcome = try Restorer(sandbox.repository).restore(tree, to: sandbox.path + "/out")
        #expect(outcome.failures.map(\.reason) == [.tooDeep(limit: Restorer.depthLimit)])
    }

    @Test func `a missing blob costs its file only`() throws {
        let sandbox = try TreeSandbox()
        let writer = try sandbox.repository.makeWriter()
        var content = FileContentWriter(writer, chunker: try sandbox.repository.makeChunker())
        try content.append([1, 2, 3])
        let blobs = try content.finish().blobs
        let gone = BlobID(SHA256Digest(hashing: [9]))
        let tree = try writer.saveTree(Tree([Self.file("bad", blobs + [gone]), Self.file("good", blobs)]))
        _ = try writer.finish()
        let outcome = try Restorer(sandbox.repository).restore(tree, to: sandbox.path + "/out")
        #expect(outcome.failures.map(\.reason) == [.content(gone)])
        #expect(try sandbox.shell("ls -A out") == "good\n")
    }

    private static func file(_ name: String, _ blobs: [BlobID]) -> Node {
        var node = Node(name: Array(name.utf8), kind: .file, mode: FileMode(rawValue: 0o644), modified: .epoch)
        node.content = blobs
        return node
    }
}
