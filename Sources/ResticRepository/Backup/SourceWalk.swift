import Glibc
import Storage

/// One walk over a source on one thread, and what it found.
struct SourceWalk: ~Copyable {
    private let backup: SourceBackup
    private let progress: SourceProgress?
    private var accounts = AccountNames()
    /// Contents of files with several names, so that they are read once.
    private var linked: [FileIdentity: Node] = [:]
    private let buffer: UnsafeMutableRawBufferPointer
    private(set) var counts = SourceCounts()
    private(set) var unreadable: [UnreadableSource] = []
    private(set) var changedWhileReading: [[UInt8]] = []
    private(set) var removed: [String] = []
    private(set) var links: [[UInt8]] = []
    /// The given path that is walked, and its name in the stored tree.
    private var root: (given: [UInt8], stored: [UInt8]) = ([], [])
    private(set) var digests: [[BlobID]: SHA256Digest] = [:]
    /// The trees that were stored, as long as they are few.
    private(set) var fresh: [TreeID: Tree] = [:]
    private var freshEntries = 0
    private static let mostFreshEntries = 10_000

    init(_ backup: SourceBackup, _ progress: SourceProgress?) {
        self.backup = backup
        self.progress = progress
        buffer = .allocate(byteCount: 1 << 20, alignment: 4096)
    }

    deinit { buffer.deallocate() }

    /// Stores a given path; nil when it cannot be read.
    mutating func root(_ path: String, named name: [UInt8], previous: Node?) throws(RepositoryError) -> Node? {
        let bytes = Array(path.utf8)
        var status = stat()
        guard stat(path, &status) == 0 else {
            note(bytes, .system(SystemError(.status, errno)))
            return nil
        }
        root = (bytes, name)
        return try entry(
            Entry(name: bytes, directory: AT_FDCWD, path: bytes, depth: 0, follows: true), status, name, previous)
    }

    /// Stores a tree.
    mutating func save(_ tree: Tree) throws(RepositoryError) -> TreeID {
        let id = try backup.writer.saveTree(tree)
        freshEntries += tree.nodes.count
        if freshEntries <= Self.mostFreshEntries { fresh[id] = tree } else { fresh = [:] }
        return id
    }

    /// The tree that unchanged content is taken from; nil when it is damaged or gone, which costs time but no data.
    func parentTree(_ id: TreeID) throws(RepositoryError) -> Tree? {
        do throws(RepositoryError) {
            return try backup.repository.tree(id)
        } catch {
            guard error.concernsContent else { throw error }
            return nil
        }
    }

    /// Where an entry is.
    private struct Entry {
        /// Its name in `directory`.
        let name: [UInt8]
        let directory: Int32
        /// For reports.
        let path: [UInt8]
        let depth: Int
        /// Whether it may be reached through a symbolic link.
        let follows: Bool

        var openFlags: Int32 { follows ? 0 : O_NOFOLLOW }
    }

    private mutating func entry(
        _ entry: Entry, _ status: stat, _ storedName: [UInt8], _ previous: Node?
    ) throws(RepositoryError) -> Node? {
        var node = Node(name: storedName, status: status, recordsAccessTime: backup.options.recordsAccessTime)
        node.user = accounts.user(node.uid)
        node.group = accounts.group(node.gid)
        do throws(SourceFailure) {
            switch node.kind {
            case .file:
                try file(&node, entry, previous)
                noteChange(of: node, entry)
            case .directory:
                guard !backup.options.excludedDirectories.contains(FileIdentity(status)) else { return nil }
                try directory(&node, entry, previous)
            case .symlink:
                do throws(SystemError) {
                    node.linkTarget = try Descriptor.linkTarget(of: entry.name, in: entry.directory)
                } catch { throw .source(.system(error)) }
                // A link to nowhere leaves nothing out.
                if (try? Descriptor.target(of: entry.name, in: entry.directory)) != nil { links.append(entry.path) }
            case .socket: return nil
            default: break
            }
        } catch {
            switch error {
            case .source(let reason):
                note(entry.path, reason)
                return nil
            case .repository(let error): throw error
            }
        }
        return node
    }

