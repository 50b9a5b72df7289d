import Synchronization

/// A store that makes calls again whose failure may pass, within a stated time.
///
/// A store that is down is waited for once: after a call has waited in vain for all of its time, later calls of the same kind
/// or of one that is waited for less are made once each, until the store has answered one of them.
///
/// A write whose answer was lost may have been done: before the next attempt it is looked at what is there, and bytes that
/// are what was to be written are a success. So nothing is stored twice, and no lost answer is an error.
public final class RetryingStore: ObjectStore {
    private let store: any ObjectStore
    private let policy: RetryPolicy
    private let clock: RetryClock
    private let willRetry: @Sendable (StorageError, Duration) -> Void
    /// How long the store has been waited for in vain since its last answer.
    private let waitedInVain = Mutex(Duration.zero)

    /// Repeats calls to `store`. `willRetry` hears of each failure that is not the last, and of the pause that follows
    /// it.
    public init(
        _ store: any ObjectStore, policy: RetryPolicy = RetryPolicy(), clock: RetryClock = .system,
        willRetry: @escaping @Sendable (StorageError, Duration) -> Void = { _, _ in }
    ) {
        self.store = store
        self.policy = policy
        self.clock = clock
        self.willRetry = willRetry
    }

    /// The store's.
    public var location: String { store.location }

    /// The store's.
    public var requestsInFlight: Int { store.requestsInFlight }

    /// See `ObjectStore`.
    public func list(_ kind: ObjectKind) throws(StorageError) -> [StoredObject] {
        try repeating(policy.readLimit) { () throws(StorageError) in try store.list(kind) }
    }

    /// See `ObjectStore`.
    public func size(of name: ObjectName) throws(StorageError) -> Int {
        try repeating(policy.readLimit) { () throws(StorageError) in try store.size(of: name) }
    }

    /// See `ObjectStore`.
    public func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8] {
        try repeating(policy.readLimit) { () throws(StorageError) in try store.read(name, range: range) }
    }

    /// See `ObjectStore`.
    public func read(_ name: ObjectName, range: Range<Int>?, advice: ReadAdvice) throws(StorageError) -> [UInt8] {
        try repeating(policy.readLimit) { () throws(StorageError) in
            try store.read(name, range: range, advice: advice)
        }
    }

    /// See `ObjectStore`.
    public func forget(_ name: ObjectName, range: Range<Int>?) { store.forget(name, range: range) }

    /// See `ObjectStore`.
    public func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) {
        var mayBeThere = false
        try repeating(policy.writeLimit) { () throws(StorageError) in
            if mayBeThere, try holds(name, bytes) { return }
            do throws(StorageError) {
                try store.write(name, bytes)
            } catch {
                if case .alreadyExists = error, mayBeThere, try holds(name, bytes) { return }
                mayBeThere = mayBeThere || error.isWorthRetrying
                throw error
            }
        }
    }

    /// See `ObjectStore`.
    public func remove(_ name: ObjectName) throws(StorageError) {
        try repeating(policy.writeLimit) { () throws(StorageError) in try store.remove(name) }
    }

    /// See `ObjectStore`.
    public func removeLeftovers() { store.removeLeftovers() }

    /// See `ObjectStore`.
    public func createLayout() throws(StorageError) {
        try repeating(policy.writeLimit) { () throws(StorageError) in try store.createLayout() }
    }

    /// Whether an object is there and has exactly these bytes.
    private func holds(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) -> Bool {
        do throws(StorageError) {
            guard try store.size(of: name) == bytes.count else { return false }
            // What comes back may have been changed on the way, too.
            for _ in 0..<3 {
                store.forget(name, range: nil)
                if try store.read(name, range: nil) == bytes { return true }
            }
            return false
        } catch {
            if error.isNotFound { return false }
            throw error
        }
    }

    private func repeating<Value>(
        _ limit: Duration, _ call: () throws(StorageError) -> Value
    ) throws(StorageError) -> Value {
        let start = clock.now()
        var attempt = 1
        while true {
            do throws(StorageError) {
                let value = try call()
                noteAnswer()
                return value
            } catch {
                if !error.meansDown { noteAnswer() }
                guard error.isWorthRetrying, !isGivenUp(limit) else { throw error }
                let pause = policy.pause(
                    after: attempt, elapsed: clock.now() - start, limit: limit, retryAfter: error.retryAfter,
                    random: clock.random())
                guard let pause else {
                    if error.meansDown { waitedInVain.withLock { $0 = max($0, limit) } }
                    throw error
                }
                willRetry(error, pause)
                clock.sleep(pause)
                attempt += 1
            }
        }
    }

    private func noteAnswer() { waitedInVain.withLock { $0 = .zero } }

    private func isGivenUp(_ limit: Duration) -> Bool { waitedInVain.withLock { $0 >= limit } }
}

extension StorageError {
    /// When the store wants to be asked again.
    fileprivate var retryAfter: Duration? {
        if case .busy(_, _, let retryAfter, _) = self { retryAfter } else { nil }
    }

    /// Whether the store as a whole seems to be away; anything else is an answer of its own.
    fileprivate var meansDown: Bool {
        switch self {
        case .unreachable, .busy, .noSession: true
        // What a gateway says when nobody is behind it.
        case .answered(_, _, let status, _, _): status == 502 || status == 504
        default: false
        }
    }
}
