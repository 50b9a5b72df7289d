import Storage

/// Stores content of any length as chunks while it comes in, holding one chunk in memory (at most 8 MiB and a piece).
///
///     var content = FileContentWriter(writer, chunker: chunker)
///     try content.append(bytes)
///     let stored = try content.finish()
public struct FileContentWriter: ~Copyable {
    private let writer: RepositoryWriter
    private let group: PackGroup
    private var chunker: Chunker
    private var pending: [UInt8] = []
    private var blobs: [BlobID] = []
    private var size: UInt64 = 0
    /// Used from the second chunk on: a single chunk's id is the content's digest.
    private var hash = SHA256()

    /// Starts a content.
    public init(_ writer: RepositoryWriter, chunker: Chunker, group: PackGroup = .media) {
        self.writer = writer
        self.chunker = chunker
        self.group = group
        self.chunker.reset()
    }

    /// Bytes appended so far.
    public var count: UInt64 { size }

    /// Adds bytes, storing the chunks that they complete.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) throws(RepositoryError) {
        pending.append(contentsOf: bytes)
        size += UInt64(bytes.count)
        while let length = pending.withUnsafeBytes({ chunker.cut(in: $0) }) {
            let rest = Array(pending[length...])
            pending.removeLast(rest.count)
            pending.withUnsafeBytes { hash.update($0) }
            try savePending()
            pending = rest
        }
    }

    /// Adds bytes, storing the chunks that they complete.
    public mutating func append(_ bytes: [UInt8]) throws(RepositoryError) {
        try bytes.withUnsafeBufferPointer { (bytes) throws(RepositoryError) in
            try append(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Stores the last chunk and starts afresh.
    public mutating func finish() throws(RepositoryError) -> FileContent {
        let isSingle = blobs.isEmpty
        if !pending.isEmpty {
            if !isSingle { pending.withUnsafeBytes { hash.update($0) } }
            try savePending()
        }
        let whole = hash.finish()
        let digest = isSingle ? blobs.first?.digest ?? whole : whole
        let content = FileContent(blobs: blobs, size: size, digest: digest)
        chunker.reset()
        blobs = []
        size = 0
        return content
    }

    private mutating func savePending() throws(RepositoryError) {
        let chunk = pending
        pending = []
        blobs.append(try writer.save(chunk, .data, group: group))
    }
}