    private mutating func noteChange(of node: Node, _ entry: Entry) {
        // A time that is yet to come says that clocks differ, and nothing of this backup.
        guard let limit = backup.options.changedAfter, node.changed > limit, node.changed <= .now(),
            changedWhileReading.last != entry.path
        else { return }
        changedWhileReading.append(entry.path)
    }

    private mutating func directory(_ node: inout Node, _ entry: Entry, _ previous: Node?) throws(SourceFailure) {
        guard entry.depth < SourceBackup.depthLimit else { throw .source(.tooDeep(limit: SourceBackup.depthLimit)) }
        let directory = try SourceFailure.running { () throws(SystemError) in
            try Descriptor.open(entry.name, in: entry.directory, O_RDONLY | O_DIRECTORY | entry.openFlags)
        }
        let names = try SourceFailure.running { () throws(SystemError) in try directory.names() }
        let previousTree: Tree?
        do throws(RepositoryError) {
            previousTree = try previous?.subtree.flatMap { (id) throws(RepositoryError) in try parentTree(id) }
        } catch { throw .repository(error) }

        var nodes: [Node] = []
        nodes.reserveCapacity(names.count)
        for name in names {
            let child = Entry(
                name: name, directory: directory.raw, path: entry.path + [UInt8(ascii: "/")] + name,
                depth: entry.depth + 1, follows: false)
            let status: stat
            do throws(SystemError) {
                status = try directory.status(of: name)
            } catch {
                // Gone since it was listed: nothing to report, as restic sees it.
                if error.code != ENOENT { note(child.path, .system(error)) }
                continue
            }
            do throws(RepositoryError) {
                if let stored = try self.entry(child, status, name, previousTree?.node(named: name)) {
                    nodes.append(stored)
                }
            } catch { throw .repository(error) }
        }
        node.extendedAttributes = ExtendedAttributes.read(entry.name, in: entry.directory)
        do throws(RepositoryError) {
            let tree = Tree(nodes)
            // An equal directory has the parent's bytes; making them costs more than comparing.
            if tree == previousTree {
                node.subtree = previous?.subtree
            } else {
                node.subtree = try save(tree)
                if let previousTree {
                    let stored = root.stored + entry.path.dropFirst(root.given.count)
                    try noteRemoved(from: previousTree, in: stored, present: Set(names))
                }
            }
        } catch { throw .repository(error) }
        if previous?.kind != .directory {
            counts.dirsNew += 1
        } else if previous?.subtree == node.subtree {
            counts.dirsUnmodified += 1
        } else {
            counts.dirsChanged += 1
        }
        progress?.publish(counts)
    }

    /// Notes what a directory had and has not any more.
    private mutating func noteRemoved(
        from previous: Tree, in directory: [UInt8], present names: Set<[UInt8]>
    ) throws(RepositoryError) {
        for node in previous.nodes where !names.contains(node.name) {
            let path = directory + [UInt8(ascii: "/")] + node.name
            if node.kind == .file {
                counts.filesRemoved += 1
                if backup.options.watches?(node.name) == true { removed.append(String(decoding: path, as: UTF8.self)) }
            } else if let subtree = node.subtree, let tree = try parentTree(subtree) {
                try noteRemoved(from: tree, in: path, present: [])
            }
        }
    }

    private mutating func file(_ node: inout Node, _ entry: Entry, _ previous: Node?) throws(SourceFailure) {
        if let previous, node.isUnchanged(since: previous), let content = previous.content,
            content.allSatisfy({ backup.repository.contains($0, .data) })
        {
            node.content = content
            node.extendedAttributes = ExtendedAttributes.read(entry.name, in: entry.directory)
            counts.filesUnmodified += 1
            counts.bytes += node.size
            return
        }
        try read(&node, entry)
        node.extendedAttributes = ExtendedAttributes.read(entry.name, in: entry.directory)
        if previous == nil { counts.filesNew += 1 } else { counts.filesChanged += 1 }
        counts.bytes += node.size
        progress?.publish(counts)
    }

