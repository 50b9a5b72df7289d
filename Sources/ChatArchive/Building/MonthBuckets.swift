import ChatModel
import JSON

/// The rows of one backup, sorted into one bucket a source, conversation and month, in bounded memory.
///
/// Rows are kept as encoded lines. When they exceed the limit, all of them move to a temporary file, and filling goes on.
struct MonthBuckets {
    /// What a bucket is for.
    struct Key: Hashable {
        var source: Int
        /// Its place among the conversations of the archive that is built.
        var conversation: Int
        var month: Month
    }

    private struct Bucket {
        var lines = JSONWriter()
        var extents: [SpillFile.Extent] = []
        var rows = 0
        /// Bytes of lines, in memory and not.
        var size = 0
        /// Where in them the lines of rows with attachments are.
        var withAttachments: [Range<Int>] = []

        /// Adds a row's line; returns its length.
        mutating func add(_ row: SegmentMerge.Row) -> Int {
            let before = lines.bytes.count
            row.encode(into: &lines)
            let length = lines.bytes.count - before
            if !row.message.attachments.isEmpty { withAttachments.append(size..<size + length) }
            rows += 1
            size += length
            return length
        }
    }

    private let limit: Int
    private var buckets: [Key: Bucket] = [:]
    private(set) var bytesInMemory = 0
    private var spill: SpillFile?

    /// - Parameter limit: bytes of lines that stay in memory.
    init(limit: Int) { self.limit = limit }

    /// Puts a row in its bucket.
    mutating func add(_ row: SegmentMerge.Row, to key: Key) throws(ArchiveError) {
        bytesInMemory += buckets[key, default: Bucket()].add(row)
        if bytesInMemory > limit { try spillAll() }
    }

    /// The months that a source gave for a conversation.
    func months(of conversation: Int) -> Set<Key> { index[conversation] ?? [] }

    /// Groups the keys, once filling is done.
    mutating func finishFilling() {
        index = [:]
        for key in buckets.keys { index[key.conversation, default: []].insert(key) }
    }

    private var index: [Int: Set<Key>] = [:]

    /// How many rows a bucket has; 0 when there is none.
    func rowCount(_ key: Key) -> Int { buckets[key]?.rows ?? 0 }

    /// Where in `lines` the rows are that have attachments, ascending.
    func linesWithAttachments(_ key: Key) -> [Range<Int>] { buckets[key]?.withAttachments ?? [] }

    /// The encoded rows of a bucket, in the order in which they came.
    func lines(_ key: Key) throws(ArchiveError) -> [UInt8] {
        guard let bucket = buckets[key] else { return [] }
        guard let spill, !bucket.extents.isEmpty else { return bucket.lines.bytes }
        var bytes: [UInt8] = []
        for extent in bucket.extents { bytes += try spill.read(extent) }
        bytes += bucket.lines.bytes
        return bytes
    }

    /// Decodes what `lines` gives, or some of its lines.
    static func rows(_ lines: [UInt8]) throws(ArchiveError) -> [SegmentMerge.Row] {
        try Archive.parseLines(lines, name: "import") {
            (reader: inout JSONReader) throws(JSONError) -> SegmentMerge.Row? in
            let line = try MessageLine(reading: &reader)
            return SegmentMerge.Row(message: line.message, export: line.sources.first ?? 0)
        }
    }

    private mutating func spillAll() throws(ArchiveError) {
        let file: SpillFile
        if let spill { file = spill } else { file = try SpillFile() }
        spill = file
        for key in Array(buckets.keys) where !(buckets[key]?.lines.bytes.isEmpty ?? true) {
            guard var bucket = buckets.removeValue(forKey: key) else { continue }
            bucket.extents.append(try file.append(bucket.lines.bytes))
            bucket.lines = JSONWriter()
            buckets[key] = bucket
        }
        bytesInMemory = 0
    }
}
