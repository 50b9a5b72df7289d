import Storage

extension Repository {
    /// The plaintext of a blob, verified.
    ///
    /// Costs one range read of a pack, and reading the rest of the index when what was loaded does not know the blob. Every
    /// pack that has the blob is tried, and one that gives other bytes than were stored twice. When that does not help,
    /// a damaged local index is made again; when packs have gone, the index is read again, once.
    ///
    /// - Parameter retention: how long a cache should keep the bytes; trees are metadata in any case.
    public func blob(
        _ id: BlobID, _ kind: BlobKind, retention: ReadAdvice.Retention = .content
    ) throws(RepositoryError) -> [UInt8] {
        do throws(RepositoryError) {
            return try blobAsIndexed(id, kind, retention)
        } catch {
            guard error.concernsContent else { throw error }
            var isWorthRetrying = try repairLocalIndex()
            if !isIndexComplete {
                // Another pack may have it.
                try completeSoundIndex()
                isWorthRetrying = true
            }
            if !isWorthRetrying, case .storage(let fault) = error, fault.isNotFound {
                try loadSoundIndex()
                isWorthRetrying = true
            }
            guard isWorthRetrying else { throw error }
            return try blobAsIndexed(id, kind, retention)
        }
    }

    /// The text of a tree's blob.
    public func treeText(_ id: TreeID) throws(RepositoryError) -> [UInt8] {
        try blob(id.blob, .tree)
    }

    /// A directory's listing.
    public func tree(_ id: TreeID) throws(RepositoryError) -> Tree {
        let text = try treeText(id)
        do throws(Damage) { return try Tree(parsing: text) } catch { throw .damagedBlob(id.blob, .tree, error) }
    }

    /// Hands over many blobs with few reads, each blob once, in the order in which they are stored.
    ///
    /// Neighbours in a pack are read together when at most 1 MiB lies between them, at most 32 MiB at a time. A blob that
    /// cannot be had from there is tried as `blob` does.
    ///
    /// - Parameters:
    ///   - retention: how long a cache should keep the bytes; trees are metadata in any case.
    ///   - windowed: whether small metadata comes with what lies around it, as with `blob`; not for who has said all that will
    ///     be wanted.
    public func blobs(
        _ ids: some Sequence<BlobID>, _ kind: BlobKind, retention: ReadAdvice.Retention = .content,
        windowed: Bool = true,
        _ deliver: (_ id: BlobID, _ plaintext: [UInt8]) throws(RepositoryError) -> Void
    ) throws(RepositoryError) {
        let ids = Set(ids)
        let index = try index(knowing: ids, kind)
        var wanted: [BlobPlace] = []
        for id in ids {
            guard let place = index.firstPlace(of: id, kind) else {
                try deliver(id, try blob(id, kind, retention: retention))
                continue
            }
            wanted.append(place)
        }
        for range in CoalescedRange.ranges(of: wanted) {
            let advice =
                windowed
                ? Self.advice(on: range.bytes, packEnd: range.packEnd, kind, retention)
                : ReadAdvice(retention: kind == .tree ? .metadata : retention)
            let bytes = try? store.read(ObjectName(.data, range.pack.digest), range: range.bytes, advice: advice)
            for entry in range.entries {
                var plaintext: [UInt8]?
                if let bytes {
                    let start = entry.offset - range.bytes.lowerBound
                    plaintext = try? plaintextOf(bytes[start..<start + entry.length], entry)
                }
                if plaintext == nil { plaintext = try blob(entry.id, kind, retention: retention) }
                try deliver(entry.id, plaintext ?? [])
            }
        }
    }

    /// Blobs in groups that `blobs` reads with one request each, of some `limit` bytes, for who makes several requests at a
    /// time; those that the index does not know are left out.
    public func neighbours(_ ids: some Sequence<BlobID>, _ kind: BlobKind, limit: Int) -> [[BlobID]] {
        let ids = Set(ids)
        let index = (try? index(knowing: ids, kind)) ?? loadedIndex
        let places = ids.compactMap { index.firstPlace(of: $0, kind) }
        return CoalescedRange.ranges(of: places, gapLimit: CoalescedRange.gapAmongMany, sizeLimit: limit).map {
            $0.entries.map(\.id)
        }
    }

    /// What a pack says that it holds, read from its end; a list that makes no sense is read once more.
    public func packEntries(_ pack: PackID, size: Int) throws(RepositoryError) -> [PackEntry] {
        var start = size
        do throws(RepositoryError) {
            return try packEntries(pack, size: size, readFrom: &start)
        } catch {
            guard case .damaged = error, start < size else { throw error }
            store.forget(ObjectName(.data, pack.digest), range: start..<size)
            return try packEntries(pack, size: size, readFrom: &start)
        }
    }

    private func packEntries(
        _ pack: PackID, size: Int, readFrom start: inout Int
    ) throws(RepositoryError) -> [PackEntry] {
        let name = ObjectName(.data, pack.digest)
        let guess = min(size, 15 * 41 + 36)
        guard guess >= PackHeader.lengthFieldSize else { throw .damaged(name, .tooShort(size)) }
        start = size - guess
        var end = try read(name, start..<size)
        let length = end.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length >= BoxCipher.overhead, length <= PackHeader.sizeLimit, length + 4 <= size else {
            throw .damaged(name, .badPackHeader)
        }
        let boxStart = size - 4 - length
        if boxStart < start {
            start = boxStart
            end = try read(name, start..<size)
        }
        var box = [UInt8](end.suffix(4 + length).dropLast(4))
        return try toolboxes.use { (toolbox) throws(RepositoryError) in
            do throws(Damage) {
                try toolbox.cipher.open(&box)
                return try box.lend { (header) throws(Damage) in
                    try PackHeader.parse(header, contentSize: boxStart)
                }
            } catch {
                throw .damaged(name, error)
            }
        }
    }

