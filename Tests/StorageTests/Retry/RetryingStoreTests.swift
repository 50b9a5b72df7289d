import Synchronization
import Testing

@testable import Storage

/// A local store in which chosen calls fail, before or after they are done, and which counts them.
final class FailingStore: ObjectStore {
    /// What happens to a call.
    enum Fate: Sendable {
        case done
        /// Not done, and an error.
        case refused(StorageError)
        /// Done, and yet an error.
        case lost(StorageError)
    }

    private let inner: LocalStore
    private let fates: Mutex<[Fate]>
    private let calls = Mutex<[String]>([])

    init(_ inner: LocalStore, _ fates: [Fate]) {
        self.inner = inner
        self.fates = Mutex(fates)
    }

    var made: [String] { calls.withLock { $0 } }
    var location: String { inner.location }

    private func call<Value>(
        _ what: String, _ body: () throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        calls.withLock { $0.append(what) }
        switch fates.withLock({ $0.isEmpty ? .done : $0.removeFirst() }) {
        case .done: return try body()
        case .refused(let error): throw error
        case .lost(let error):
            _ = try body()
            throw error
        }
    }

    func list(_ kind: ObjectKind) throws(StorageError) -> [StoredObject] {
        try call("list") { () throws(StorageError) in try inner.list(kind) }
    }

    func size(of name: ObjectName) throws(StorageError) -> Int {
        try call("size") { () throws(StorageError) in try inner.size(of: name) }
    }

    func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8] {
        try call("read") { () throws(StorageError) in try inner.read(name, range: range) }
    }

    func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) {
        try call("write") { () throws(StorageError) in try inner.write(name, bytes) }
    }

    func remove(_ name: ObjectName) throws(StorageError) {
        try call("remove") { () throws(StorageError) in try inner.remove(name) }
    }

    func createLayout() throws(StorageError) {
        try call("create") { () throws(StorageError) in try inner.createLayout() }
    }
}

/// A clock that goes on only when somebody waits, and notes how long.
final class ClockWithoutTime: Sendable {
    private let state = Mutex((now: Duration.zero, pauses: [Duration]()))

    var pauses: [Duration] { state.withLock { $0.pauses } }
    var now: Duration { state.withLock { $0.now } }

    func clock(random: Double = 1) -> RetryClock {
        RetryClock(
            now: { self.now },
            sleep: { pause in
                self.state.withLock { state in
                    state.now += pause
                    state.pauses.append(pause)
                }
            }, random: { random })
    }
}

@Suite struct RetryingStoreTests {
    let folder: TemporaryFolder
    let local: LocalStore
    let time = ClockWithoutTime()
    let name = Sample.name(1)

    init() throws {
        folder = try TemporaryFolder()
        local = LocalStore(path: folder.path)
        try local.createLayout()
    }

    private var down: StorageError { .unreachable(.object(name), .write, location: local.location) }

    private func retrying(_ fates: [FailingStore.Fate]) -> (store: RetryingStore, inner: FailingStore) {
        let inner = FailingStore(local, fates)
        return (RetryingStore(inner, clock: time.clock()), inner)
    }

    @Test func `a store behind retries keeps the contract of stores`() throws {
        let store = RetryingStore(LocalStore(path: folder.path + "/fresh"), clock: time.clock())
        try StoreContract(store: store).run()
        #expect(time.pauses.isEmpty)
    }

    @Test func `a call is made again until it succeeds, with growing pauses`() throws {
        try local.write(name, [1, 2])
        let (store, inner) = retrying(Array(repeating: .refused(down), count: 4))
        #expect(try store.read(name, range: 0..<1) == [1])
        #expect(inner.made == Array(repeating: "read", count: 5))
        #expect(time.pauses == [0.5, 1, 2, 4].map { .seconds($0) })
    }

    @Test func `an error that will not pass is not waited for`() throws {
        let errors: [StorageError] = [
            .notFound(.object(name), location: "x"), .permissionDenied(.object(name), .read, location: "x"),
            .badCredentials(location: "x"), .truncated(.object(name), expected: 2, actual: 1, location: "x"),
            .answered(.object(name), .read, status: 501, code: "", location: "x"), .untrusted(location: "x"),
        ]
        for error in errors {
            let (store, inner) = retrying([.refused(error)])
            #expect(throws: error) { try store.size(of: name) }
            #expect(inner.made.count == 1)
        }
        #expect(time.pauses.isEmpty)
    }

    @Test func `a store that stays down is given up after a minute for reads and a quarter of an hour for writes`()
        throws
    {
        let (reader, _) = retrying(Array(repeating: .refused(down), count: 1000))
        #expect(throws: down) { try reader.read(name, range: nil) }
        #expect(time.now == .seconds(60))
        let (writer, _) = retrying(Array(repeating: .refused(down), count: 1000))
        #expect(throws: down) { try writer.write(name, [1]) }
        #expect(time.now == .seconds(960))
    }

