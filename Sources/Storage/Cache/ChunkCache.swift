import Glibc
import SQLite
import Synchronization

/// Pieces of stored objects on the disk of this machine, as they were fetched and so encrypted; shared by all processes
/// of the user.
///
///     <path>/              mode 0700
///       index.sqlite       which piece of which object lies where: CacheIndex
///       <16 hex>.slab      the bytes: SlabFolder
///       lock               held while the index is opened or replaced
///
/// It never makes a reader fail. A piece is written before the index says so, and its checksum is verified whenever it is
/// read; what is torn, damaged, dropped or overwritten by then is missing, and is fetched again. A folder that is deleted,
/// full or not writable, and an index that is damaged, mean that less is kept; it is tried again after some seconds.
public final class ChunkCache: Sendable {
    /// The cache's folder.
    public let path: String
    /// The most bytes of pieces on the disk. The index comes on top, some hundred bytes a piece and at most 2 MiB of log.
    public let limit: Int

    let slabs: SlabFolder
    let state: Mutex<State>
    /// One puts at a time, so that the limit is exceeded by one batch at most.
    let putting = Mutex(())
    let report: @Sendable (CacheTrouble) -> Void
    let clock: @Sendable () -> Int64

    /// After how many seconds something that failed is tried again.
    static let patience = Duration.seconds(5)

    struct State {
        var index: CacheIndex?
        /// The file that is open, to find out that it was deleted or replaced.
        var file: FileIdentity?
        var lookedAt: ContinuousClock.Instant?
        /// Not tried before.
        var unusableUntil: ContinuousClock.Instant?
        var fullUntil: ContinuousClock.Instant?
        var reported: Set<CacheTrouble> = []
        var uses = PendingUses()
        /// Whether the file system gives back parts of files. If not, slabs go as a whole.
        var punchesHoles: Bool
    }

    /// A cache in a folder, which is made when it is first needed.
    ///
    /// - Parameters:
    ///   - limit: the most bytes; nil for `defaultLimit`.
    ///   - report: is told once what does not work, from any thread.
    public convenience init(
        path: String, limit: Int? = nil, report: @escaping @Sendable (CacheTrouble) -> Void = { _ in }
    ) {
        self.init(path: path, limit: limit, punchesHoles: true, clock: WallTime.microseconds, report: report)
    }

    package init(
        path: String, limit: Int?, punchesHoles: Bool, clock: @escaping @Sendable () -> Int64,
        report: @escaping @Sendable (CacheTrouble) -> Void
    ) {
        self.path = path
        self.limit = max(0, limit ?? Self.defaultLimit(path: path))
        self.clock = clock
        self.report = report
        slabs = SlabFolder(path: path, slabSize: min(256 << 20, max(1 << 20, self.limit / 16)))
        state = Mutex(State(punchesHoles: punchesHoles))
    }

    deinit { flush() }

    /// 10 GiB or a tenth of the free disk, the smaller.
    public static func defaultLimit(path: String) -> Int {
        var path = path[...]
        var status = statvfs()
        while statvfs(path.isEmpty ? "/" : String(path), &status) != 0 {
            guard let slash = path.lastIndex(of: "/") else { return 10 << 30 }
            path = path[..<slash]
        }
        let (free, overflow) = Int(clamping: status.f_bavail).multipliedReportingOverflow(
            by: Int(clamping: status.f_frsize))
        return min(10 << 30, (overflow ? Int.max : free) / 10)
    }

    // MARK: Looking up

