import ResticRepository
import Storage

/// The folder `archive/media`: every attachment that was ever stored, by the SHA-256 of its content.
///
/// An entry is a node that points at the blobs of the source's own file, so it costs a line in a tree and no content.
/// Memory: some 100 bytes for each new one, and 40 for each in a fan-out folder that was looked into.
struct MediaFolder {
    /// What a new entry is made of.
    private struct Addition {
        let digest: SHA256Digest
        let size: UInt64
        /// What its name has behind the digest.
        let suffix: String
        /// Nil for content of one chunk, whose id is the digest.
        let blobs: [BlobID]?

        init(_ content: FileContent, name: String) {
            digest = content.digest
            size = content.size
            suffix = ArchiveLayout.mediaName(sha256: "", attachmentName: name)
            blobs = content.blobs == [BlobID(content.digest)] ? nil : content.blobs
        }

        var node: Node {
            var node = Node(
                name: Array((digest.hex + suffix).utf8), kind: .file, mode: FileMode(rawValue: 0o600), modified: .epoch)
            node.content = blobs ?? [BlobID(digest)]
            node.size = size
            node.links = 1
            return node
        }
    }

    private let repository: Repository
    private var previous: [String: Node] = [:]
    private var additions: [String: [Addition]] = [:]
    /// What the second of two archives has more than the first.
    private var merged: [String: [Node]] = [:]
    private var known: [String: Set<SHA256Digest>] = [:]

    /// Starts from what earlier archives have; of two that have the same fan-out folder, both are kept.
    init(repository: Repository, archives: [Archive]) throws(ArchiveError) {
        self.repository = repository
        for archive in archives {
            guard let media = try archive.subtree(of: archive.root, named: ArchiveLayout.media) else { continue }
            for node in media.nodes {
                let name = String(decoding: node.name, as: UTF8.self)
                if previous[name] == nil {
                    previous[name] = node
                } else if previous[name]?.subtree != node.subtree, let tree = node.subtree {
                    let nodes = try Archive.read { () throws(RepositoryError) in try repository.tree(tree).nodes }
                    for node in nodes {
                        guard let digest = Self.digest(of: node), try insert(digest, fan: name) else { continue }
                        merged[name, default: []].append(node)
                    }
                }
            }
        }
    }

    /// Adds a file's content under its digest. Returns whether it is new.
    @discardableResult
    mutating func add(_ content: FileContent, name: String) throws(ArchiveError) -> Bool {
        let fan = String(content.digest.hex.prefix(2))
        guard try insert(content.digest, fan: fan) else { return false }
        additions[fan, default: []].append(Addition(content, name: name))
        return true
    }

    /// Whether content of this digest, 64 hex digits, is there.
    mutating func contains(_ sha256: String) throws(ArchiveError) -> Bool {
        guard let digest = SHA256Digest(hex: sha256) else { return false }
        try lookInto(fan: String(sha256.prefix(2)))
        return known[String(sha256.prefix(2))]?.contains(digest) ?? false
    }

    /// Returns whether the digest is new.
    private mutating func insert(_ digest: SHA256Digest, fan: String) throws(ArchiveError) -> Bool {
        try lookInto(fan: fan)
        return known[fan]?.insert(digest).inserted ?? false
    }

    /// Learns what earlier archives have in a fan-out folder.
    private mutating func lookInto(fan: String) throws(ArchiveError) {
        guard known[fan] == nil else { return }
        var digests: Set<SHA256Digest> = []
        if let tree = previous[fan]?.subtree {
            let nodes = try Archive.read { () throws(RepositoryError) in try repository.tree(tree).nodes }
            for node in nodes { if let digest = Self.digest(of: node) { digests.insert(digest) } }
        }
        known[fan] = digests
    }

    private static func digest(of node: Node) -> SHA256Digest? {
        node.name.prefix(64).withUnsafeBytes { SHA256Digest(hex: $0) }
    }

    /// Stores the folder; nil when it is empty.
    func finish(_ writer: RepositoryWriter) throws(ArchiveError) -> TreeID? {
        guard !previous.isEmpty || !additions.isEmpty else { return nil }
        var folder = TreeBuilder(.init(modified: .epoch))
        for name in Set(previous.keys).union(additions.keys) {
            let (added, merged) = (additions[name] ?? [], merged[name] ?? [])
            if added.isEmpty, merged.isEmpty {
                if let node = previous[name] { folder.add(node) }
                continue
            }
            var fan = TreeBuilder(.init(modified: .epoch))
            if let tree = previous[name]?.subtree {
                let nodes = try Archive.read { () throws(RepositoryError) in try repository.tree(tree).nodes }
                for node in nodes { fan.add(node) }
            }
            for node in merged { fan.add(node) }
            for addition in added { fan.add(addition.node) }
            folder.addDirectory(name, try Archive.read { () throws(RepositoryError) in try fan.finish(writer) })
        }
        return try Archive.read { () throws(RepositoryError) in try folder.finish(writer) }
    }
}
