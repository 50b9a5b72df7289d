import Synchronization

/// A store with a cache before it: what was read or written once is read from this machine.
///
/// Kept are ranges of packs, and whole index, snapshot, key and config files. Locks are never kept, and a listing is
/// answered from the cache only when there is no network to be used.
///
/// What a name stands for never changes while the repository is the same. Another one in its place has another `config` and
/// other keys: who must know reads `config` with advice that it be current, and lists the keys.
public final class CachedStore: ObjectStore {
    let inner: any ObjectStore
    let cache: ChunkCache
    let flights = SingleFlight()
    /// What is known to be wrong and could not be dropped.
    private let distrusted = Mutex<Set<ObjectName>>([])

    /// Whether the network is not to be used: what is not kept throws `.offline`, and so does every change.
    public let isOffline: Bool
    /// The widest gap between missing ranges that is fetched with them, in bytes.
    public let gapLimit: Int
    /// The largest pack that is kept when this process writes it, in bytes.
    public let writtenPackLimit: Int

    /// Puts a cache before a store.
    ///
    /// - Parameters:
    ///   - gapLimit: at 100 Mbit/s, 128 KiB take half of the 20 ms that another request would.
    ///   - writtenPackLimit: the packs of a daily backup are below it, and the next mount reads them.
    public init(
        _ inner: any ObjectStore, cache: ChunkCache, offline: Bool = false, gapLimit: Int = 128 << 10,
        writtenPackLimit: Int = 4 << 20
    ) {
        self.inner = inner
        self.cache = cache
        isOffline = offline
        self.gapLimit = gapLimit
        self.writtenPackLimit = writtenPackLimit
    }

    /// The store's own.
    public var location: String { inner.location }

    /// The store's own.
    public var requestsInFlight: Int { inner.requestsInFlight }

    // MARK: Reading

