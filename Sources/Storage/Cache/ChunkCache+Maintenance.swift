import Glibc
import SQLite

extension ChunkCache {
    /// Whether its files can be used; how much of what is to be kept fits is another question. Makes the cache when there is
    /// none.
    public var isUsable: Bool { withIndex { (i) throws(SQLiteError) in try i.count() } != nil }

    /// Whether there is none yet: nothing is kept, and who only looks makes none.
    private var isAbsent: Bool { access(indexPath, F_OK) != 0 && errno == ENOENT }

    /// What the cache holds. Costs a walk over the index; nil when the cache cannot be used.
    public func status() -> CacheStatus? {
        if isAbsent { return CacheStatus(path: path, limit: limit, holdings: []) }
        flush()
        guard let holdings = withIndex({ (i) throws(SQLiteError) in try i.holdings() }) else { return nil }
        return CacheStatus(path: path, limit: limit, holdings: holdings)
    }

    /// Drops everything that is kept of the store at a location, or of all stores when it is nil; other processes may go
    /// on meanwhile. False when the cache cannot be used.
    public func clear(_ location: String?) -> Bool {
        if isAbsent { return true }
        slabs.leaveTail()
        guard let dropped = withIndex({ (i) throws(SQLiteError) in try i.clear(location) }) else { return false }
        giveBack(dropped)
        removeUnusedSlabs()
        _ = withIndex { (i) throws(SQLiteError) in try i.database.execute("VACUUM") }
        return true
    }

    /// Reads every piece and drops what is not as it was put; nil when the cache cannot be used.
    ///
    /// - Parameter progress: is called after every piece with what was found so far; false ends it there.
    public func verify(_ progress: (CacheVerification) -> Bool = { _ in true }) -> CacheVerification? {
        if isAbsent { return CacheVerification() }
        guard let total = withIndex({ (i) throws(SQLiteError) in try i.count() }) else { return nil }
        var found = CacheVerification()
        found.total = total
        var last: Int64 = 0
        var buffer = [UInt8](repeating: 0, count: CacheIndex.pieceLimit)
        while true {
            let after = last
            guard let batch = withIndex({ (i) throws(SQLiteError) in try i.entries(after: after) }) else { return nil }
            guard let end = batch.last?.id else { break }
            for (id, named) in batch {
                found.entries += 1
                let isRight = buffer.withUnsafeMutableBytes { buffer in
                    guard let named else { return false }
                    let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<named.entry.range.count])
                    return self.isRight(named.entry, of: named.name, named.namespace, piece)
                }
                if isRight {
                    found.bytes += named?.entry.range.count ?? 0
                } else {
                    found.dropped += 1
                    drop(entries: [id])
                }
                if !progress(found) { return found }
            }
            last = end
        }
        _ = withIndex { (i) throws(SQLiteError) in try i.recount() }
        removeUnusedSlabs()
        return found
    }

    private func removeUnusedSlabs() {
        guard let used = withIndex({ (i) throws(SQLiteError) in try i.slabs() }) else { return }
        for slab in slabs.numbers() where !used.contains(slab) { slabs.removeIfLeft(slab) }
    }
}
