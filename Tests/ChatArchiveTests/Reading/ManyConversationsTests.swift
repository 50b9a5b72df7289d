import ChatModel
import ResticRepository
import Storage
import Synchronization
import Testing

@testable import ChatArchive

/// What going through all conversations costs.
struct ManyConversationsTests {
    @Test("the folder that lists all conversations is read once, however many are looked into")
    func readOnce() throws {
        let bench = try Bench()
        let names = (0..<12).map { "c\($0)" }
        let (stored, _) = try bench.backUp([.init(exports: [names.map { (text("hello", id: $0), $0) }])], at: 1000)
        let store = CountingStore(bench.repository.store)
        let repository = try Repository.open(store, password: Password(Bench.password))
        try repository.loadIndex()
        let archive = try Archive(repository: repository, tree: stored.tree)
        let folders = try archive.conversations().map(\.folder)
        #expect(folders.count == names.count)

        let before = store.reads
        for folder in folders { #expect(try archive.folder(named: folder).months.count == 1) }
        // A list each, and once the folder in which the lists are.
        #expect(store.reads - before == names.count + 1)

        let between = store.reads
        #expect(try archive.folders(named: folders).map(\.months.count) == names.map { _ in 1 })
        // All lists lie side by side.
        #expect(store.reads - between == 1)
    }
}

/// Counts what is read of another store's packs.
private final class CountingStore: ObjectStore {
    private let inner: any ObjectStore
    private let count = Mutex(0)

    init(_ inner: any ObjectStore) { self.inner = inner }

    var reads: Int { count.withLock { $0 } }
    var location: String { inner.location }

    func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8] {
        if name.kind == .data { count.withLock { $0 += 1 } }
        return try inner.read(name, range: range)
    }

    func list(_ kind: ObjectKind) throws(StorageError) -> [StoredObject] { try inner.list(kind) }
    func size(of name: ObjectName) throws(StorageError) -> Int { try inner.size(of: name) }
    func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) { try inner.write(name, bytes) }
    func remove(_ name: ObjectName) throws(StorageError) { try inner.remove(name) }
    func createLayout() throws(StorageError) { try inner.createLayout() }
}
