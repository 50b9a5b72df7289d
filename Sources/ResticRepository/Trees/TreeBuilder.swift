import Storage

/// Builds a directory that exists nowhere but in the repository: equal entries give the same tree on every machine.
///
/// Build from the leaves up: `finish()` of a directory is what its parent's `addDirectory` wants.
public struct TreeBuilder: Sendable {
    /// Metadata that all entries of a built tree share.
    public struct Metadata: Hashable, Sendable {
        /// mtime, atime and ctime.
        public var modified: GoTime
        /// The owner's number.
        public var uid: UInt32
        /// The group's number.
        public var gid: UInt32

        /// Makes metadata.
        public init(modified: GoTime, uid: UInt32 = 0, gid: UInt32 = 0) {
            self.modified = modified
            self.uid = uid
            self.gid = gid
        }
    }

    private let metadata: Metadata
    private var nodes: [Node] = []

    /// Starts an empty directory.
    public init(_ metadata: Metadata) {
        self.metadata = metadata
    }

    /// How many entries there are.
    public var count: Int { nodes.count }

    /// Adds a file (mode 0600); `modified` replaces the shared time.
    public mutating func addFile(_ name: String, _ content: FileContent, modified: GoTime? = nil) {
        addFile(name, blobs: content.blobs, size: content.size, modified: modified)
    }

    /// Adds a file (mode 0600) whose blobs are stored already; `modified` replaces the shared time.
    public mutating func addFile(_ name: String, blobs: [BlobID], size: UInt64, modified: GoTime? = nil) {
        var node = Node(
            name: Array(name.utf8), kind: .file, mode: FileMode(rawValue: 0o600),
            modified: modified ?? metadata.modified,
            uid: metadata.uid, gid: metadata.gid)
        node.content = blobs
        node.size = size
        node.links = 1
        nodes.append(node)
    }

    /// Adds a directory (mode 0700).
    public mutating func addDirectory(_ name: String, _ tree: TreeID) {
        var node = Node(
            name: Array(name.utf8), kind: .directory, mode: FileMode(unixMode: 0o040700), modified: metadata.modified,
            uid: metadata.uid, gid: metadata.gid)
        node.subtree = tree
        nodes.append(node)
    }

    /// Adds an entry as it is, for example one of an older tree.
    public mutating func add(_ node: Node) {
        nodes.append(node)
    }

    /// The directory.
    ///
    /// Throws `.damagedBlob` for an empty, unsafe or repeated name: nobody could restore such a directory.
    public func tree() throws(RepositoryError) -> Tree {
        let tree = Tree(nodes)
        guard tree.isOrdered, nodes.allSatisfy(\.hasSafeName) else {
            throw .damagedBlob(BlobID(SHA256Digest(hashing: tree.encoded())), .tree, .badField("name"))
        }
        return tree
    }

    /// Stores the directory.
    public func finish(_ writer: RepositoryWriter, group: PackGroup = .tree) throws(RepositoryError) -> TreeID {
        try writer.saveTree(try tree(), group: group)
    }
}

extension RepositoryWriter {
    /// Stores a tree, among the trees unless told otherwise.
    public func saveTree(_ tree: Tree, group: PackGroup = .tree) throws(RepositoryError) -> TreeID {
        TreeID(try save(tree.encoded(), .tree, group: group).digest)
    }
}
