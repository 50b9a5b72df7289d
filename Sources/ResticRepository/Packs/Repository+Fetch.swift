import Storage

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
        let ids = Set(ids)
        let index = try index(knowing: ids, kind)
        var ranges: [PackID: [Range<Int>]] = [:]
        var sizes: [PackID: Int] = [:]
        for id in ids {
            guard let place = index.firstPlace(of: id, kind) else { continue }
            sizes[place.pack, default: 0] += place.entry.length
            let range = place.entry.range
            let window = windowed ? Self.advice(on: range, packEnd: place.packEnd, kind, retention).window : nil
            ranges[place.pack, default: []].append(window ?? range)
        }
        let packs = ranges.sorted { $0.key < $1.key }.map { (id: $0.key, ranges: $0.value, size: sizes[$0.key] ?? 0) }
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
}
