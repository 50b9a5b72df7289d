import Glibc
import SQLite
import Synchronization

/// Opening the index, and what happens when it cannot be used.
extension ChunkCache {
    /// Which file a path names.
    struct FileIdentity: Equatable, Sendable {
        let device: UInt
        let number: UInt

        /// nil when there is none.
        init?(path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            device = UInt(status.st_dev)
            number = UInt(status.st_ino)
        }
    }

    var indexPath: String { "\(path)/index.sqlite" }

    /// Lets a body use the index; nil when it cannot be used, or the body fails.
    func withIndex<Result: Sendable>(_ body: (CacheIndex) throws(SQLiteError) -> Result) -> Result? {
        var troubles: [CacheTrouble] = []
        let result: Result? = state.withLock { state in
            let now = ContinuousClock.now
            if let until = state.unusableUntil, now < until { return nil }
            if let looked = state.lookedAt, now - looked > .seconds(1) || state.index == nil {
                if FileIdentity(path: indexPath) != state.file { close(&state) }
                state.lookedAt = now
            }
            do throws(SQLiteError) {
                if state.index == nil { try open(&state) }
                guard let index = state.index else { return nil }
                let result = try body(index)
                if state.unusableUntil != nil {
                    state.unusableUntil = nil
                    state.reported = state.reported.filter { if case .unusable = $0 { false } else { true } }
                }
                return result
            } catch {
                troubles = handle(error, &state)
                return nil
            }
        }
        for trouble in troubles { report(trouble) }
        return result
    }

    private func open(_ state: inout State) throws(SQLiteError) {
        try? makeFolder()
        let lock = Glibc.open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { if lock >= 0 { Glibc.close(lock) } }
        guard lock >= 0, takes(lock) else { throw SQLiteError(.open, extendedCode: Self.cannotOpen) }
        do throws(SQLiteError) {
            try openIndex(&state)
        } catch {
            guard error.kind == .damaged else { throw error }
            // What is damaged while opening is replaced at once, by who has the lock.
            replaceIndex()
            try openIndex(&state)
            throw error
        }
    }

    private func openIndex(_ state: inout State) throws(SQLiteError) {
        // SQLite gives its log the mode that the file has.
        let file = Glibc.open(indexPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        if file >= 0 { Glibc.close(file) }
        var index = try CacheIndex(path: indexPath)
        if try index.isForeign {
            replaceIndex()
            index = try CacheIndex(path: indexPath)
        }
        state.file = FileIdentity(path: indexPath)
        state.lookedAt = .now
        let used = try index.slabs()
        state.index = index
        // Left by processes that were killed, or of an index that is no more.
        for slab in slabs.numbers() where !used.contains(slab) { slabs.removeIfLeft(slab) }
    }

    private func makeFolder() throws(SlabFault) {
        var prefix = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: true) {
            prefix += prefix.isEmpty && !path.hasPrefix("/") ? String(part) : "/\(part)"
            if mkdir(prefix, 0o700) != 0, errno != EEXIST, access(prefix, F_OK) != 0 { throw SlabFault(errno: errno) }
        }
    }

    /// Another process holds it for some milliseconds; one that is stopped must not stop this one.
    private func takes(_ lock: Int32) -> Bool {
        for _ in 0..<200 {
            if flock(lock, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK else { return true }
            usleep(5000)
        }
        return false
    }

    private func close(_ state: inout State) {
        state.index = nil
        state.file = nil
        state.uses = PendingUses()
        slabs.closeReaders()
    }

    /// Removes the index. Others that have it open find out within a second that it is another.
    private func replaceIndex() {
        for suffix in ["-wal", "-shm", ""] { unlink(indexPath + suffix) }
    }

    private func handle(_ error: SQLiteError, _ state: inout State) -> [CacheTrouble] {
        if error.kind == .busy { return [] }
        if error.kind == .constraint { return [] }
        let trouble: CacheTrouble
        if error.code == Self.full {
            // What is kept can be read all the same.
            trouble = .cannotWrite(path: path, reason: error.description)
            state.fullUntil = .now + Self.patience
        } else if error.kind == .damaged {
            trouble = .damaged(path: path)
            if state.index != nil, FileIdentity(path: indexPath) == state.file {
                let lock = Glibc.open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
                if lock >= 0 {
                    if takes(lock), FileIdentity(path: indexPath) == state.file { replaceIndex() }
                    Glibc.close(lock)
                }
            }
            close(&state)
        } else {
            trouble = .unusable(path: path, reason: error.description)
            close(&state)
            state.unusableUntil = .now + Self.patience
        }
        return state.reported.insert(trouble).inserted ? [trouble] : []
    }

    /// SQLITE_CANTOPEN.
    private static var cannotOpen: Int32 { 14 }
    /// SQLITE_FULL.
    private static var full: Int32 { 13 }

    // MARK: Full disks

    var isWritable: Bool {
        limit >= SlabFolder.block
            && state.withLock { state in
                guard let until = state.fullUntil else { return true }
                if ContinuousClock.now < until { return false }
                state.fullUntil = nil
                return true
            }
    }

    func pauseWriting(_ code: Int32) {
        // The folder was deleted: the next call finds out.
        guard code != ENOENT else { return state.withLock { $0.lookedAt = .now - .seconds(2) } }
        let reason = "\(String(cString: strerror(code))) (errno \(code))."
        let trouble = CacheTrouble.cannotWrite(path: path, reason: reason)
        let isFirst = state.withLock { state in
            state.fullUntil = .now + Self.patience
            return state.reported.insert(trouble).inserted
        }
        if isFirst { report(trouble) }
    }

    // MARK: Use

    func touch(_ entries: [CacheIndex.Entry], _ retention: ReadAdvice.Retention) {
        guard !entries.isEmpty else { return }
        let now = clock()
        let isDue = state.withLock { state in
            for entry in entries {
                let isPromoted = retention == .metadata && entry.retention == .content
                state.uses.add(entry.id, at: now, isPromoted: isPromoted)
            }
            return state.uses.isDue
        }
        if isDue { flush() }
    }

    /// Writes down what was used. It happens by itself every now and then.
    public func flush() {
        let uses = takeUses()
        guard !uses.isEmpty else { return }
        _ = withIndex { (i) throws(SQLiteError) in
            try i.transaction { () throws(SQLiteError) in try i.touch(uses) }
        }
    }

    func takeUses() -> PendingUses {
        state.withLock { state in
            defer { state.uses = PendingUses() }
            return state.uses
        }
    }
}