    /// Fills a buffer that stands for a range of an object with what is kept of it; returns which part that is. The rest
    /// of the buffer may hold anything.
    func read(
        _ namespace: String, _ name: ObjectName, _ range: Range<Int>, into buffer: UnsafeMutableRawBufferPointer,
        _ retention: ReadAdvice.Retention
    ) -> RangeSet {
        guard !range.isEmpty else { return RangeSet() }
        // A piece that turns out to be bad may have overwritten a good one, as two processes can add overlapping pieces:
        // then it is dropped, and the others are read again.
        for _ in 0..<3 {
            guard let entries = withIndex({ (i) throws(SQLiteError) in try i.entries(namespace, name, range) }) else {
                break
            }
            let bad = entries.filter { !read($0, of: name, namespace, range, into: buffer) }
            if bad.isEmpty {
                touch(entries, retention)
                return RangeSet(entries.map { $0.range.clamped(to: range) })
            }
            drop(entries: bad.map(\.id))
        }
        return RangeSet()
    }

    /// Reads a piece, verifies it and puts what of it is in the range into the buffer; false when it is not what was put.
    private func read(
        _ entry: CacheIndex.Entry, of name: ObjectName, _ namespace: String, _ range: Range<Int>,
        into buffer: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let part = entry.range.clamped(to: range)
        let target = UnsafeMutableRawBufferPointer(
            rebasing: buffer[part.lowerBound - range.lowerBound..<part.upperBound - range.lowerBound])
        if part == entry.range { return isRight(entry, of: name, namespace, target) }
        return withUnsafeTemporaryAllocation(byteCount: entry.range.count, alignment: 16) { piece in
            guard isRight(entry, of: name, namespace, piece) else { return false }
            let start = part.lowerBound - entry.range.lowerBound
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: piece[start..<start + part.count]))
            return true
        }
    }

    /// Reads a piece whole; false when it is not what was put.
    func isRight(
        _ entry: CacheIndex.Entry, of name: ObjectName, _ namespace: String, _ piece: UnsafeMutableRawBufferPointer
    ) -> Bool {
        slabs.read(entry.place, into: piece)
            && XXH64.hash(UnsafeRawBufferPointer(piece), seed: CacheIndex.seed(namespace, name, entry.range))
                == entry.checksum
    }

    /// Which part of a range is kept, without looking at the bytes; nil when the cache cannot be used.
    func coverage(_ namespace: String, _ name: ObjectName, _ range: Range<Int>) -> RangeSet? {
        guard !range.isEmpty else { return RangeSet() }
        let entries = withIndex { (i) throws(SQLiteError) in try i.entries(namespace, name, range) }
        return entries.map { RangeSet($0.map { $0.range.clamped(to: range) }) }
    }

    /// The size of an object that was once read or written whole.
    func size(_ namespace: String, _ name: ObjectName) -> Int? {
        withIndex { (i) throws(SQLiteError) in try i.size(namespace, name) } ?? nil
    }

    // MARK: Keeping

    /// Keeps the bytes of an object from `start` on, as far as they are not kept already.
    ///
    /// - Parameter size: the object's, when the bytes are all of it.
    func put(
        _ namespace: String, _ name: ObjectName, at start: Int, _ bytes: [UInt8], _ retention: ReadAdvice.Retention,
        size: Int? = nil
    ) {
        guard isWritable else { return }
        let batchLimit = min(4 << 20, limit / 4)
        putting.withLock { _ in
            let range = start..<start + bytes.count
            guard let kept = coverage(namespace, name, range) else { return }
            var parts = kept.missing(in: range).flatMap(Self.pieces)
            repeat {
                var batch: [Range<Int>] = []
                var charge = 0
                while let next = parts.first, batch.isEmpty || charge + SlabFolder.charge(next.count) <= batchLimit {
                    charge += SlabFolder.charge(next.count)
                    batch.append(parts.removeFirst())
                }
                guard charge <= batchLimit, charge > 0 || size != nil else { return }
                let slices = batch.map { bytes[$0.lowerBound - start..<$0.upperBound - start] }
                guard keep(namespace, name, batch, slices, retention, size: size) else { return }
            } while !parts.isEmpty
        }
    }

    private func keep(
        _ namespace: String, _ name: ObjectName, _ ranges: [Range<Int>], _ slices: [ArraySlice<UInt8>],
        _ retention: ReadAdvice.Retention, size: Int?
    ) -> Bool {
        var places: [SlabFolder.Place] = []
        if !ranges.isEmpty {
            switch slabs.append(
                slices,
                end: { slab in
                    self.withIndex { (i) throws(SQLiteError) in try i.end(ofSlab: slab) }
                })
            {
            case .success(let found): places = found
            case .failure(let fault):
                pauseWriting(fault.errno)
                return false
            }
        }
        var pieces: [CacheIndex.Piece] = []
        for ((range, slice), place) in zip(zip(ranges, slices), places) {
            let seed = CacheIndex.seed(namespace, name, range)
            let checksum = slice.withUnsafeBytes { XXH64.hash($0, seed: seed) }
            pieces.append(CacheIndex.Piece(range: range, place: place, checksum: checksum))
        }
        let (now, limit, bySlab, uses) = (clock(), limit, !punchesHoles, takeUses())
        let dropped = withIndex { [pieces] (i) throws(SQLiteError) in
            try i.transaction { () throws(SQLiteError) in
                // What goes depends on what was used.
                try i.touch(uses)
                return try i.add(
                    pieces, of: name, namespace, retention, size: size, used: now, limit: limit, bySlab: bySlab)
            }
        }
        guard let dropped else {
            slabs.punch(pieces.map { ($0.place, $0.range.count) })
            return false
        }
        giveBack(dropped)
        return true
    }

    /// Cuts a range at multiples of the largest piece.
    static func pieces(of range: Range<Int>) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(range.upperBound, (start / CacheIndex.pieceLimit + 1) * CacheIndex.pieceLimit)
            pieces.append(start..<end)
            start = end
        }
        return pieces
    }

    // MARK: Dropping

    /// Drops what is kept of an object, or of a range of it; false when it may still be there.
    @discardableResult
    func drop(_ namespace: String, _ name: ObjectName, _ range: Range<Int>? = nil) -> Bool {
        guard let dropped = withIndex({ (i) throws(SQLiteError) in try i.drop(namespace, name, range) }) else {
            return false
        }
        giveBack(dropped)
        return true
    }

    func drop(entries ids: [Int64]) {
        let dropped = withIndex { (i) throws(SQLiteError) in
            try i.transaction { () throws(SQLiteError) in
                var dropped: [CacheIndex.Dropped] = []
                for id in ids { dropped += try i.drop("id = ?", [id]) }
                return dropped
            }
        }
        giveBack(dropped ?? [])
    }

    private var punchesHoles: Bool { state.withLock { $0.punchesHoles } }

    /// Gives space back, after the index has forgotten it.
    func giveBack(_ dropped: [CacheIndex.Dropped]) {
        guard !dropped.isEmpty else { return }
        if punchesHoles, !slabs.punch(dropped.map { ($0.place, $0.count) }) {
            state.withLock { $0.punchesHoles = false }
        }
        let touched = Set(dropped.map(\.place.slab))
        let empty = withIndex { (i) throws(SQLiteError) in
            var empty: [Int64] = []
            for slab in touched where try i.end(ofSlab: slab) == 0 { empty.append(slab) }
            return empty
        }
        // Nothing points to it; whoever appends to it finds out that it is gone.
        let isSparse = punchesHoles
        for slab in empty ?? [] { if isSparse { slabs.removeIfLeft(slab) } else { slabs.remove(slab) } }
        // Slabs with little left in them are few, or else there would be a file for every piece in the end.
        guard touched.count > 1 else { return }
        let most = max(64, limit / slabs.slabSize * 4)
        let sparsest = withIndex { (i) throws(SQLiteError) in try i.dropSparsest(beyond: most) } ?? []
        slabs.punch(sparsest.map { ($0.place, $0.count) })
        if let slab = sparsest.first?.place.slab { slabs.removeIfLeft(slab) }
    }
}
