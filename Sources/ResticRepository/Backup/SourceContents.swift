import Storage
import Synchronization

/// Looks up stored content by its path in the source, from the stored trees: nothing is kept for files nobody asks for.
///
/// Usable from any thread. Costs a tree a directory; the last used are kept, large and small ones apart.
public final class SourceContents: Sendable {
    private let repository: Repository
    private let root: TreeID
    /// Some of the trees that were stored now.
    private let fresh: [TreeID: Tree]
    /// What stores them; nil when it has finished.
    private let writer: RepositoryWriter?
    private let state: Mutex<Kept>
    /// Digests that somebody remembers from before; asked for once, when one is needed.
    private let remembered: @Sendable () -> [[BlobID]: SHA256Digest]

    /// Trees that were used lately, and digests of files with more than one chunk, by their list of chunks.
    private struct Kept {
        var trees = RecentTrees()
        /// Small trees, so many that they would drive out the others: a folder of thousands of videos is parsed once.
        var leaves = RecentTrees()
        var folders = FolderTables()
        var files = FileTables()
        /// Trees that were read from the repository.
        var read = 0
        var digests: [[BlobID]: SHA256Digest] = [:]
        var hasAsked = false
    }

    private static let treesKept = 32
    /// Entries from which a tree is no small one.
    private static let leafLimit = 64
    /// Bytes that are read together for a digest.
    private static let fetchLimit = 16 << 20

    /// Looks into a stored tree, the `tree` of a `BackedUpTree`, or a directory below it.
    public convenience init(_ repository: Repository, tree: TreeID) {
        self.init(repository, tree: tree, digests: [:])
    }

    /// Looks into a tree, of which parts may not have left the writer yet: they do when one is needed that is not `fresh`.
    package init(
        _ repository: Repository, tree: TreeID, digests: [[BlobID]: SHA256Digest],
        fresh: [TreeID: Tree] = [:], writer: RepositoryWriter? = nil,
        remembered: @escaping @Sendable () -> [[BlobID]: SHA256Digest] = { [:] }
    ) {
        self.repository = repository
        self.fresh = fresh
        self.writer = writer
        self.remembered = remembered
        root = tree
        state = Mutex(Kept(digests: digests))
    }

    /// The content of the file at a path of components separated by `/`; nil when there is no file.
    ///
    /// The digest of a file of one chunk is its blob's id and free; for a larger file that nobody
    /// remembers its blobs are read, once.
    public func file(at path: String) throws(RepositoryError) -> FileContent? {
        guard let (directory, name) = try place(of: path) else { return nil }
        switch state.withLock({ $0.files.find(name, in: directory) }) {
        case .absent: return nil
        case .file(let blobs, let size): return FileContent(blobs: blobs, size: size, digest: try digest(of: blobs))
        case .unknown: break
        }
        let tree = try loadTree(directory)
        if tree.nodes.count >= Self.leafLimit { state.withLock { $0.files.insert(tree, for: directory) } }
        guard let node = tree.node(named: name), let blobs = node.content else { return nil }
        return FileContent(blobs: blobs, size: node.size, digest: try digest(of: blobs))
    }

    /// The node at a path of components separated by `/`; nil when there is none. Links are not followed.
    public func node(at path: String) throws(RepositoryError) -> Node? {
        guard let (directory, name) = try place(of: path) else { return nil }
        return try loadTree(directory).node(named: name)
    }

    private func place(of path: String) throws(RepositoryError) -> (directory: TreeID, name: [UInt8])? {
        let components = path.utf8.split(separator: UInt8(ascii: "/"))
            .filter { !$0.elementsEqual([UInt8(ascii: ".")]) }
        guard let last = components.last else { return nil }
        var directory = root
        for component in components.dropLast() {
            guard let subtree = try subtree(of: directory, named: Array(component)) else { return nil }
            directory = subtree
        }
        return (directory, Array(last))
    }

    /// How many trees were read from the repository.
    var treesRead: Int { state.withLock { $0.read } }

    private func subtree(of tree: TreeID, named name: [UInt8]) throws(RepositoryError) -> TreeID? {
        if let known = state.withLock({ $0.folders.subtree(of: tree, named: name) }) { return known }
        let loaded = try loadTree(tree)
        state.withLock { $0.folders.insert(loaded, for: tree) }
        return loaded.node(named: name)?.subtree
    }

    /// SHA-256 of content that lies in blobs.
    public func digest(of blobs: [BlobID]) throws(RepositoryError) -> SHA256Digest {
        guard blobs.count > 1 else { return blobs.first?.digest ?? SHA256Digest(hashing: []) }
        if let known = knownDigest(of: blobs) { return known }
        if !blobs.allSatisfy({ repository.contains($0, .data) }) { try writer?.flush() }
        var hash = SHA256()
        var fetched: [BlobID: [UInt8]] = [:]
        for (position, blob) in blobs.enumerated() {
            if fetched[blob] == nil {
                var left = Self.fetchLimit
                let ahead = blobs[position...].prefix { id in
                    left -= repository.length(of: id, .data) ?? Self.fetchLimit
                    return left >= 0
                }
                fetched = [:]
                try repository.blobs(ahead.isEmpty ? [blob] : ahead, .data) { fetched[$0] = $1 }
            }
            fetched[blob]?.withUnsafeBytes { hash.update($0) }
        }
        let digest = hash.finish()
        state.withLock { $0.digests[blobs] = digest }
        return digest
    }

    private func knownDigest(of blobs: [BlobID]) -> SHA256Digest? {
        let (known, hasAsked) = state.withLock { kept in
            defer { if kept.digests[blobs] == nil { kept.hasAsked = true } }
            return (kept.digests[blobs], kept.hasAsked)
        }
        guard known == nil, !hasAsked else { return known }
        let remembered = remembered()
        return state.withLock { kept in
            kept.digests.merge(remembered) { known, _ in known }
            return kept.digests[blobs]
        }
    }

    /// The root of a source may list a database of many chunks, so who is asked for most must not go first.
    private func loadTree(_ id: TreeID) throws(RepositoryError) -> Tree {
        if let tree = state.withLock({ $0.trees.value(id) ?? $0.leaves.value(id) }) ?? fresh[id] { return tree }
        if !repository.contains(BlobID(id.digest), .tree) { try writer?.flush() }
        let tree = try repository.tree(id)
        state.withLock { kept in
            kept.read += 1
            if tree.nodes.count < Self.leafLimit {
                kept.leaves.insert(tree, for: id)
            } else {
                kept.trees.insert(tree, for: id)
            }
        }
        return tree
    }

    /// The trees that were used last, the latest at the end; so few that a search is a glance.
    private struct RecentTrees {
        private var trees: [(id: TreeID, tree: Tree)] = []

        mutating func value(_ id: TreeID) -> Tree? {
            guard let position = trees.lastIndex(where: { $0.id == id }) else { return nil }
            if position != trees.count - 1 { trees.append(trees.remove(at: position)) }
            return trees[trees.count - 1].tree
        }

        mutating func insert(_ tree: Tree, for id: TreeID) {
            trees.removeAll { $0.id == id }
            trees.append((id, tree))
            if trees.count > SourceContents.treesKept { trees.removeFirst() }
        }
    }
}
