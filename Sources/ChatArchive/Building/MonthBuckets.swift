import ChatModel
import Glibc
import JSON

/// The rows of one backup, sorted into one bucket a source, conversation and month, in bounded memory.
///
/// Rows are encoded into one buffer in the order in which they come. When it is full, they move to a temporary file, those
/// of a bucket together, and filling goes on:
///
///     buffer   row row row row …             waiting: bucket, bytes
///     file     [bucket 3] [bucket 7] … [bucket 3] …        pieces: extent, the bucket's next piece
///
/// Memory: the limit, and some 24 bytes a bucket and piece, of which there are few more than buckets where rows come
/// by time or by conversation.
struct MonthBuckets {
    /// What a bucket is for.
    struct Key: Hashable {
        var source: Int
        /// Its place among the conversations of the archive that is built.
        var conversation: Int
        var month: Month
    }

    private struct Bucket {
        var rows = 0
        var hasAttachments = false
        /// Its first and its last piece; none has `noPiece`.
        var first = noPiece
        var last = noPiece
    }

    private struct Row {
        let bucket: UInt32
        let count: UInt32
    }

    private struct Piece {
        let extent: SpillFile.Extent
        var next = noPiece
    }

    private static let noPiece = UInt32.max

    private let limit: Int
    private var places: [Key: UInt32] = [:]
    private var buckets: [Bucket] = []
    private var waiting: [Row] = []
    private var buffer = JSONWriter()
    private var pieces: [Piece] = []
    private var spill: SpillFile?
    /// When all rows stayed in memory: the buffer, those of a bucket together, where `pieces` says.
    private var sorted: [UInt8] = []
    private var index: [Int: Set<Key>] = [:]

    /// - Parameter limit: bytes of lines that stay in memory.
    init(limit: Int) { self.limit = limit }

    /// Bytes of lines that are in memory.
    var bytesInMemory: Int { buffer.bytes.count + sorted.count }

    /// Puts a row in its bucket.
    mutating func add(_ row: SegmentMerge.Row, to key: Key) throws(ArchiveError) {
        // The system gives memory when it is written to: what is not used costs nothing.
        if buffer.bytes.isEmpty { buffer.bytes.reserveCapacity(limit + limit / 64) }
        let before = buffer.bytes.count
        row.encode(into: &buffer)
        let place = place(of: key)
        buckets[Int(place)].rows += 1
        if !row.message.attachments.isEmpty { buckets[Int(place)].hasAttachments = true }
        waiting.append(Row(bucket: place, count: UInt32(buffer.bytes.count - before)))
        if buffer.bytes.count > limit { try spillAll() }
    }

    private mutating func place(of key: Key) -> UInt32 {
        if let place = places[key] { return place }
        let place = UInt32(buckets.count)
        places[key] = place
        buckets.append(Bucket())
        return place
    }

    // MARK: After filling

    /// Ends filling, and gives the rows' memory back when they exceeded the limit.
    mutating func finishFilling() throws(ArchiveError) {
        if spill == nil {
            sorted.reserveCapacity(bytesInMemory)
            try arrange { (bytes, buckets) in
                let start = buckets.sorted.count
                buckets.sorted += bytes
                return SpillFile.Extent(offset: start, length: bytes.count)
            }
        } else {
            try spillAll()
        }
        buffer = JSONWriter()
        waiting = []
        index = [:]
        for key in places.keys { index[key.conversation, default: []].insert(key) }
    }

    /// The months that a source gave for a conversation.
    func months(of conversation: Int) -> Set<Key> { index[conversation] ?? [] }

    /// How many rows a bucket has; 0 when there is none.
    func rowCount(_ key: Key) -> Int { places[key].map { buckets[Int($0)].rows } ?? 0 }

    /// Whether any row of a bucket has attachments.
    func hasAttachments(_ key: Key) -> Bool { places[key].map { buckets[Int($0)].hasAttachments } ?? false }

    /// The encoded rows of a bucket, in the order in which they came.
    func lines(_ key: Key) throws(ArchiveError) -> [UInt8] {
        guard let place = places[key] else { return [] }
        var bytes: [UInt8] = []
        var next = buckets[Int(place)].first
        while next != Self.noPiece {
            let piece = pieces[Int(next)]
            if let spill {
                bytes += try spill.read(piece.extent)
            } else {
                bytes += sorted[piece.extent.offset..<piece.extent.offset + piece.extent.length]
            }
            next = piece.next
        }
        return bytes
    }

    /// Decodes what `lines` gives.
    static func rows(_ lines: [UInt8]) throws(ArchiveError) -> [SegmentMerge.Row] {
        try Archive.parseLines(lines, name: "import") {
            (reader: inout JSONReader) throws(JSONError) -> SegmentMerge.Row? in
            let line = try MessageLine(reading: &reader)
            return SegmentMerge.Row(message: line.message, export: line.sources.first ?? 0)
        }
    }

    /// Where the encoded rows lie that have attachments, each with its end of line; now and then also one without any, as a
    /// platform's own text may have the same word.
    static func linesWithAttachments(in lines: [UInt8]) -> [Range<Int>] {
        let key: StaticString = "\"attachments\":"
        let keyLength = key.utf8CodeUnitCount
        var found: [Range<Int>] = []
        lines.withUnsafeBytes { lines in
            var (begin, position) = (0, 0)
            while position + keyLength <= lines.count {
                switch lines[position] {
                case UInt8(ascii: "\n"): begin = position + 1
                case UInt8(ascii: "\"")
                where memcmp(lines.baseAddress! + position, key.utf8Start, keyLength) == 0:
                    let end = lines[position...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? lines.count
                    found.append(begin..<end)
                    begin = end
                    position = end
                    continue
                default: break
                }
                position += 1
            }
        }
        return found
    }

    // MARK: Sorting

    private mutating func spillAll() throws(ArchiveError) {
        let file: SpillFile
        if let spill { file = spill } else { file = try SpillFile() }
        spill = file
        try arrange { (bytes, _) throws(ArchiveError) in try file.append(bytes) }
        buffer.bytes.removeAll(keepingCapacity: true)
        waiting.removeAll(keepingCapacity: true)
    }

    /// Hands over the waiting rows, those of one bucket together, and notes where they were put.
    private mutating func arrange(
        _ put: ([UInt8], inout MonthBuckets) throws(ArchiveError) -> SpillFile.Extent
    ) throws(ArchiveError) {
        var starts: [Int] = []
        starts.reserveCapacity(waiting.count)
        var end = 0
        for row in waiting {
            starts.append(end)
            end += Int(row.count)
        }
        let order = waiting.indices.sorted { (waiting[$0].bucket, $0) < (waiting[$1].bucket, $1) }
        var bytes: [UInt8] = []
        for (position, row) in order.enumerated() {
            bytes += buffer.bytes[starts[row]..<starts[row] + Int(waiting[row].count)]
            let bucket = waiting[row].bucket
            if position + 1 < order.count, waiting[order[position + 1]].bucket == bucket { continue }
            append(try put(bytes, &self), to: Int(bucket))
            bytes.removeAll(keepingCapacity: true)
        }
    }

    private mutating func append(_ extent: SpillFile.Extent, to bucket: Int) {
        let piece = UInt32(pieces.count)
        pieces.append(Piece(extent: extent))
        if buckets[bucket].last == Self.noPiece {
            buckets[bucket].first = piece
        } else {
            pieces[Int(buckets[bucket].last)].next = piece
        }
        buckets[bucket].last = piece
    }
}
