import Storage

/// The entries of some index files, gathered in memory until there are enough for a segment of their own.
struct IndexRun {
    /// Entries at which a run is written: 12 MiB of records.
    static let sizeLimit = 1 << 18

    private(set) var files: [IndexID] = []
    private var packs: [IndexedPack] = []
    private var records: [IndexRecord] = []

    var isEmpty: Bool { files.isEmpty }
    var count: Int { records.count }

    /// Adds an index file.
    mutating func add(_ file: IndexID, _ entries: [(pack: PackID, entry: PackEntry)]) {
        var numbers: [PackID: Int] = [:]
        records.reserveCapacity(records.count + entries.count)
        var last: (pack: PackID, number: Int)?
        for (pack, entry) in entries {
            let number: Int
            if let last, last.pack == pack {
                number = last.number
            } else if let known = numbers[pack] {
                number = known
            } else {
                number = packs.count
                numbers[pack] = number
                packs.append(IndexedPack(id: pack, file: files.count, end: 0))
            }
            last = (pack, number)
            packs[number].end = max(packs[number].end, entry.range.upperBound)
            records.append(IndexRecord(entry, pack: number))
        }
        files.append(file)
    }

    /// Calls `body` for every entry.
    func forEach(_ body: (_ pack: PackID, _ entry: PackEntry) -> Void) {
        for record in records { body(packs[record.pack].id, record.entry(BlobID(record.id.digest))) }
    }

    /// Writes what was gathered.
    func write(in directory: String, _ cipher: IndexCipher) throws(SystemError) -> IndexSegment {
        let order = files.indices.sorted { files[$0] < files[$1] }
        var places = [Int](repeating: 0, count: files.count)
        for (place, number) in order.enumerated() { places[number] = place }
        var packs = packs
        for number in packs.indices { packs[number].file = places[packs[number].file] }
        var records = records
        cipher.seal(&records)
        records.sort { $0.id < $1.id }
        let writer = try IndexSegmentWriter(
            in: directory, cipher, files: order.map { files[$0] }, packs: packs, expected: records.count)
        try writer.append(records)
        return try writer.finish()
    }
}