    /// See `ObjectStore`.
    public func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8] {
        try read(name, range: range, advice: ReadAdvice())
    }

    /// See `ObjectStore`. One request brings the range's missing part with as much of the window as lies beside it.
    public func read(_ name: ObjectName, range: Range<Int>?, advice: ReadAdvice) throws(StorageError) -> [UInt8] {
        guard name.kind != .locks, isTrusted(name) else {
            try online(.object(name))
            return try inner.read(name, range: range)
        }
        if advice.isCurrent, range == nil, !isOffline { return try readCurrent(name) }
        let retention = name.kind == .data ? advice.retention : .metadata
        guard let range else { return try readWhole(name, retention) }
        guard range.lowerBound >= 0, !range.isEmpty, range.count <= name.sizeLimit else {
            try online(.object(name))
            return try inner.read(name, range: range)
        }
        // A window elsewhere would be another request.
        let window = advice.window.flatMap { $0.lowerBound >= 0 && $0.overlaps(range) ? $0 : nil }
        return try read(name, range, window: window ?? range, retention)
    }

    private func read(
        _ name: ObjectName, _ range: Range<Int>, window: Range<Int>, _ retention: ReadAdvice.Retention
    ) throws(StorageError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var present = RangeSet()
        var failures = 0
        while true {
            let landings = flights.landings(name)
            if present.ranges.isEmpty {
                present = bytes.withUnsafeMutableBytes { cache.read(location, name, range, into: $0, retention) }
            }
            let missing = present.missing(in: range)
            guard !missing.isEmpty else { return bytes }
            try online(.object(name))
            var around = present
            if window != range { around.insert(cache.coverage(location, name, window) ?? RangeSet()) }
            let planned = flights.plan(name, since: landings) { [around, present] flying in
                var around = around
                // What could not be read is missing, though the index has it.
                for gap in missing { around = RangeSet(around.outside(gap)) }
                around.insert(present)
                around.insert(RangeSet(flying.map(\.target)))
                return FetchPlan.requests(for: range, window: window, present: around, gap: gapLimit)
            }
            guard let (mine, others) = planned else {
                present = RangeSet()
                continue
            }
            try fetch(mine, wanted: range, retention) { start, fetched in
                present.insert(Self.copy(fetched, from: start, to: &bytes, at: range.lowerBound))
            }
            for flight in others where missing.contains(where: { $0.overlaps(flight.target) }) {
                do throws(StorageError) {
                    let fetched = try flight.bytes()
                    present.insert(
                        Self.copy(fetched, from: flight.target.lowerBound, to: &bytes, at: range.lowerBound))
                } catch {
                    // It may have asked for more than this reader.
                    failures += 1
                    if failures > 1 { throw error }
                }
            }
            if let gap = present.missing(in: range).first, others.isEmpty {
                throw .truncated(
                    .object(name), expected: range.upperBound, actual: gap.lowerBound, location: location)
            }
        }
    }

    /// Makes requests that are this reader's to make, keeps what they bring and hands it over.
    func fetch(
        _ mine: [SingleFlight.Flight], wanted: Range<Int>, _ retention: ReadAdvice.Retention,
        _ deliver: (_ start: Int, _ bytes: [UInt8]) -> Void
    ) throws(StorageError) {
        var failure: StorageError?
        for flight in mine {
            if let failure {
                flights.land(flight, .failure(failure))
                continue
            }
            do throws(StorageError) {
                let (start, bytes) = try request(flight.name, flight.target, wanted)
                if flights.isTrusted(flight) {
                    cache.put(location, flight.name, at: start, bytes, retention)
                }
                // Others expect the bytes to start where the request does.
                flights.land(flight, .success(start == flight.target.lowerBound ? bytes : []))
                deliver(start, bytes)
            } catch {
                if error.isNotFound { cache.drop(location, flight.name) }
                flights.land(flight, .failure(error))
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// A window may reach beyond the object's end; then the request is made again for what there is.
    private func request(
        _ name: ObjectName, _ range: Range<Int>, _ wanted: Range<Int>
    ) throws(StorageError) -> (start: Int, bytes: [UInt8]) {
        do throws(StorageError) {
            return (range.lowerBound, try inner.read(name, range: range))
        } catch {
            let needed = range.clamped(to: wanted)
            guard case .truncated(_, _, let actual, _) = error, needed != range else { throw error }
            if actual >= needed.upperBound, actual < range.upperBound {
                return (range.lowerBound, try inner.read(name, range: range.lowerBound..<actual))
            }
            return (needed.lowerBound, try inner.read(name, range: needed))
        }
    }

    private func readWhole(_ name: ObjectName, _ retention: ReadAdvice.Retention) throws(StorageError) -> [UInt8] {
        var failures = 0
        while true {
            let landings = flights.landings(name)
            if let bytes = wholeFromCache(name, retention) { return bytes }
            try online(.object(name))
            let planned = flights.plan(name, since: landings) { flying in
                flying.contains { $0.range == nil } ? [] : [nil]
            }
            guard let (mine, others) = planned else { continue }
            guard let flight = mine.first else {
                guard let other = others.first(where: { $0.range == nil }) else { continue }
                do throws(StorageError) { return try other.bytes() } catch {
                    failures += 1
                    if failures > 1 { throw error }
                    continue
                }
            }
            do throws(StorageError) {
                let bytes = try inner.read(name, range: nil)
                if Self.isGenuine(bytes, name), flights.isTrusted(flight) {
                    cache.put(location, name, at: 0, bytes, retention, size: bytes.count)
                }
                flights.land(flight, .success(bytes))
                return bytes
            } catch {
                if error.isNotFound { cache.drop(location, name) }
                flights.land(flight, .failure(error))
                throw error
            }
        }
    }

    /// Reads from the store, whatever is kept, and keeps that instead.
    private func readCurrent(_ name: ObjectName) throws(StorageError) -> [UInt8] {
        let bytes: [UInt8]
        do throws(StorageError) { bytes = try inner.read(name, range: nil) } catch {
            if error.isNotFound { forget(name, range: nil) }
            throw error
        }
        if wholeFromCache(name, .metadata) != bytes { replace(name, bytes) }
        return bytes
    }

    /// Keeps bytes instead of others of the same name.
    private func replace(_ name: ObjectName, _ bytes: [UInt8]) {
        forget(name, range: nil)
        guard Self.isGenuine(bytes, name), isTrusted(name) else { return }
        cache.put(location, name, at: 0, bytes, .metadata, size: bytes.count)
    }

    private func wholeFromCache(_ name: ObjectName, _ retention: ReadAdvice.Retention) -> [UInt8]? {
        guard let size = cache.size(location, name), size <= name.sizeLimit else { return nil }
        var bytes = [UInt8](repeating: 0, count: size)
        let present = bytes.withUnsafeMutableBytes { cache.read(location, name, 0..<size, into: $0, retention) }
        guard present.missing(in: 0..<size).isEmpty else { return nil }
        guard Self.isGenuine(bytes, name) else {
            cache.drop(location, name)
            return nil
        }
        return bytes
    }

    /// Fetches into the cache what is missing of some ranges, without handing it over. Neighbours share a request; a
    /// request has at most 16 MiB.
    public func prefetch(
        _ name: ObjectName, ranges: [Range<Int>], retention: ReadAdvice.Retention
    ) throws(StorageError) {
        let wanted = RangeSet(ranges.filter { $0.lowerBound >= 0 })
        guard name.kind != .locks, let first = wanted.ranges.first, let last = wanted.ranges.last else { return }
        // Without a cache there is nowhere to keep it.
        guard let kept = cache.coverage(location, name, first.lowerBound..<last.upperBound) else { return }
        let missing = wanted.ranges.flatMap { kept.missing(in: $0) }.flatMap { range in
            stride(from: range.lowerBound, to: range.upperBound, by: Self.prefetchSize).map {
                $0..<min(range.upperBound, $0 + Self.prefetchSize)
            }
        }
        for run in FetchPlan.joined(missing, gap: gapLimit, size: Self.prefetchSize) {
            try online(.object(name))
            let (mine, others) = flights.plan(name) { RangeSet($0.map(\.target)).missing(in: run) }
            try fetch(mine, wanted: run, retention) { _, _ in }
            for flight in others where flight.target.overlaps(run) { _ = try flight.bytes() }
        }
    }

    private static let prefetchSize = 16 << 20

    /// See `ObjectStore`. Looks at the index of the cache, not at the bytes.
    public func missing(_ name: ObjectName, ranges: [Range<Int>]) -> Int {
        let wanted = RangeSet(ranges).ranges
        let all = (wanted.first?.lowerBound ?? 0)..<(wanted.last?.upperBound ?? 0)
        let kept = isTrusted(name) ? cache.coverage(location, name, all) ?? RangeSet() : RangeSet()
        return wanted.flatMap { kept.missing(in: $0) }.reduce(0) { $0 + $1.count }
    }

    /// The size, from the cache when the object was once read or written whole. Whether there is a `config`, a key or a lock
    /// is for the store to say.
    public func size(of name: ObjectName) throws(StorageError) -> Int {
        let mayBeKept = isOffline ? name.kind != .locks : [.data, .index, .snapshots].contains(name.kind)
        if mayBeKept, isTrusted(name), let size = cache.size(location, name) { return size }
        try online(.object(name))
        return try inner.size(of: name)
    }

    /// See `ObjectStore`.
    public func forget(_ name: ObjectName, range: Range<Int>?) {
        flights.abandon(name)
        let range = name.kind == .data ? range : nil
        if !cache.drop(location, name, range) { _ = distrusted.withLock { $0.insert(name) } }
        inner.forget(name, range: range)
    }

    private func isTrusted(_ name: ObjectName) -> Bool {
        guard distrusted.withLock({ $0.contains(name) }) else { return true }
        guard cache.drop(location, name) else { return false }
        _ = distrusted.withLock { $0.remove(name) }
        return true
    }

    // MARK: Listing and changing

    /// See `ObjectStore`. Offline: the last listing that was seen, with what was written and removed since. Keys that have
    /// gone are dropped, as their passwords may have been changed.
    public func list(_ kind: ObjectKind) throws(StorageError) -> [StoredObject] {
        guard kind != .locks else {
            try online(.listing(kind))
            return try inner.list(kind)
        }
        if isOffline {
            guard let listing = cache.listing(of: kind, location) else {
                throw .offline(.listing(kind), location: location)
            }
            return listing
        }
        let change = cache.lastChange(location, kind)
        let listing = try inner.list(kind)
        if kind == .keys {
            let gone = Set((cache.listing(of: kind, location) ?? []).map(\.name)).subtracting(listing.map(\.name))
            for name in gone { forget(name, range: nil) }
        }
        if let change { cache.keep(listing, of: kind, location, upTo: change) }
        return listing
    }

    /// See `ObjectStore`. What is small and will be read by the next mount is kept.
    public func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) {
        try online(.object(name))
        try inner.write(name, bytes)
        guard name.kind != .locks else { return }
        cache.note(name, size: bytes.count, location)
        if name == .config { return replace(name, bytes) }
        let isPack = name.kind == .data
        if !isPack || bytes.count <= writtenPackLimit, Self.isGenuine(bytes, name) {
            // A pack's bytes become metadata when they are read as such.
            cache.put(location, name, at: 0, bytes, isPack ? .content : .metadata, size: bytes.count)
        }
    }

    /// See `ObjectStore`.
    public func remove(_ name: ObjectName) throws(StorageError) {
        try online(.object(name))
        try inner.remove(name)
        guard name.kind != .locks else { return }
        forget(name, range: nil)
        cache.note(name, size: nil, location)
    }

    /// See `ObjectStore`.
    public func removeLeftovers() { inner.removeLeftovers() }

    /// See `ObjectStore`.
    public func createLayout() throws(StorageError) {
        try online(.store)
        try inner.createLayout()
    }

    // MARK: Small parts

    private func online(_ subject: StorageSubject) throws(StorageError) {
        if isOffline { throw .offline(subject, location: location) }
    }

    /// Whether whole files are what their names say. Of packs the pieces are authenticated above.
    private static func isGenuine(_ bytes: [UInt8], _ name: ObjectName) -> Bool {
        guard name.kind != .data, let digest = name.digest else { return true }
        return SigningHash.sha256(bytes).withUnsafeBytes { SHA256Digest(copying: $0) } == digest
    }

    /// Copies what two ranges have in common; returns it.
    private static func copy(_ source: [UInt8], from start: Int, to target: inout [UInt8], at place: Int) -> Range<Int>
    {
        let common = (start..<start + source.count).clamped(to: place..<place + target.count)
        guard !common.isEmpty else { return 0..<0 }
        target.replaceSubrange(
            common.lowerBound - place..<common.upperBound - place,
            with: source[common.lowerBound - start..<common.upperBound - start])
        return common
    }
}
