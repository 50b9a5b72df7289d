import Glibc
import Storage

extension Repository {
    /// Locks the repository.
    ///
    /// As restic: looks for locks in the way (any, for an exclusive lock; exclusive ones, for a shared lock), writes its own,
    /// waits a moment and looks again. The first look may be as old as the opening; the second is what decides. Stale locks
    /// are in the way too, until they are removed.
    ///
    /// - Parameter retryFor: how long to wait for others before `.locked` is thrown.
    public func lock(_ mode: LockMode, retryFor: Duration = .zero) throws(RepositoryError) -> RepositoryLock {
        try lock(mode, retryFor: retryFor, timing: LockRefresher.Timing())
    }

    func lock(
        _ mode: LockMode, retryFor: Duration, timing: LockRefresher.Timing
    ) throws(RepositoryError) -> RepositoryLock {
        let deadline = MonotonicTime.now.advanced(by: retryFor)
        var pause = Duration.seconds(5)
        while true {
            do throws(RepositoryError) {
                let lock = try beginLock(mode, timing)
                try lock.settle()
                return lock
            } catch .locked(let holder) {
                let left = deadline.nanoseconds - MonotonicTime.now.nanoseconds
                guard left > 0 else { throw .locked(holder) }
                Self.sleep(min(pause, .nanoseconds(left)))
                pause = min(pause * 2, .seconds(60))
            }
        }
    }

    /// Writes a lock and returns without the wait and the second look, which come on a thread of its own: until `settle` has
    /// returned, nothing may be written, and what is read may be read in vain.
    public func beginLock(_ mode: LockMode) throws(RepositoryError) -> RepositoryLock {
        try beginLock(mode, LockRefresher.Timing())
    }

    func beginLock(_ mode: LockMode, _ timing: LockRefresher.Timing) throws(RepositoryError) -> RepositoryLock {
        let leftBehind = try refuseIfLocked(against: mode, but: nil, timing)
        let id = LockID(try saveUnpacked(.locks, LockFile(mode, time: .now()).encoded()))
        return try RepositoryLock(LockRefresher(self, mode, id, timing), leftBehind: leftBehind)
    }

    /// All locks there are, in no particular order; those that cannot be read are left out, so are empty files.
    public func locks() throws(RepositoryError) -> [(id: LockID, lock: LockFile)] {
        var locks: [(id: LockID, lock: LockFile)] = []
        for object in try list(.locks) where object.size > 0 {
            guard let digest = object.name.digest, let lock = try? readLock(LockID(digest)) else { continue }
            locks.append((LockID(digest), lock))
        }
        return locks
    }

    /// Removes locks whose holders are surely gone: older than half an hour, or dead processes of this machine.
    ///
    /// Returns how many were removed.
    @discardableResult
    public func removeStaleLocks() throws(RepositoryError) -> Int {
        let now = GoTime.now()
        var count = 0
        for (id, lock) in try locks() where lock.isStale(now: now) {
            if try removeLock(id) { count += 1 }
        }
        return count
    }

    /// Removes all locks, also those in use and those that cannot be read. Returns how many were removed.
    @discardableResult
    public func removeAllLocks() throws(RepositoryError) -> Int {
        var count = 0
        for object in try list(.locks) {
            if let digest = object.name.digest, try removeLock(LockID(digest)) { count += 1 }
        }
        return count
    }

    /// Removes a lock; false when its holder was faster.
    @discardableResult
    public func removeLock(_ id: LockID) throws(RepositoryError) -> Bool {
        let name = ObjectName(.locks, id.digest)
        do throws(StorageError) {
            _ = try store.size(of: name)
            try store.remove(name)
            return true
        } catch {
            guard error.isNotFound else { throw .storage(error) }
            return false
        }
    }

    private func readLock(_ id: LockID) throws(RepositoryError) -> LockFile {
        let text = try unpacked(.locks, id.digest)
        do throws(Damage) {
            return try LockFile(parsing: text)
        } catch {
            throw .damaged(ObjectName(.locks, id.digest), error)
        }
    }

    /// Returns the locks that are not in the way and whose holders seem to be gone.
    func refuseIfLocked(
        against mode: LockMode, but own: LockID?, _ timing: LockRefresher.Timing
    ) throws(RepositoryError) -> [RepositoryLock.Left] {
        var leftBehind: [RepositoryLock.Left] = []
        for object in try list(.locks) where object.size > 0 {
            guard let digest = object.name.digest, LockID(digest) != own else { continue }
            guard let lock = try readLockPatiently(LockID(digest), timing.unreadable) else { continue }
            if mode == .exclusive || lock.isExclusive {
                throw .locked(lock.holder(LockID(digest), now: .now()))
            }
            if lock.isStale(now: .now()) {
                leftBehind.append(RepositoryLock.Left(id: LockID(digest), isForgotten: lock.isForgotten()))
            }
        }
        return leftBehind
    }

    /// A lock, or nil when it has gone meanwhile.
    private func readLockPatiently(_ id: LockID, _ pauses: [Duration]) throws(RepositoryError) -> LockFile? {
        var pauses = pauses[...]
        while true {
            do throws(RepositoryError) {
                return try readLock(id)
            } catch .storage(let error) where error.isNotFound {
                return nil
            } catch {
                guard let pause = pauses.popFirst() else { throw error }
                Self.sleep(pause)
            }
        }
    }

    private static func sleep(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return }
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        var left = timespec()
        while nanosleep(&time, &left) != 0, errno == EINTR { time = left }
    }
}
