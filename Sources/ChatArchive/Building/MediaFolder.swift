import ResticRepository
import Storage

/// The folder `archive/media`: every attachment that was ever stored, by the SHA-256 of its content.
///
/// An entry is a node that points at the blobs of the source's own file, so it costs a line in a tree and no content.
struct MediaFolder {
    private let repository: Repository
    private var previous: [String: Node] = [:]
    private var additions: [String: [Node]] = [:]
    private var known: [String: Set<[UInt8]>] = [:]

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
                    for node in nodes { try insert(node, fan: name) }
                }
            }
        }
    }

    /// Adds a file's content under its digest. Returns whether it is new.
    @discardableResult
    mutating func add(_ content: FileContent, name: String) throws(ArchiveError) -> Bool {
        let hex = content.digest.hex
        var node = Node(
            name: Array(ArchiveLayout.mediaName(sha256: hex, attachmentName: name).utf8), kind: .file,
            mode: FileMode(rawValue: 0o600), modified: .epoch)
        node.content = content.blobs
        node.size = content.size
        node.links = 1
        return try insert(node, fan: String(hex.prefix(2)))
    }

    /// Whether content of this digest, 64 hex digits, is there.
    mutating func contains(_ sha256: String) throws(ArchiveError) -> Bool {
        try names(in: String(sha256.prefix(2))).contains(Array(sha256.utf8))
    }

    @discardableResult
    private mutating func insert(_ node: Node, fan: String) throws(ArchiveError) -> Bool {
        let digest = Array(node.name.prefix(64))
        guard try !names(in: fan).contains(digest) else { return false }
        known[fan]?.insert(digest)
        additions[fan, default: []].append(node)
        return true
    }

    /// The digests in a fan-out folder, in hex.
    private mutating func names(in fan: String) throws(ArchiveError) -> Set<[UInt8]> {
        if let names = known[fan] { return names }
        var names: Set<[UInt8]> = []
        if let tree = previous[fan]?.subtree {
            let nodes = try Archive.read { () throws(RepositoryError) in try repository.tree(tree).nodes }
            for node in nodes { names.insert(Array(node.name.prefix(64))) }
        }
        known[fan] = names
        return names
    }

    /// Stores the folder; nil when it is empty.
    func finish(_ writer: RepositoryWriter) throws(ArchiveError) -> TreeID? {
        guard !previous.isEmpty || !additions.isEmpty else { return nil }
        var folder = TreeBuilder(.init(modified: .epoch))
        for name in Set(previous.keys).union(additions.keys) {
            guard let added = additions[name] else {
                if let node = previous[name] { folder.add(node) }
                continue
            }
            var fan = TreeBuilder(.init(modified: .epoch))
            if let tree = previous[name]?.subtree {
                let nodes = try Archive.read { () throws(RepositoryError) in try repository.tree(tree).nodes }
                for node in nodes { fan.add(node) }
            }
            for node in added { fan.add(node) }
            folder.addDirectory(name, try Archive.read { () throws(RepositoryError) in try fan.finish(writer) })
        }
        return try Archive.read { () throws(RepositoryError) in try folder.finish(writer) }
    }
}
