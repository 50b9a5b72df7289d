import Storage

/// How much of some blobs is on this machine; bytes as they are stored.
public struct KeptBytes: Hashable, Sendable {
    /// Of all blobs that an index file knows.
    public var whole = 0
    /// Of these, what a reader would have to fetch.
    public var missing = 0

    /// What a reader has without asking anybody.
    public var kept: Int { whole - missing }
}

extension Repository {
    /// Brings blobs to this machine: a store that keeps what is read fetches those that it lacks, any other does nothing.
    ///
    /// Neighbours in a pack share a request, and several packs are asked at a time. Blobs that no index file knows are
    /// left out. `progress` is told, from any thread, of the bytes of each pack that has been looked after.
    ///
    /// - Parameter windowed: with what a reader of metadata is likely to want next.
    public func fetch(
        _ ids: some Sequence<BlobID>, _ kind: BlobKind, retention: ReadAdvice.Retention, windowed: Bool = true,
        progress: @escaping @Sendable (_ bytes: Int) -> Void = { _ in }
    ) throws(RepositoryError) {
        let packs = try places(of: Set(ids), kind).map { (pack, places) in
            let ranges = places.map { place in
                let range = place.entry.range
                guard windowed else { return range }
                return Self.advice(on: range, packEnd: place.packEnd, kind, retention).window ?? range
            }
            return (id: pack, ranges: ranges, size: places.reduce(0) { $0 + $1.entry.length })
        }
        let store = store
        _ = try concurrently(packs, atOnce: store.requestsInFlight) { (pack) throws(RepositoryError) in
            do throws(StorageError) {
                try store.prefetch(ObjectName(.data, pack.id.digest), ranges: pack.ranges, retention: retention)
            } catch {
                throw .storage(error)
            }
            progress(pack.size)
        }
    }

    /// How much of blobs is on this machine. Blobs that no index file knows are left out. Reads no pack.
    public func keptBytes(of ids: some Sequence<BlobID>, _ kind: BlobKind) throws(RepositoryError) -> KeptBytes {
        var bytes = KeptBytes()
        for (pack, places) in try places(of: Set(ids), kind) {
            bytes.whole += places.reduce(0) { $0 + $1.entry.length }
            bytes.missing += store.missing(ObjectName(.data, pack.digest), ranges: places.map(\.entry.range))
        }
        return bytes
    }

    /// Where blobs lie, by pack.
    private func places(
        of ids: Set<BlobID>, _ kind: BlobKind
    ) throws(RepositoryError) -> [(pack: PackID, places: [BlobPlace])] {
        let index = try index(knowing: ids, kind)
        var places: [PackID: [BlobPlace]] = [:]
        for place in ids.lazy.compactMap({ index.firstPlace(of: $0, kind) }) {
            places[place.pack, default: []].append(place)
        }
        return places.sorted { $0.key < $1.key }.map { (pack: $0.key, places: $0.value) }
    }
}
