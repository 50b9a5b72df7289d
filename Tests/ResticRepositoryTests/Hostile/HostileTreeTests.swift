import Foundation
import Storage
import Testing

@testable import ResticRepository

extension HostileTests {
    /// Trees that are authentic and make no sense.
    @Suite struct TreeTests {
        let forger: Forger
        /// A blob of three bytes that is there.
        let blob: BlobID

        init() throws {
            forger = try Forger()
            let content: [UInt8] = [1, 2, 3]
            blob = BlobID(SHA256Digest(hashing: content))
            try forger.store([Forger.Blob(id: blob, content: content)])
        }

        private func findings(of tree: TreeID) throws -> Set<CheckFinding> {
            try forger.snapshot(of: tree)
            return Set(try Checker(forger.repository).check(readData: true).findings)
        }

        private func names(in folder: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        }

        static let unsafeNames = [
            "..", ".", "", "/", "/etc", "a/b", "../evil", "evil/", #"nul\\x00"#, #"\u0000"#, #"..\\x2f..\\x2fevil"#,
            String(repeating: "n", count: 300), String(repeating: "深", count: 86),
        ]

        @Test(arguments: unsafeNames)
        func `a name that leads elsewhere is found and never made`(name: String) throws {
            let inner = try forger.tree(Forger.tree(of: [Forger.file("evil", [blob])]))
            let fields = [
                "file": #","content":["\#(blob.hex)"]"#, "dir": #","content":null,"subtree":"\#(inner.hex)""#,
                "symlink": #","linktarget":"/tmp","content":null"#, "fifo": #","content":null"#,
            ]
            let nodes = fields.map { Forger.node(name, $0.key, $0.value) } + [Forger.file("深 good", [blob])]
            let tree = try forger.tree(Forger.tree(of: nodes))
            #expect(try findings(of: tree) == [.unsafeName(tree), .treeUnordered(tree)])
            let (outcome, target) = try forger.restore(tree)
            #expect(outcome.failures.map(\.reason) == [.unsafeName, .unsafeName, .unsafeName, .unsafeName])
            #expect(try names(in: target) == ["深 good"])
            #expect(try names(in: target + "/..") == ["target"])
            #expect(try names(in: forger.workshop.path) == ["jail"])
        }