    private mutating func read(_ node: inout Node, _ entry: Entry) throws(SourceFailure) {
        // Not blocking: the name may have become a pipe since it was looked at.
        let file = try SourceFailure.running { () throws(SystemError) in
            try Descriptor.open(entry.name, in: entry.directory, O_RDONLY | O_NONBLOCK | O_NOCTTY | entry.openFlags)
        }
        let before = try SourceFailure.running { () throws(SystemError) in try file.status() }
        let fresh = Node(name: node.name, status: before, recordsAccessTime: backup.options.recordsAccessTime)
        guard fresh.kind == .file else { throw .source(.changedKind) }
        if fresh.links > 1, let twin = linked[FileIdentity(before)], fresh.isUnchanged(since: twin) {
            node.content = twin.content
            return
        }
        let stored = try content(of: file, named: node.name, size: fresh.size)
        let (user, group) = (node.user, node.group)
        // The metadata from before reading: if it changed since, the next backup sees that and reads again.
        node = fresh
        (node.user, node.group) = (user, group)
        node.content = stored.blobs
        node.size = stored.size
        if node.links > 1 { linked[FileIdentity(before)] = node }
        do throws(SystemError) {
            let after = Node(name: node.name, status: try file.status())
            if !after.isUnchanged(since: node) { changedWhileReading.append(entry.path) }
        } catch { throw .source(.system(error)) }
    }

    /// Stores what is in an open file.
    private mutating func content(
        of file: borrowing Descriptor, named name: [UInt8], size: UInt64
    ) throws(SourceFailure) -> (blobs: [BlobID], size: UInt64) {
        var piece = try nextPiece(of: file)
        let head = Array(piece.prefix(ChunkedFile.headLength))
        switch backup.chunking(ChunkedFile(name: name, size: size, head: head)) {
        case .contentDefined:
            var content = FileContentWriter(backup.writer, chunker: backup.chunker)
            while !piece.isEmpty {
                try SourceFailure.storing { () throws(RepositoryError) in try content.append(piece) }
                piece = try nextPiece(of: file)
            }
            let stored = try SourceFailure.storing { () throws(RepositoryError) in try content.finish() }
            if stored.blobs.count > 1 { digests[stored.blobs] = stored.digest }
            return (stored.blobs, stored.size)
        case .fixed(let chunkSize):
            var content = FixedChunkWriter(backup.writer, chunkSize: chunkSize)
            while !piece.isEmpty {
                try SourceFailure.storing { () throws(RepositoryError) in try content.append(piece) }
                piece = try nextPiece(of: file)
            }
            return try SourceFailure.storing { () throws(RepositoryError) in try content.finish() }
        }
    }

    /// The next bytes of a file, in the buffer; none at its end.
    private mutating func nextPiece(of file: borrowing Descriptor) throws(SourceFailure) -> UnsafeRawBufferPointer {
        let count: Int
        do throws(SystemError) { count = try file.read(into: buffer) } catch { throw .source(.system(error)) }
        counts.bytesRead += UInt64(count)
        if count > 0 { progress?.publish(counts) }
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }

    private mutating func note(_ path: [UInt8], _ reason: UnreadableSource.Reason) {
        unreadable.append(UnreadableSource(path: path, reason: reason))
    }
}

/// Why an entry could not be stored: a fault of the source is noted, one of the repository ends the backup.
private enum SourceFailure: Error {
    case source(UnreadableSource.Reason)
    case repository(RepositoryError)

    static func running<Value: ~Copyable>(_ body: () throws(SystemError) -> Value) throws(SourceFailure) -> Value {
        do { return try body() } catch { throw .source(.system(error)) }
    }

    static func storing<Value: ~Copyable>(
        _ body: () throws(RepositoryError) -> Value
    ) throws(SourceFailure) -> Value {
        do { return try body() } catch { throw .repository(error) }
    }
}
