import Storage

/// Records of several segments in one order: a heap of the segments' next records.
struct IndexMerge {
    let segments: [IndexSegment]
    private var positions: [Int]
    /// Segments that have a next record; each one's is not after those of its two children.
    private var heap: [Int] = []

    /// Records that are opened or sealed at once.
    private static let batchSize = 4096

    init(_ segments: [IndexSegment]) {
        self.segments = segments
        positions = [Int](repeating: 0, count: segments.count)
        heap = segments.indices.filter { segments[$0].count > 0 }
        for place in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(place) }
    }

    /// Takes the next record, sealed, and the number of its segment.
    private mutating func next() -> (record: IndexRecord, segment: Int)? {
        guard let segment = heap.first else { return nil }
        let record = segments[segment].records[positions[segment]]
        positions[segment] += 1
        if positions[segment] == segments[segment].count {
            let last = heap.removeLast()
            if !heap.isEmpty { heap[0] = last }
        }
        sink(0)
        return (record, segment)
    }

    /// Takes the next records, as many as are handled at once; false when there are none left.
    mutating func next(_ records: inout [IndexRecord], _ origins: inout [Int]) -> Bool {
        records.removeAll(keepingCapacity: true)
        origins.removeAll(keepingCapacity: true)
        while records.count < Self.batchSize, let (record, segment) = next() {
            records.append(record)
            origins.append(segment)
        }
        return !records.isEmpty
    }

    private mutating func sink(_ start: Int) {
        var place = start
        while true {
            var first = place
            for child in [2 * place + 1, 2 * place + 2] where child < heap.count && precedes(child, first) {
                first = child
            }
            guard first != place else { return }
            heap.swapAt(first, place)
            place = first
        }
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let (left, right) = (heap[left], heap[right])
        return segments[left].records[positions[left]].id < segments[right].records[positions[right]].id
    }

    // MARK: Writing

    /// Writes one segment of what some segments say about some of their index files. Memory: the tables of packs and
    /// prefixes. The segments must be sound and share no index file.
    static func write(
        _ segments: [IndexSegment], keeping kept: Set<IndexID>, in directory: String, _ cipher: IndexCipher
    ) throws(SystemError) -> IndexSegment {
        let files = segments.flatMap(\.files).filter { kept.contains($0) }.sorted()
        var places: [IndexID: Int] = [:]
        for (place, file) in files.enumerated() { places[file] = place }
        var packs: [IndexedPack] = []
        // A pack's number in the new table; -1 when its index file is not kept.
        var numbers: [[Int32]] = []
        for segment in segments {
            numbers.append(
                (0..<segment.packCount).map { number in
                    var pack = segment.pack(number)
                    guard pack.file < segment.files.count, let place = places[segment.files[pack.file]] else { return -1 }
                    pack.file = place
                    packs.append(pack)
                    return Int32(truncatingIfNeeded: packs.count - 1)
                })
        }
        let writer = try IndexSegmentWriter(
            in: directory, cipher, files: files, packs: packs, expected: segments.reduce(0) { $0 + $1.count })
        var merge = IndexMerge(segments)
        var (records, origins): ([IndexRecord], [Int]) = ([], [])
        while merge.next(&records, &origins) {
            cipher.open(&records)
            var count = 0
            for (position, origin) in origins.enumerated() {
                var record = records[position]
                guard record.pack < numbers[origin].count, numbers[origin][record.pack] >= 0 else { continue }
                record.pack = Int(numbers[origin][record.pack])
                records[count] = record
                count += 1
            }
            records.removeLast(records.count - count)
            cipher.seal(&records)
            try writer.append(records)
        }
        return try writer.finish()
    }

    /// How many segments, smallest first, should become one; 0 when they are few, or each is much larger than all before.
    ///
    /// So a record is written again only when its segment's neighbours have grown to half of it, and ten million records
    /// lie in some seven segments at most.
    static func prefixToMerge(_ ascending: [Int]) -> Int {
        guard ascending.count > segmentsThatAreFew else { return 0 }
        var sum = 0
        var merged = 0
        for (number, size) in ascending.enumerated() {
            let size = max(size, smallSize)
            if number > 0, size <= 2 * sum { merged = number + 1 }
            sum += size
        }
        return merged
    }

    /// Segments that a look-up can well go through.
    private static let segmentsThatAreFew = 4
    /// Records that are written again without noticing: 3 MiB.
    private static let smallSize = 1 << 16
}
