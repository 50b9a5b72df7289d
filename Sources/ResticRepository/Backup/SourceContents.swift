import Storage
import Synchronization

/// Looks up stored content by its path in the source, from the stored trees: nothing is kept for files nobody asks for.
///
/// Usable once the writer of the backup was finished, from any thread. Costs a tree a directory; the last used are kept.
public final class SourceContents: Sendable {
    /// A file or other entry as it was stored.
    public struct Entry: Sendable {
        /// The entry's metadata.
        public let node: Node
        /// SHA-256 of a file's whole content; nil for what is no file.
        public let digest: SHA256Digest?
    }

    private let repository: Repository
    private let root: TreeID
    private let state: Mutex<Kept>
    /// Digests that somebody remembers from before; asked for once, when one is needed.
    private let remembered: @Sendable () -> [[BlobID]: SHA256Digest]

    /// Trees that were used lately, and digests of files with more than one chunk, by their list of chunks.
    private struct Kept {
        var trees: [TreeID: Tree] = [:]
        var order: [TreeID] = []
        var digests: [[BlobID]: SHA256Digest] = [:]
        var hasAsked = false
    }

    private static let treesKept = 32

    /// Looks into a stored tree, the `tree` of a `BackedUpTree`, or a directory below it.
    public convenience init(_ repository: Repository, tree: TreeID) {
        self.init(repository, tree: tree, digests: [:])
    }

    package init(
        _ repository: Repository, tree: TreeID, digests: [[BlobID]: SHA256Digest],
        remembered: @escaping @Sendable () -> [[BlobID]: SHA256Digest] = { [:] }
    ) {
        self.repository = repository
        self.remembered = remembered
        root = tree
        state = Mutex(Kept(digests: digests))
    }

    /// The entry at a path of components separated by `/`; nil when there is none.
    ///
    /// The digest of a file of one chunk is its blob's id and free; for a larger file that nobody
    /// remembers its blobs are read, once.
    public func entry(at path: String) throws(RepositoryError) -> Entry? {
        guard let node = try node(at: path) else { return nil }
        return Entry(
            node: node, digest: try node.content.map { (blobs) throws(RepositoryError) in try digest(of: blobs) })
    }

    /// The node at a path of components separated by `/`; nil when there is none. Links are not followed.
    public func node(at path: String) throws(RepositoryError) -> Node? {
        var directory: TreeID? = root
        var found: Node?
        for component in path.utf8.split(separator: UInt8(ascii: "/"))
        where !component.elementsEqual([UInt8(ascii: ".")]) {
            guard let tree = directory, let node = try loadTree(tree).node(named: Array(component)) else { return nil }
            found = node
            directory = node.subtree
        }
        return found
    }

    /// SHA-256 of content that lies in blobs.
    public func digest(of blobs: [BlobID]) throws(RepositoryError) -> SHA256Digest {
        guard blobs.count > 1 else { return blobs.first?.digest ?? SHA256Digest(hashing: []) }
        if let known = knownDigest(of: blobs) { return known }
        var hash = SHA256()
        for blob in blobs {
            let bytes = try repository.blob(blob, .data)
            bytes.withUnsafeBytes { hash.update($0) }
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

    private func loadTree(_ id: TreeID) throws(RepositoryError) -> Tree {
        if let tree = state.withLock({ $0.trees[id] }) { return tree }
        let tree = try repository.tree(id)
        state.withLock { kept in
            guard kept.trees.updateValue(tree, forKey: id) == nil else { return }
            kept.order.append(id)
            if kept.order.count > Self.treesKept { kept.trees[kept.order.removeFirst()] = nil }
        }
        return tree
    }
}
