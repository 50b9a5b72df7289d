import Storage

/// Where blobs lie, in memory: 48 bytes a blob, sorted, found in one jump and a short search.
///
/// A value: readers keep the version that they have while a newer one is put together.
package struct BlobIndex: Sendable {
    /// An entry in memory.
    private struct Record: Sendable {
        let id: SHA256Digest
        /// The pack's number in `packs`; the highest bit says tree.
        let packAndKind: UInt32
        let offset: UInt32
        let length: UInt32
        /// 0 when the box holds the plaintext itself.
        let uncompressedLength: UInt32

        static let treeBit: UInt32 = 1 << 31
        var kind: BlobKind { packAndKind & Self.treeBit == 0 ? .data : .tree }
        var pack: Int { Int(packAndKind & ~Self.treeBit) }

        static func precedes(_ left: Record, _ right: Record) -> Bool {
            if left.id != right.id { return left.id < right.id }
            if left.kind != right.kind { return left.kind < right.kind }
            if left.packAndKind != right.packAndKind { return left.packAndKind < right.packAndKind }
            return left.offset < right.offset
        }

        static func isSame(_ left: Record, _ right: Record) -> Bool {
            left.id == right.id && left.packAndKind == right.packAndKind && left.offset == right.offset
        }
    }

    private var records: [Record] = []
    private var packs: [PackID] = []
    /// Where the last known box of each pack ends.
    private var packEnds: [Int] = []
    private var packNumbers: [PackID: UInt32] = [:]
    /// `starts[p]` is the first record whose id starts with the bits `p`; about eight records share a `p`.
    private var starts: [UInt32] = [0, 0]
    private var prefixBits = 0

    package init() {}

    /// How many entries; a blob in two packs counts twice.
    package var count: Int { records.count }

    /// Adds entries; those that are known already add nothing.
    package mutating func add(_ additions: [(pack: PackID, entry: PackEntry)]) {
        guard !additions.isEmpty else { return }
        var added: [Record] = []
        added.reserveCapacity(additions.count)
        for (pack, entry) in additions {
            let number: UInt32
            if let known = packNumbers[pack] {
                number = known
            } else {
                number = UInt32(truncatingIfNeeded: packs.count) & ~Record.treeBit
                packs.append(pack)
                packEnds.append(0)
                packNumbers[pack] = number
            }
            packEnds[Int(number)] = max(packEnds[Int(number)], entry.range.upperBound)
            added.append(
                Record(
                    id: entry.id.digest, packAndKind: number | (entry.kind == .tree ? Record.treeBit : 0),
                    offset: UInt32(clamping: entry.offset), length: UInt32(clamping: entry.length),
                    uncompressedLength: UInt32(clamping: entry.uncompressedLength ?? 0)))
        }
        added.sort(by: Record.precedes)
        merge(added)
        findStarts()
    }

    /// Calls `body` for every place where a blob lies, until it returns false.
    func forEachPlace(of id: BlobID, _ kind: BlobKind, _ body: (BlobPlace) -> Bool) {
        var position = firstRecord(of: id.digest)
        while position < records.count, records[position].id == id.digest {
            let record = records[position]
            position += 1
            if record.kind == kind, !body(place(record)) { return }
        }
    }

    /// Calls `body` for every entry, in the order of the blobs' ids.
    func forEach(_ body: (BlobPlace) -> Void) {
        for record in records { body(place(record)) }
    }

    // MARK: Order

    private func place(_ record: Record) -> BlobPlace {
        let entry = PackEntry(
            id: BlobID(record.id), kind: record.kind, offset: Int(record.offset), length: Int(record.length),
            uncompressedLength: record.uncompressedLength == 0 ? nil : Int(record.uncompressedLength))
        return BlobPlace(pack: packs[record.pack], entry: entry, packEnd: packEnds[record.pack])
    }

    private mutating func merge(_ added: [Record]) {
        var merged: [Record] = []
        merged.reserveCapacity(records.count + added.count)
        var (old, new) = (0, 0)
        while old < records.count || new < added.count {
            let takesOld = new == added.count || (old < records.count && !Record.precedes(added[new], records[old]))
            let next = takesOld ? records[old] : added[new]
            if takesOld { old += 1 } else { new += 1 }
            if let last = merged.last, Record.isSame(last, next) { continue }
            merged.append(next)
        }
        records = merged
    }

    private mutating func findStarts() {
        prefixBits = min(24, max(0, 61 - records.count.leadingZeroBitCount))
        let prefixes = 1 << prefixBits
        starts = [UInt32](repeating: 0, count: prefixes + 1)
        for record in records { starts[prefix(of: record.id) + 1] += 1 }
        for index in 1...prefixes { starts[index] += starts[index - 1] }
    }

    private func prefix(of id: SHA256Digest) -> Int {
        prefixBits == 0 ? 0 : Int(id.leadingBits >> UInt64(64 - prefixBits))
    }

    private func firstRecord(of id: SHA256Digest) -> Int {
        let prefix = prefix(of: id)
        var (low, high) = (Int(starts[prefix]), Int(starts[prefix + 1]))
        while low < high {
            let middle = (low + high) / 2
            if records[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