    @Test func `a store that was waited for in vain is asked once by later reads, until it answers`() throws {
        try local.write(name, [1])
        // It is up again after 40 calls.
        let (store, inner) = retrying(Array(repeating: .refused(down), count: 40))
        #expect(throws: down) { try store.read(name, range: nil) }
        let (waited, asked) = (time.now, inner.made.count)
        for _ in asked..<40 { #expect(throws: down) { try store.read(name, range: nil) } }
        #expect(time.now == waited && inner.made.count == 40 && asked < 20)
        #expect(try store.read(name, range: nil) == [1])

        // The next failure is waited for again, and so is any after an answer that says no.
        for answer in [FailingStore.Fate.done, .refused(.notFound(.object(name), location: "x"))] {
            let fates = Array(repeating: FailingStore.Fate.refused(down), count: asked)
            let (store, _) = retrying(fates + [answer, .refused(down)])
            #expect(throws: down) { try store.size(of: name) }
            _ = try? store.size(of: name)
            let before = time.now
            #expect(try store.size(of: name) == 1)
            #expect(time.now > before)
        }
    }

    @Test func `a write waits for its own time when reads have waited in vain, and a read no more after a write has`()
        throws
    {
        let (store, _) = retrying(Array(repeating: .refused(down), count: 1000))
        #expect(throws: down) { try store.size(of: name) }
        var before = time.now
        #expect(throws: down) { try store.remove(name) }
        #expect(time.now - before == .seconds(900))
        before = time.now
        #expect(throws: down) { try store.size(of: name) }
        #expect(throws: down) { try store.remove(name) }
        #expect(time.now == before)
    }

    @Test func `one object that cannot be read says nothing of the others`() throws {
        try local.write(name, [1])
        let broken = StorageError.answered(.object(name), .read, status: 500, code: "", location: "x")
        let (store, _) = retrying(Array(repeating: .refused(broken), count: 1000))
        for _ in 0..<2 {
            let before = time.now
            #expect(throws: broken) { try store.read(name, range: nil) }
            #expect(time.now - before == .seconds(60))
        }
    }

    @Test func `a busy store is left alone for as long as it asks`() throws {
        try local.write(name, [1])
        let busy = StorageError.busy(.object(name), .read, retryAfter: .seconds(20), location: "x")
        let (store, _) = retrying([.refused(busy)])
        #expect(try store.read(name, range: nil) == [1])
        #expect(time.pauses == [.seconds(20.5)])
    }

    @Test func `a write whose answer was lost is a success and is not made again`() throws {
        let (store, inner) = retrying([.lost(down)])
        try store.write(name, [1, 2, 3])
        #expect(inner.made == ["write", "size", "read"])
        #expect(try local.read(name, range: nil) == [1, 2, 3])
    }

    @Test func `a write that was not done is made again after a look`() throws {
        let (store, inner) = retrying([.refused(down)])
        try store.write(name, [1, 2, 3])
        #expect(inner.made == ["write", "size", "write"])
    }

    @Test func `what another has written is not taken for a write whose answer was lost`() throws {
        try local.write(name, [3, 2, 1])
        let refusal = StorageError.alreadyExists(.object(name), location: local.location)
        let (store, inner) = retrying([.refused(down)])
        #expect(throws: refusal) { try store.write(name, [1, 2, 3]) }
        #expect(inner.made == ["write", "size", "read", "read", "read", "write", "size", "read", "read", "read"])
        let (first, _) = retrying([])
        #expect(throws: refusal) { try first.write(name, [3, 2, 1]) }
    }

    @Test func `a write that arrives late is found, also when the look came before it`() throws {
        // The first attempt is done between the look and the second attempt.
        let late = StorageError.alreadyExists(.object(name), location: local.location)
        try local.write(name, [1, 2, 3])
        let (store, inner) = retrying([
            .refused(down), .refused(.notFound(.object(name), location: "x")), .refused(late),
        ])
        try store.write(name, [1, 2, 3])
        #expect(inner.made == ["write", "size", "write", "size", "read"])
    }

    @Test func `a removal whose answer was lost is a success`() throws {
        try local.write(name, [1])
        let (store, inner) = retrying([.lost(down)])
        try store.remove(name)
        #expect(inner.made == ["remove", "remove"])
        #expect(try local.list(.data).isEmpty)
    }

    @Test func `of many calls that wait together, one pause at a time is told`() {
        let notes = RetryNotes(shortest: .seconds(2), clock: time.clock())
        #expect(!notes.shouldTell(of: .seconds(1.9)))
        #expect(notes.shouldTell(of: .seconds(4)))
        #expect(!notes.shouldTell(of: .seconds(2)) && !notes.shouldTell(of: .seconds(8)))
        time.clock().sleep(.milliseconds(3900))
        #expect(!notes.shouldTell(of: .seconds(8)))
        time.clock().sleep(.milliseconds(100))
        #expect(notes.shouldTell(of: .seconds(8)) && !notes.shouldTell(of: .seconds(8)))
    }

    @Test func `each failure that is not the last is told`() throws {
        let told = Mutex<[Duration]>([])
        let inner = FailingStore(local, [.refused(down), .refused(down)])
        let store = RetryingStore(inner, clock: time.clock()) { _, pause in told.withLock { $0.append(pause) } }
        #expect(throws: StorageError.notFound(.object(name), location: local.location)) { try store.size(of: name) }
        #expect(told.withLock { $0 } == [.seconds(0.5), .seconds(1)])
    }
}