    private func read(_ name: ObjectName, _ range: Range<Int>) throws(RepositoryError) -> [UInt8] {
        do throws(StorageError) { return try store.read(name, range: range) } catch { throw .storage(error) }
    }

    /// Opens a blob's box and verifies it; `box` is the box's bytes, of which no copy is made.
    package func plaintextOf(_ box: ArraySlice<UInt8>, _ entry: PackEntry) throws(RepositoryError) -> [UInt8] {
        try toolboxes.use { (toolbox) throws(RepositoryError) in
            do throws(Damage) {
                return try box.withUnsafeBufferPointer { (box) throws(Damage) in
                    try toolbox.plaintext(of: UnsafeRawBufferPointer(box), entry)
                }
            } catch {
                throw .damagedBlob(entry.id, entry.kind, error)
            }
        }
    }

    /// Neighbours of trees and records are wanted next; those of media are not.
    static func advice(
        on range: Range<Int>, packEnd: Int, _ kind: BlobKind, _ retention: ReadAdvice.Retention
    ) -> ReadAdvice {
        guard kind == .tree || retention == .metadata else { return ReadAdvice(retention: retention) }
        return ReadAdvice(window: BlobPlace.window(around: range, packEnd: packEnd), retention: .metadata)
    }

    private func blobAsIndexed(
        _ id: BlobID, _ kind: BlobKind, _ retention: ReadAdvice.Retention
    ) throws(RepositoryError) -> [UInt8] {
        var failure: RepositoryError?
        for place in try index(knowing: CollectionOfOne(id), kind).places(of: id, kind) {
            do throws(RepositoryError) {
                return try blob(at: place, retention)
            } catch {
                // A missing pack is worth another look at the index, so it is what to tell.
                if case .storage(let fault) = error, fault.isNotFound { failure = error }
                if failure == nil { failure = error }
            }
        }
        throw failure ?? .missingBlob(id, kind)
    }

    /// Reads one place; other bytes than were stored are read once more from where the pack lives.
    private func blob(at place: BlobPlace, _ retention: ReadAdvice.Retention) throws(RepositoryError) -> [UInt8] {
        let name = ObjectName(.data, place.pack.digest)
        let range = place.entry.range
        let advice = Self.advice(on: range, packEnd: place.packEnd, place.entry.kind, retention)
        var isSecond = false
        while true {
            let box: [UInt8]
            do throws(StorageError) {
                box = try store.read(name, range: range, advice: advice)
            } catch { throw .storage(error) }
            do throws(RepositoryError) {
                return try plaintextOf(box[...], place.entry)
            } catch {
                guard case .damagedBlob = error, !isSecond else { throw error }
                store.forget(name, range: range)
                isSecond = true
            }
        }
    }
}

extension Toolbox {
    /// Opens a blob's box, inflates it and compares it with its name. The box stays as it is.
    package func plaintext(of box: UnsafeRawBufferPointer, _ entry: PackEntry) throws(Damage) -> [UInt8] {
        guard box.count >= BoxCipher.overhead else { throw .tooShort(box.count) }
        let count = box.count - BoxCipher.overhead
        let plaintext: [UInt8]
        if let length = entry.uncompressedLength {
            // An index can promise four times that, and some kilobytes of zstd can keep the promise.
            guard length <= WritePipeline.blobLimit else { throw .badCompression }
            plaintext = try withScratch(count) { (frame) throws(Damage) in
                try cipher.open(box, into: frame)
                return try zstd.inflate(UnsafeRawBufferPointer(frame), size: length)
            }
        } else {
            plaintext = try [UInt8](unsafeUninitializedCapacity: count) { (buffer, filled) throws(Damage) in
                let target = UnsafeMutableRawBufferPointer(buffer)
                try cipher.open(box, into: UnsafeMutableRawBufferPointer(rebasing: target[..<count]))
                filled = count
            }
        }
        guard SHA256Digest(hashing: plaintext) == entry.id.digest else { throw .wrongHash }
        return plaintext
    }
}

/// Neighbouring blobs of a pack that are read together.
struct CoalescedRange {
    let pack: PackID
    let packEnd: Int
    var bytes: Range<Int>
    var entries: [PackEntry]

    /// The widest gap that is read and thrown away: at 100 Mbit/s a MiB takes as long as asking again at 80 ms.
    static let gapLimit = 1 << 20
    /// The same where requests are made beside each other: 64 KiB take 5 ms, and what another request waits for passes
    /// while others are answered.
    static let gapAmongMany = 64 << 10
    /// The most bytes in one read.
    static let sizeLimit = 32 << 20

    /// Sorts places and joins neighbours.
    static func ranges(
        of places: [BlobPlace], gapLimit: Int = gapLimit, sizeLimit: Int = sizeLimit
    ) -> [CoalescedRange] {
        var ranges: [CoalescedRange] = []
        let sorted = places.sorted { ($0.pack, $0.entry.offset) < ($1.pack, $1.entry.offset) }
        for place in sorted {
            let entry = place.entry
            if var last = ranges.last, last.pack == place.pack,
                entry.range.lowerBound - last.bytes.upperBound <= gapLimit,
                entry.range.upperBound - last.bytes.lowerBound <= sizeLimit
            {
                last.bytes = last.bytes.lowerBound..<max(last.bytes.upperBound, entry.range.upperBound)
                last.entries.append(entry)
                ranges[ranges.count - 1] = last
            } else {
                ranges.append(
                    CoalescedRange(pack: place.pack, packEnd: place.packEnd, bytes: entry.range, entries: [entry]))
            }
        }
        return ranges
    }
}
