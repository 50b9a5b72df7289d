import Foundation
import Glibc
import ResticRepository
import SeededRandom
import Storage
import Testing

struct SourceBackupTests {
    @Test(.enabled(if: TreeSandbox.hasRestic))
    func `restic restores what was backed up, and finds nothing to complain about`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.shell(TreeSandbox.everything)
        try sandbox.write(
            "two chunks", SeededGenerator.bytes(1_300_000, seed: 1) + [UInt8](repeating: 0, count: 700_000))
        let (outcome, _) = try sandbox.backUp()
        #expect(outcome.unreadable.isEmpty)
        #expect(outcome.changedWhileReading.isEmpty)
        try sandbox.restic("check", "--read-data")
        try sandbox.restic("restore", "latest", "--target", sandbox.path + "/restored")
        // This restic knows no link targets that are not UTF-8.
        try sandbox.shell("rm -f source/badlink restored/source/badlink")
        // Removing it changed the folder's time.
        try sandbox.shell("touch -r source restored/source")
        #expect(try sandbox.listing(of: sandbox.path + "/restored/source") == sandbox.listing(of: sandbox.source))
    }

    @Test(.enabled(if: TreeSandbox.hasRestic))
    func `restic finds every chunk that this program stored`() throws {
        let sandbox = try TreeSandbox(madeByRestic: true)
        try sandbox.write("big", SeededGenerator.bytes(2_500_000, seed: 7))
        let (outcome, _) = try sandbox.backUp()
        let before = try sandbox.repository.list(.data).count
        try sandbox.restic("backup", sandbox.source + "/big")
        try sandbox.repository.loadIndex()
        let content = try #require(try outcome.contents(in: sandbox.repository).node(at: "source/big")?.content)
        #expect(content.count >= 1)
        // restic added trees only: one pack.
        #expect(try sandbox.repository.list(.data).count == before + 1)
    }

    @Test func `a second backup of an unchanged source reads and stores nothing`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.shell(TreeSandbox.everything)
        let (first, _) = try sandbox.backUp()
        // What lies behind a link may have changed.
        #expect(!first.links.isEmpty)
        #expect(
            try SourceBackup.areUnchanged([sandbox.source], since: first.tree, in: sandbox.repository) == [false])
        let (second, summary) = try sandbox.backUp(parent: first.tree)
        #expect(second.tree == first.tree)
        #expect(second.counts.bytesRead == 0)
        #expect(second.counts.filesNew + second.counts.filesChanged == 0)
        #expect(second.counts.filesUnmodified == first.counts.filesNew)
        #expect(summary.dataBlobs + summary.treeBlobs == 0)
    }

    @Test func `only what changed is read again`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.write("same", Array("same".utf8))
        try sandbox.write("other", Array("other".utf8))
        let (first, _) = try sandbox.backUp()
        try sandbox.write("other", Array("OTHER".utf8))
        try sandbox.write("new", Array("new".utf8))
        #expect(
            try SourceBackup.areUnchanged([sandbox.source], since: first.tree, in: sandbox.repository) == [false])
        let (second, _) = try sandbox.backUp(parent: first.tree)
        #expect(second.counts.filesUnmodified == 1)
        #expect(second.counts.filesChanged == 1)
        #expect(second.counts.filesNew == 1)
        #expect(second.counts.bytesRead == 8)
    }

    @Test(arguments: [
        "touch source/file", "rm source/file", "printf x > source/more", "chmod 600 source/file",
        "ln -sfn /other source/link",
    ])
    func `every change is noticed without reading`(change: String) throws {
        let sandbox = try TreeSandbox()
        try sandbox.shell("printf x > source/file; ln -s /there source/link")
        let (first, _) = try sandbox.backUp()
        #expect(
            try SourceBackup.areUnchanged([sandbox.source], since: first.tree, in: sandbox.repository) == [true])
        try sandbox.shell(change)
        #expect(
            try SourceBackup.areUnchanged([sandbox.source], since: first.tree, in: sandbox.repository) == [false])
    }

    @Test func `stored content is found by its path, with its digest`() throws {
        let sandbox = try TreeSandbox()
        let big = SeededGenerator.bytes(1_300_000, seed: 3) + [UInt8](repeating: 0, count: 900_000)
        try sandbox.shell("mkdir -p source/sub; : > source/sub/empty")
        try sandbox.write("sub/big", big)
        try sandbox.write("small", Array("small".utf8))
        let (outcome, _) = try sandbox.backUp()
        for contents in [
            outcome.contents(in: sandbox.repository), SourceContents(sandbox.repository, tree: outcome.tree),
        ] {
            let entry = try #require(try contents.file(at: "source/sub/big"))
            #expect(entry.blobs.count > 1)
            #expect(entry.digest == SHA256Digest(hashing: big))
            #expect(try contents.file(at: "source/small")?.digest == SHA256Digest(hashing: Array("small".utf8)))
            #expect(try contents.file(at: "source/sub/empty")?.digest == SHA256Digest(hashing: []))
            #expect(try contents.file(at: "source/sub")?.digest == nil)
            #expect(try contents.file(at: "source/none/at all") == nil)
        }
    }

    @Test func `the digest of a large file that somebody remembers is not read for`() throws {
        let sandbox = try TreeSandbox()
        // More than one chunk can hold, wherever the repository's polynomial cuts.
        let big = SeededGenerator.bytes(9_000_000, seed: 4)
        try sandbox.write("big", big)
        let (outcome, _) = try sandbox.backUp()
        let blobs = try #require(
            try SourceContents(sandbox.repository, tree: outcome.tree).node(at: "source/big")?.content)
        try #require(blobs.count > 1)
        // Another digest than the right one shows that nothing was read.
        let remembered = SHA256Digest(hashing: [1])
        let contents = SourceContents(sandbox.repository, tree: outcome.tree, digests: [:]) { [blobs: remembered] }
        #expect(try contents.file(at: "source/big")?.digest == remembered)
        let other = SourceContents(sandbox.repository, tree: outcome.tree, digests: [:]) { [:] }
        #expect(try other.file(at: "source/big")?.digest == SHA256Digest(hashing: big))
    }

    @Test func `paths with equal names get numbers`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.shell(
            "mkdir -p source/a/x source/b/x; printf 1 > source/a/x/f; printf 2 > source/b/x/f; printf 3 > source/x-2")
        let paths = ["a/x", "b/x/", "x-2", "a/x/."].map { sandbox.source + "/" + $0 }
        let (outcome, _) = try sandbox.backUp(paths)
        #expect(outcome.names == ["x", "x-2", "x-2-2", "x-3"].map { Array($0.utf8) })
        let tree = try sandbox.repository.tree(outcome.tree)
        #expect(tree.nodes.map { String(decoding: $0.name, as: UTF8.self) } == ["x", "x-2", "x-2-2", "x-3"])
    }

    @Test
    func `what cannot be read is reported and the rest is stored`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.write("good", [1])
        let (outcome, _) = try sandbox.backUp([sandbox.source, sandbox.path + "/absent"])
        #expect(outcome.unreadable.map(\.path) == [Array((sandbox.path + "/absent").utf8)])
        #expect(outcome.unreadable.map(\.reason) == [.system(SystemError(.status, ENOENT))])
        #expect(outcome.names.last == .some(nil))
        #expect(try sandbox.repository.tree(outcome.tree).nodes.count == 1)
    }

    @Test func `directories deeper than the limit are reported`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.shell("mkdir -p source/$(printf 'd/%.0s' $(seq \(SourceBackup.depthLimit + 2)))")
        let (outcome, _) = try sandbox.backUp()
        #expect(outcome.unreadable.map(\.reason) == [.tooDeep(limit: SourceBackup.depthLimit)])
    }

    @Test func `a file that changes while it is read is reported`() throws {
        let sandbox = try TreeSandbox()
        // Large enough that somebody gets a turn while it is read, however fast that is.
        try sandbox.shell("truncate -s 200M source/log")
        let growing = Process()
        growing.executableURL = URL(fileURLWithPath: "/bin/sh")
        growing.arguments = ["-c", "for turn in $(seq 200000); do printf x >> '\(sandbox.source)/log'; done"]
        try growing.run()
        // Not SIGTERM, which this process may ignore and its children with it.
        defer { kill(growing.processIdentifier, SIGKILL) }
        let (outcome, _) = try sandbox.backUp()
        #expect(outcome.changedWhileReading == [Array((sandbox.source + "/log").utf8)])
        #expect(outcome.counts.filesNew == 1)
    }

    @Test func `sockets are passed over and the repository does not swallow itself`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.shell(
            "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"source/s\")' || mkfifo source/s; printf x > source/f"
        )
        var options = SourceBackup.Options()
        options.excludedDirectories = [try #require(FileIdentity(path: sandbox.repositoryPath))]
        let writer = try sandbox.repository.makeWriter()
        let outcome = try SourceBackup(repository: sandbox.repository, writer: writer, options: options)
            .backUp([sandbox.path], parent: nil)
        _ = try writer.finish()
        let root = String(sandbox.path.split(separator: "/").last ?? "")
        let contents = outcome.contents(in: sandbox.repository)
        #expect(try contents.node(at: root + "/repository") == nil)
        #expect(try contents.node(at: root + "/source/f")?.size == 1)
        #expect(try contents.node(at: root + "/source/s")?.kind != .socket)
        #expect(outcome.unreadable.isEmpty)
    }

    @Test func `a link within the source is stored as a link and a given link is followed`() throws {
        let sandbox = try TreeSandbox()
        try sandbox.shell("printf x > source/file; ln -s file source/inner; ln -s source given")
        let (outcome, _) = try sandbox.backUp([sandbox.path + "/given"])
        let contents = outcome.contents(in: sandbox.repository)
        #expect(try contents.node(at: "given")?.kind == .directory)
        #expect(try contents.node(at: "given/inner")?.kind == .symlink)
        #expect(try contents.node(at: "given/file")?.size == 1)
    }
}
