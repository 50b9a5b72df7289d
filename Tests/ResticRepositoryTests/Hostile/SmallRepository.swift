import SeededRandom
import Storage
import Testing

@testable import ResticRepository

/// A repository of some kilobytes in a handful of objects, made once.
struct SmallRepository: Sendable {
    let store: MemoryStore
    let config: Config
    let keyID: KeyID
    let master: BoxKey
    /// The files by their paths.
    let contents: [String: [UInt8]]
    let snapshot: SnapshotID

    static let shared = Result { try SmallRepository() }

    private init() throws {
        store = MemoryStore()
        let repository = try Repository.create(in: store, password: password, keyParameters: cheap)
        let writer = try repository.makeWriter(packSize: 1 << 20, indexBlobLimit: 50_000, workers: 1)
        let metadata = TreeBuilder.Metadata(modified: GoTime(seconds: 1_630_739_035))
        var contents: [String: [UInt8]] = [:]
        func add(_ name: String, _ pieces: [[UInt8]], _ group: PackGroup, to builder: inout TreeBuilder, path: String)
            throws
        {
            let blobs = try pieces.map { try writer.save($0, .data, group: group) }
            let content = Array(pieces.joined())
            builder.addFile(name, blobs: blobs, size: UInt64(content.count))
            contents[path + name] = content
        }
        var inner = TreeBuilder(metadata)
        try add("text", [Array(repeating: 0x41, count: 3000)], .records, to: &inner, path: "sub/inner/")
        var sub = TreeBuilder(metadata)
        sub.addDirectory("inner", try inner.finish(writer))
        let large = [SeededGenerator.bytes(900, seed: 1), SeededGenerator.bytes(700, seed: 2)]
        try add("two pieces", large, .media, to: &sub, path: "sub/")
        try add("one piece again", [large[0]], .media, to: &sub, path: "sub/")
        var root = TreeBuilder(metadata)
        root.addDirectory("sub", try sub.finish(writer))
        try add("empty", [], .media, to: &root, path: "")
        try add("张伟.jsonl", [Array(#"{"text":"你好"}"#.utf8)], .records, to: &root, path: "")
        let tree = try root.finish(writer)
        _ = try writer.finish()
        let id = try repository.saveSnapshot(
            Snapshot(time: .now(), tree: tree, paths: ["/chats"], hostname: "host", username: "me"))
        config = repository.config
        keyID = repository.keyID
        master = repository.master
        self.contents = contents
        snapshot = id
    }

    /// The repository over another store, opened with the password or with the key that is known already.
    func open(_ store: MemoryStore, withPassword: Bool, toolboxes: ToolboxPool) throws -> Repository {
        guard !withPassword else { return try Repository.open(store, password: password) }
        return Repository(store: store, config: config, keyID: keyID, master: master, toolboxes: toolboxes)
    }

    /// Reads all there is, as a reader of the only snapshot would, each blob alone and all together.
    static func readEverything(_ repository: Repository) throws -> [String: [UInt8]] {
        let snapshots = try repository.snapshots()
        // Left out and told of, which is as good as refused.
        if let damage = repository.leftOut.first { throw damage }
        try repository.loadIndex()
        var found: [String: [UInt8]] = [:]
        for snapshot in snapshots {
            var waiting = [(path: "", tree: snapshot.snapshot.tree)]
            while let (path, id) = waiting.popLast() {
                for node in try repository.tree(id).nodes {
                    let name = path + String(decoding: node.name, as: UTF8.self)
                    if let subtree = node.subtree { waiting.append((name + "/", subtree)) }
                    guard let content = node.content else { continue }
                    let alone = try content.flatMap { try repository.blob($0, .data) }
                    var together: [BlobID: [UInt8]] = [:]
                    try repository.blobs(content, .data) { together[$0] = $1 }
                    guard alone == content.flatMap({ together[$0] ?? [] }) else { throw DifferentBytes() }
                    found[name] = alone
                }
            }
        }
        return found
    }

    struct DifferentBytes: Error {}
}
