import Storage

/// A lock: written anew every five minutes by a thread of its own until it is released or dropped.
///
/// It is held when it has settled: when a second look, a moment after it was written, has found nobody who was faster.
public final class RepositoryLock: Sendable {
    /// Locks of programs that seem to have ended without releasing them, as they were when this one was taken.
    public let leftBehind: [Left]
    private let refresher: LockRefresher

    /// A lock whose holder seems to be gone.
    public struct Left: Sendable {
        /// The lock.
        public let id: LockID
        /// Whether it is so old that it may be removed without being asked.
        public let isForgotten: Bool
    }

    init(_ refresher: LockRefresher, leftBehind: [Left] = []) throws(RepositoryError) {
        self.refresher = refresher
        self.leftBehind = leftBehind
        guard startThread({ refresher.run() }) else {
            refresher.release()
            throw .libraryFailed("thread start")
        }
    }

    deinit { refresher.release() }

    /// The lock's present id; it changes at every refresh.
    public var id: LockID { refresher.id }

    /// Waits for the second look. Throws what it has met, `.locked` when somebody was faster; then the lock is given up.
    public func settle() throws(RepositoryError) { try refresher.settle() }

    /// Throws what the second look has met, without waiting for it.
    public func throwIfRefused() throws(RepositoryError) {
        if let refusal = refresher.refusal { throw refusal }
    }

    /// Throws `.lockLost` when the lock could not be refreshed for so long that others may take it for stale, or when its file
    /// is gone. Waits until it has settled. Costs a request when the file was not seen for a minute.
    public func check() throws(RepositoryError) {
        try settle()
        guard try refresher.isThere() else { throw .lockLost }
    }

    /// Gives the lock up; more calls do nothing.
    public func release() {
        refresher.release()
    }

    /// Gives the lock up and leaves its file, as a program does that is killed: `leftBehind` tells the next one that there is
    /// something to take over.
    public func leave() {
        refresher.leave()
    }
}

/// The part of a lock that its thread works on.
final class LockRefresher: @unchecked Sendable {
    /// Times of a lock, after restic's.
    struct Timing: Sendable {
        /// Between two refreshes.
        var interval: Duration = .seconds(300)
        /// Without a refresh for so long, the lock counts as lost: 30 minutes until it is stale, less a quarter.
        var patience: Duration = .seconds(1350)
        /// A file that was seen so long ago is looked for again before it is relied on.
        var trust: Duration = .seconds(60)
        /// The longest wait without looking at the clock that goes on while the machine sleeps.
        var step: Duration = .seconds(20)
        /// Between tries of a refresh that failed.
        var retry: Duration = .seconds(30)
        /// Between writing the own lock and looking again whether somebody was faster.
        var settling: Duration = .milliseconds(200)
        /// Between tries of reading a lock that cannot be read: it may be on its way still.
        var unreadable: [Duration] = [.seconds(5), .seconds(10), .seconds(20)]
    }

    private let repository: Repository
    private let mode: LockMode
    private let timing: Timing
    /// Guards everything below.
    private let signal = Signal()
    private var current: LockID
    private var refreshed = MonotonicTime.sinceBoot
    private var seen = MonotonicTime.sinceBoot
    private var isReleased = false
    private var isLost = false
    /// Whether the second look is over, and what it has met.
    private var isSettled = false
    private var met: RepositoryError?

    init(_ repository: Repository, _ mode: LockMode, _ id: LockID, _ timing: Timing) {
        self.repository = repository
        self.mode = mode
        self.timing = timing
        current = id
    }

    var id: LockID { signal.locked { current } }

    var refusal: RepositoryError? { signal.locked { met } }

    /// Waits for the second look.
    func settle() throws(RepositoryError) {
        let refusal = signal.locked {
            while !isSettled { signal.wait() }
            return met
        }
        if let refusal { throw refusal }
    }

    /// Looks again whether somebody was faster; a lock that is refused is given up.
    private func lookAgain() {
        pause(timing.settling)
        var refusal: RepositoryError?
        if signal.locked({ !isReleased }) {
            do throws(RepositoryError) {
                _ = try repository.refuseIfLocked(against: mode, but: id, timing)
            } catch {
                refusal = error
                release()
            }
        }
        signal.locked {
            met = refusal
            isSettled = true
            signal.notify()
        }
    }

    /// Waits, at most until the lock is given up or lost. Returns whether it is neither.
    @discardableResult
    private func pause(_ duration: Duration) -> Bool {
        signal.locked {
            let deadline = MonotonicTime.sinceBoot.advanced(by: duration)
            while !isReleased, !isLost, MonotonicTime.sinceBoot < deadline {
                let left = Duration.nanoseconds(deadline.nanoseconds - MonotonicTime.sinceBoot.nanoseconds)
                _ = signal.wait(until: .now.advanced(by: min(left, timing.step)))
            }
            return !isReleased && !isLost
        }
    }

    var isHeld: Bool {
        signal.locked { !isReleased && !isLost && MonotonicTime.sinceBoot < refreshed.advanced(by: timing.patience) }
    }

    /// Whether the lock is held and its file is where it was written.
    func isThere() throws(RepositoryError) -> Bool {
        while isHeld {
            let (id, isFresh) = signal.locked { (current, MonotonicTime.sinceBoot < seen.advanced(by: timing.trust)) }
            if isFresh { return true }
            if try exists(id) { return true }
            // Its thread may just have written another one.
            guard signal.locked({ current == id }) else { continue }
            signal.locked { isLost = true }
        }
        return false
    }

    private func exists(_ id: LockID) throws(RepositoryError) -> Bool {
        let moment = MonotonicTime.sinceBoot
        do throws(StorageError) {
            _ = try repository.store.size(of: ObjectName(.locks, id.digest))
        } catch {
            guard error.isNotFound else { throw .storage(error) }
            return false
        }
        signal.locked { seen = max(seen, moment) }
        return true
    }

    /// Looks again, then refreshes the lock until it is given up.
    func run() {
        lookAgain()
        var interval = timing.interval
        while pause(interval) { interval = refresh() ? timing.interval : timing.retry }
    }

    func release() {
        // A lock that cannot be removed now is stale in half an hour.
        if let last = leave() { try? repository.remove(ObjectName(.locks, last.digest)) }
    }

    /// Ends refreshing; returns the lock, the first time.
    @discardableResult
    func leave() -> LockID? {
        signal.locked {
            guard !isReleased else { return nil }
            isReleased = true
            signal.notify()
            return current
        }
    }

    /// Writes a new lock file, then removes the old one. A lock that someone removed is lost for good.
    private func refresh() -> Bool {
        let old = id
        do throws(RepositoryError) {
            guard try exists(old) else {
                signal.locked { isLost = true }
                return true
            }
        } catch { return false }
        let text = LockFile(mode, time: .now()).encoded()
        guard let digest = try? repository.saveUnpacked(.locks, text) else { return false }
        let isReleased = signal.locked {
            if !self.isReleased {
                current = LockID(digest)
                refreshed = .sinceBoot
                seen = refreshed
            }
            return self.isReleased
        }
        try? repository.remove(ObjectName(.locks, isReleased ? digest : old.digest))
        return true
    }
}
