import ChatArchive
import ChatModel
import Foundation
import ResticRepository
import SeededRandom
import Storage
import Synchronization

/// A store that can be made slow or made to fail while it is in use.
final class UnreliableStore: ObjectStore {
    enum Behaviour {
        case normal
        case slow(seconds: Double)
        case unreachable
    }

    private let store: LocalStore
    private let state = Mutex((behaviour: Behaviour.normal, reads: 0))

    init(_ store: LocalStore) { self.store = store }

    var location: String { store.location }
    var reads: Int { state.withLock { $0.reads } }
    func behave(_ behaviour: Behaviour) { state.withLock { $0.behaviour = behaviour } }

    func list(_ kind: ObjectKind) throws(StorageError) -> [StoredObject] { try store.list(kind) }
    func size(of name: ObjectName) throws(StorageError) -> Int { try store.size(of: name) }
    func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) { try store.write(name, bytes) }
    func remove(_ name: ObjectName) throws(StorageError) { try store.remove(name) }
    func createLayout() throws(StorageError) { try store.createLayout() }

    func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8] {
        let behaviour = state.withLock { state in
            state.reads += 1
            return state.behaviour
        }
        switch behaviour {
        case .normal: break
        case .slow(let seconds): Thread.sleep(forTimeInterval: seconds)
        case .unreachable: throw .unreachable(.object(name), .read, location: location)
        }
        return try store.read(name, range: range)
    }
}

/// A directory of this machine, and a repository with a snapshot of it.
struct StoredDirectory {
    let directory: String
    let store: UnreliableStore
    let repository: Repository
    let snapshot: SnapshotID

    /// Files are cut every 100,000 bytes, so that most reads of a large one meet several blobs.
    static let chunk = 100_000

    init(_ directory: String, in scratch: String, time: Int64 = 1_600_000_000) throws {
        self.directory = directory
        store = UnreliableStore(LocalStore(path: scratch + "/repository"))
        guard let cheap = ScryptParameters(n: 1024, r: 8, p: 1) else { throw CocoaError(.featureUnsupported) }
        repository = try Repository.create(in: store, password: Password("secret"), keyParameters: cheap)
        snapshot = try Self.store(directory, in: repository, time: time)
    }

    /// A second opening, as another program would: nothing is in memory.
    func tree(_ root: FolderTree.Root) throws -> FolderTree {
        try FolderTree(
            repository: Repository.open(store, password: Password("secret")), root: root, zone: .utc,
            memoryLimit: 64 << 20,
            owner: (uid: getuid(), gid: getgid()))
    }

    var tree: FolderTree { get throws { try tree(.snapshot(snapshot)) } }

    @discardableResult
    static func store(_ directory: String, in repository: Repository, time: Int64) throws -> SnapshotID {
        let writer = try repository.makeWriter()
        let root = try tree(of: directory, writer)
        _ = try writer.finish()
        return try repository.saveSnapshot(
            Snapshot(time: GoTime(seconds: time), tree: root, paths: [directory], hostname: "here"))
    }

    private static func tree(of directory: String, _ writer: RepositoryWriter) throws -> TreeID {
        var nodes: [Node] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            let path = directory + "/" + name
            var status = stat()
            guard lstat(path, &status) == 0 else { throw CocoaError(.fileReadUnknown) }
            let modified = GoTime(seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int32(status.st_mtim.tv_nsec))
            var node = Node(
                name: Array(name.utf8), kind: .file, mode: FileMode(unixMode: status.st_mode), modified: modified,
                uid: status.st_uid,
                gid: status.st_gid)
            node.links = 1
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                node.kind = .directory
                node.subtree = try tree(of: path, writer)
            case S_IFLNK:
                node.kind = .symlink
                node.linkTarget = try Array(FileManager.default.destinationOfSymbolicLink(atPath: path).utf8)
            default:
                let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
                node.size = UInt64(bytes.count)
                node.content = try stride(from: 0, to: bytes.count, by: chunk).map { start in
                    try writer.save(Array(bytes[start..<min(start + chunk, bytes.count)]), .data, group: .media)
                }
            }
            nodes.append(node)
        }
        let id = try writer.save(Tree(nodes).encoded(), .tree, group: .tree)
        return TreeID(id.digest)
    }
}

/// A small tree with what real ones have: many files, large ones, links, odd names, empty things, times of their own.
func makeSampleDirectory(_ path: String) throws {
    let manager = FileManager.default
    var numbers = SeededGenerator(seed: 42)
    func write(_ name: String, _ bytes: [UInt8], at seconds: Double) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
        try manager.setAttributes(
            [.posixPermissions: 0o644, .modificationDate: Date(timeIntervalSince1970: seconds)],
            ofItemAtPath: path + "/" + name)
    }
    for directory in ["messages", "empty", "deep/er/and/deeper", "名前"] {
        try manager.createDirectory(atPath: path + "/" + directory, withIntermediateDirectories: true)
    }
    for number in 0..<500 {
        let text = "message \(number): \(String(repeating: "word ", count: Int(numbers.next() % 40)))\n"
        try write("messages/m\(1000 + number).txt", Array(text.utf8), at: 1_500_000_000 + Double(number) * 3600)
    }
    try write(
        "large.bin",
        (0..<154_320).flatMap { _ in withUnsafeBytes(of: numbers.next()) { Array($0) } } + Array("1234567".utf8),
        at: 1_400_000_000.5)
    try write("page.bin", (0..<4096).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }, at: 0)
    try write("empty/nothing", [], at: 4_000_000_000)
    try write("deep/er/and/deeper/file", Array("found\n".utf8), at: 1_000_000_000)
    try write("名前/合同 (1).txt", Array("合同\n".utf8), at: 1_630_000_000)
    try write(String(repeating: "n", count: 255), Array("long\n".utf8), at: 1_630_000_000)
    try manager.createSymbolicLink(atPath: path + "/link", withDestinationPath: "messages/m1000.txt")
    try manager.createSymbolicLink(atPath: path + "/dangling", withDestinationPath: "nowhere/at/all")
}
