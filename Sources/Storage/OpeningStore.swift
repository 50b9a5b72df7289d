import Synchronization

/// In front of a store that is far away, for one who opens a repository: asks at once for all that is asked for in turn
/// otherwise, so that opening takes two round trips and not five.
///
///     config ─┬─ listing of keys ────── keys
///             ├─ listing of locks                      when it is opened to take a lock
///             ├─ listing of snapshots ─ snapshots      when they are not kept on this machine
///             └─ listing of indexes ─── index files    likewise
///
/// Each answer is given once, to the first who asks for it; what is asked for again is asked of the store. `config` and the
/// keys are the store's, whatever is kept of them: they tell whether it still is the same repository.
///
/// A listing is as old as the opening. Who takes a lock asks anew under it: of what was listed before, only the files are
/// given, which never change, and the locks, as the first look for these decides nothing.
public final class OpeningStore: ObjectStore {
    private enum Question: Hashable {
        case list(ObjectKind)
        case read(ObjectName)
    }

    private enum Answer {
        case objects([StoredObject])
        case bytes([UInt8])
    }

    /// An answer that is on its way.
    private final class Pending: Sendable {
        private let result = Mutex<Result<Answer, StorageError>?>(nil)
        private let arrived = Gate()

        func arrive(_ answer: Result<Answer, StorageError>) {
            result.withLock { $0 = answer }
            arrived.open()
        }

        func take() -> Result<Answer, StorageError>? {
            arrived.wait()
            return result.withLock { $0 }
        }
    }

    /// More files of a kind than this are read when they are asked for.
    private static let fileLimit = 1000
    /// And more bytes: then the line's width decides, not the way.
    private static let sizeLimit = 8 << 20

    private let inner: any ObjectStore
    private let pending = Mutex<[Question: Pending]>([:])

    /// Starts to ask.
    ///
    /// - Parameters:
    ///   - locking: whether a lock will be taken before snapshots and index are listed.
    ///   - indexes: which of all index files will be asked for; with nil neither these nor snapshots are.
    public init(
        _ inner: any ObjectStore, locking: Bool = false,
        indexes: (@Sendable ([StoredObject]) -> [StoredObject])?
    ) {
        self.inner = inner
        if locking { ask(.list(.locks)) { (store) throws(StorageError) in .objects(try store.list(.locks)) } }
        ask(.read(.config)) { (store) throws(StorageError) in
            .bytes(try store.read(.config, range: nil, advice: ReadAdvice(retention: .metadata, isCurrent: true)))
        }
        for kind in indexes == nil ? [.keys] : [ObjectKind.keys, .snapshots, .index] {
            ask(.list(kind), answers: kind == .keys || !locking) { [self] (store) throws(StorageError) in
                let objects = try store.list(kind)
                let wanted = kind == .index ? indexes?(objects) ?? [] : objects
                let readsAll =
                    wanted.count <= Self.fileLimit && wanted.reduce(0) { $0 + $1.size } <= Self.sizeLimit
                if readsAll { read(wanted.map(\.name)) }
                return .objects(objects)
            }
        }
    }

    /// Reads files, in this order, as many at a time as the store has use for.
    private func read(_ names: [ObjectName]) {
        let answers = names.map { ($0, Pending()) }
        pending.withLock { pending in for (name, answer) in answers { pending[.read(name)] = answer } }
        let queue = Queue(answers)
        let readers = (0..<min(answers.count, max(1, inner.requestsInFlight))).count { _ in
            startThread { [inner] in
                while let (name, answer) = queue.next() {
                    do throws(StorageError) {
                        answer.arrive(.success(.bytes(try inner.read(name, range: nil, advice: Self.advice))))
                    } catch {
                        answer.arrive(.failure(error))
                    }
                }
            }
        }
        guard readers == 0 else { return }
        pending.withLock { pending in for (name, _) in answers { pending[.read(name)] = nil } }
    }

    /// What several threads take from.
    private final class Queue: Sendable {
        private let entries: [(ObjectName, Pending)]
        private let taken = Mutex(0)

        init(_ entries: [(ObjectName, Pending)]) { self.entries = entries }

        func next() -> (ObjectName, Pending)? {
            taken.withLock { taken in
                guard taken < entries.count else { return nil }
                defer { taken += 1 }
                return entries[taken]
            }
        }
    }

    private static let advice = ReadAdvice(retention: .metadata)

    /// - Parameter answers: whether who asks is given the answer; else it is of use only for what it leads to.
    private func ask(
        _ question: Question, answers: Bool = true,
        _ body: @escaping @Sendable (any ObjectStore) throws(StorageError) -> Answer
    ) {
        let answer = Pending()
        if answers { pending.withLock { $0[question] = answer } }
        let isStarted = startThread { [inner] in
            do throws(StorageError) {
                answer.arrive(.success(try body(inner)))
            } catch {
                answer.arrive(.failure(error))
            }
        }
        if !isStarted { _ = pending.withLock { $0.removeValue(forKey: question) } }
    }

    private func take(_ question: Question) throws(StorageError) -> Answer? {
        let answer = pending.withLock { $0.removeValue(forKey: question) }
        return try answer?.take()?.get()
    }

    // MARK: ObjectStore

    /// The store's own.
    public var location: String { inner.location }

    /// The store's own.
    public var requestsInFlight: Int { inner.requestsInFlight }

    /// See `ObjectStore`.
    public func list(_ kind: ObjectKind) throws(StorageError) -> [StoredObject] {
        if case .objects(let objects) = try take(.list(kind)) { return objects }
        return try inner.list(kind)
    }

    /// See `ObjectStore`.
    public func size(of name: ObjectName) throws(StorageError) -> Int { try inner.size(of: name) }

    /// See `ObjectStore`.
    public func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8] {
        if range == nil, case .bytes(let bytes) = try take(.read(name)) { return bytes }
        return try inner.read(name, range: range)
    }

    /// See `ObjectStore`.
    public func read(_ name: ObjectName, range: Range<Int>?, advice: ReadAdvice) throws(StorageError) -> [UInt8] {
        if range == nil, case .bytes(let bytes) = try take(.read(name)) { return bytes }
        return try inner.read(name, range: range, advice: advice)
    }

    /// See `ObjectStore`.
    public func prefetch(
        _ name: ObjectName, ranges: [Range<Int>], retention: ReadAdvice.Retention
    ) throws(StorageError) {
        try inner.prefetch(name, ranges: ranges, retention: retention)
    }

    /// See `ObjectStore`.
    public func missing(_ name: ObjectName, ranges: [Range<Int>]) -> Int { inner.missing(name, ranges: ranges) }

    /// See `ObjectStore`.
    public func forget(_ name: ObjectName, range: Range<Int>?) {
        _ = pending.withLock { $0.removeValue(forKey: .read(name)) }
        inner.forget(name, range: range)
    }

    /// See `ObjectStore`.
    public func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) { try inner.write(name, bytes) }

    /// See `ObjectStore`.
    public func remove(_ name: ObjectName) throws(StorageError) { try inner.remove(name) }

    /// See `ObjectStore`.
    public func removeLeftovers() { inner.removeLeftovers() }

    /// See `ObjectStore`.
    public func createLayout() throws(StorageError) { try inner.createLayout() }
}
