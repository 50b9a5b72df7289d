import Glibc
import Storage

/// Stores files and directories of this machine as they are: what goes under `original/` in a snapshot.
///
/// Directories become trees from the leaves up, so memory holds the entries of one directory per level and one chunk.
/// Content that the parent has (restic's rule: equal size, mtime, ctime and inode) is not read. Links inside of the
/// source are stored as links; a given path itself may be a link and is followed. Sockets are passed over, as restic does.
public struct SourceBackup: Sendable {
    /// Deepest nesting of directories that is followed.
    public static let depthLimit = 200

    /// Choices that few need to make.
    public struct Options: Sendable {
        /// Stores atime; restic and this program store mtime in its place unless asked.
        public var recordsAccessTime = false
        /// Given paths are left out when they are one of these directories, so a repository inside of the source does
        /// not swallow itself.
        public var excludedDirectories: Set<FileIdentity> = []
        /// Files that changed after this are told as if they had changed while they were read.
        public var changedAfter: GoTime?
        /// Whether it is told when a file of this name is in the parent and not in the source any more.
        public var watches: (@Sendable (_ name: [UInt8]) -> Bool)?

        /// The defaults.
        public init() {}
    }

    let repository: Repository
    let writer: RepositoryWriter
    let chunker: Chunker
    let options: Options
    let chunking: @Sendable (ChunkedFile) -> Chunking

    /// Prepares a backup; `writer` belongs to `repository`, whose index is loaded.
    ///
    /// - Parameter chunking: how to cut a file that is read; content that the parent has stays cut as it is.
    public init(
        repository: Repository, writer: RepositoryWriter, options: Options = Options(),
        chunking: @escaping @Sendable (ChunkedFile) -> Chunking = { _ in .contentDefined }
    ) throws(RepositoryError) {
        self.repository = repository
        self.writer = writer
        chunker = try repository.makeChunker()
        self.options = options
        self.chunking = chunking
    }

    /// Stores paths and the tree that holds them.
    ///
    /// - Parameter parent: an earlier backup's tree of the same paths, to take unchanged content from.
    public func backUp(
        _ paths: [String], parent: TreeID?, progress: SourceProgress? = nil
    ) throws(RepositoryError) -> BackedUpTree {
        var walk = SourceWalk(self, progress)
        var nodes: [Node] = []
        var names: [[UInt8]?] = []
        let previous = try parent.flatMap { (id) throws(RepositoryError) in try walk.parentTree(id) }
        for (path, name) in zip(paths, Self.names(of: paths)) {
            let node = try walk.root(path, named: name, previous: previous?.node(named: name))
            names.append(node.map { _ in name })
            if let node { nodes.append(node) }
        }
        let tree = try walk.save(Tree(nodes))
        progress?.publish(walk.counts)
        return BackedUpTree(
            tree: tree, names: names, counts: walk.counts, unreadable: walk.unreadable,
            changedWhileReading: walk.changedWhileReading, removed: walk.removed, links: walk.links,
            digests: walk.digests, fresh: walk.fresh)
    }

    /// The name in the stored tree of every path: its last component, with `-2`, `-3`, … for equal ones.
    public static func names(of paths: [String]) -> [[UInt8]] {
        var taken: Set<[UInt8]> = []
        return paths.map { path in
            let base = lastComponent(of: path)
            var name = base
            var number = 2
            while !taken.insert(name).inserted {
                name = base + Array("-\(number)".utf8)
                number += 1
            }
            return name
        }
    }

    /// The last component that names something: `.`, `..` and `/` are asked of the system.
    private static func lastComponent(of path: String) -> [UInt8] {
        let component = path.utf8.split(separator: UInt8(ascii: "/")).last.map { Array($0) } ?? []
        if Node.isSafe(component) { return component }
        guard let resolved = realpath(path, nil) else { return Array("root".utf8) }
        defer { free(resolved) }
        let last = String(cString: resolved).utf8.split(separator: UInt8(ascii: "/")).last.map { Array($0) }
        return last ?? Array("root".utf8)
    }
}

/// What tells a file from all others of this machine, whatever its path.
public struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }

    /// The identity of what a path leads to; nil when nothing is there.
    public init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}