        @Test func `names that repeat or do not ascend are found, and the first of them is made`() throws {
            let other = BlobID(SHA256Digest(hashing: [9]))
            try forger.store([Forger.Blob(id: other, content: [9])])
            let empty = try forger.tree(Forger.tree(of: []))
            let nodes = [
                Forger.file("b", [blob]), Forger.file("a", [blob]), Forger.file("b", [other]),
                Forger.node("a", "symlink", #","linktarget":"..","content":null"#),
                Forger.node("a", "dir", #","content":null,"subtree":"\#(empty.hex)""#),
            ]
            let tree = try forger.tree(Forger.tree(of: nodes))
            #expect(try findings(of: tree) == [.treeUnordered(tree)])
            let (outcome, target) = try forger.restore(tree)
            #expect(outcome.failures.map(\.reason) == [.repeatedName, .repeatedName, .repeatedName])
            #expect(try names(in: target) == ["a", "b"])
            for name in ["a", "b"] {
                #expect(try Data(contentsOf: URL(fileURLWithPath: "\(target)/\(name)")) == Data([1, 2, 3]))
            }
        }

        @Test func `ten thousand directories in one another are checked, and restored down to the limit`() throws {
            let depth = 10_000
            let writer = try forger.repository.makeWriter()
            var tree = try writer.saveTree(Tree([]))
            for _ in 0..<depth {
                var builder = TreeBuilder(.init(modified: .epoch))
                builder.addDirectory("d", tree)
                tree = try builder.finish(writer)
            }
            _ = try writer.finish()
            let growth = try peakGrowth {
                try forger.snapshot(of: tree)
                let report = try Checker(forger.repository).check(readData: false)
                #expect(report.trees == depth + 1)
                #expect(report.findings == [])
                let (outcome, _) = try forger.restore(tree)
                #expect(outcome.failures.map(\.reason) == [.tooDeep(limit: Restorer.depthLimit)])
                #expect(outcome.counts.directories <= Restorer.depthLimit + 1)
            }
            if let growth { #expect(growth < 200 << 20) }
        }

        @Test(arguments: ["0", "1", "4294967296", "9223372036854775808", "18446744073709551615"])
        func `a size that is not the content's changes nothing that is restored`(size: String) throws {
            let tree = try forger.tree(Forger.tree(of: [Forger.file("file", [blob, blob], size: size)]))
            #expect(try findings(of: tree) == [])
            let (outcome, target) = try forger.restore(tree)
            #expect(outcome.failures == [])
            #expect(try Data(contentsOf: URL(fileURLWithPath: target + "/file")) == Data([1, 2, 3, 1, 2, 3]))
        }

        @Test(arguments: ["18446744073709551616", "-1", "1.5", "1e3", "\"1\"", "{}", "[1]", "true"])
        func `a size that is no size makes the tree unreadable`(size: String) throws {
            let tree = try forger.tree(Forger.tree(of: [Forger.file("file", [blob], size: size)]))
            #expect(try findings(of: tree) == [.treeUnreadable(tree)])
            let (outcome, target) = try forger.restore(tree)
            #expect(outcome.failures.map(\.reason) == [.tree(tree)])
            #expect(try names(in: target) == [])
        }

        @Test func `content that is a tree, or that is nowhere, costs its file only`() throws {
            let gone = BlobID(SHA256Digest(hashing: [7]))
            let inner = try forger.tree(Forger.tree(of: []))
            let nodes = [
                Forger.file("a tree", [inner.blob]), Forger.file("gone", [blob, gone]), Forger.file("good", [blob]),
                Forger.node("no content", "file", #","content":null"#), Forger.file("null", [BlobID(.zero)]),
            ]
            let tree = try forger.tree(Forger.tree(of: nodes))
            let expected: Set<CheckFinding> = [
                .blobMissing(inner.blob, tree: tree), .blobMissing(gone, tree: tree), .incompleteNode(tree),
                .blobMissing(BlobID(.zero), tree: tree),
            ]
            #expect(try findings(of: tree) == expected)
            let (outcome, target) = try forger.restore(tree)
            #expect(
                Set(outcome.failures.map(\.reason))
                    == [.content(inner.blob), .content(gone), .incomplete, .content(BlobID(.zero))])
            #expect(try names(in: target) == ["good"])
        }

        @Test func `a directory whose tree is a file's content, or nowhere, costs that directory only`() throws {
            let (data, gone) = (TreeID(blob.digest), TreeID(SHA256Digest(hashing: [7])))
            let nodes = [
                Forger.node("data", "dir", #","content":null,"subtree":"\#(data.hex)""#),
                Forger.node("gone", "dir", #","content":null,"subtree":"\#(gone.hex)""#), Forger.file("good", [blob]),
                Forger.node("none", "dir", #","content":null"#),
            ]
            let tree = try forger.tree(Forger.tree(of: nodes))
            #expect(try findings(of: tree) == [.treeUnreadable(data), .treeUnreadable(gone), .incompleteNode(tree)])
            let (outcome, target) = try forger.restore(tree)
            #expect(outcome.failures.map(\.reason) == [.tree(data), .tree(gone), .incomplete])
            #expect(try Data(contentsOf: URL(fileURLWithPath: target + "/good")) == Data([1, 2, 3]))
        }

        @Test func `files that say they are small take no more memory for it`() throws {
            let sizes = (0..<80).map { 24 << 20 + $0 }
            try forger.store(sizes.map { ZstdBomb.blob($0) })
            let nodes = sizes.enumerated().map { number, size in
                Forger.file("file \(number + 100)", [BlobID(ZstdBomb.digest(size))], size: "1")
            }
            let tree = try forger.tree(Forger.tree(of: nodes))
            let growth = try peakGrowth {
                let (outcome, _) = try forger.restore(tree)
                #expect(outcome.failures == [])
                #expect(outcome.counts.bytes == UInt64(sizes.reduce(0, +)))
            }
            if let growth { #expect(growth < 400 << 20) }
        }

        @Test func `large blobs of one file are not held all at once`() throws {
            let sizes = (0..<8).map { 200 << 20 + $0 }
            try forger.store(sizes.map { ZstdBomb.blob($0) })
            let tree = try forger.tree(
                Forger.tree(of: [Forger.file("file", sizes.map { BlobID(ZstdBomb.digest($0)) }, size: "1677721628")]))
            let growth = try peakGrowth {
                let (outcome, _) = try forger.restore(tree)
                #expect(outcome.failures == [])
            }
            if let growth { #expect(growth < 900 << 20) }
        }

        @Test func `many large trees are not held all at once`() throws {
            let sizes = (0..<100).map { 20 << 20 + $0 }
            try forger.store(sizes.map { ZstdBomb.blob($0, .tree) })
            let nodes = sizes.enumerated().map { number, size in
                Forger.node("d\(number + 100)", "dir", #","content":null,"subtree":"\#(ZstdBomb.digest(size).hex)""#)
            }
            let tree = try forger.tree(Forger.tree(of: nodes))
            let growth = try peakGrowth {
                let unreadable = sizes.map { CheckFinding.treeUnreadable(TreeID(ZstdBomb.digest($0))) }
                try forger.snapshot(of: tree)
                #expect(Set(try Checker(forger.repository).check(readData: false).findings) == Set(unreadable))
            }
            if let growth { #expect(growth < 400 << 20) }
        }

        @Test func `deeply nested and endless JSON in a tree is refused`() throws {
            let brackets = String(repeating: "[", count: 1 << 20)
            for text in [
                brackets, #"{"nodes":\#(brackets)"#, #"{"x":\#(brackets)"#, #"{"nodes":[{"name":"a","x":\#(brackets)"#,
                #"{"nodes":[{"name":"a","generic_attributes":\#(brackets)"#, String(repeating: #"{"a":"#, count: 1 << 20),
                #"{"nodes":[{"name":"a","extended_attributes":[{"name":\#(brackets)"#, "", "null", "{", "{\"nodes\":[",
            ] {
                let tree = try forger.tree(text)
                try forger.repository.loadIndex()
                #expect(throws: RepositoryError.self) { try forger.repository.tree(tree) }
            }
        }
    }
}
