import Storage

/// Stores content as chunks of one size while it comes in, holding one of them in memory.
struct FixedChunkWriter: ~Copyable {
    private let writer: RepositoryWriter
    private let chunkSize: Int
    private var pending: [UInt8] = []
    private var blobs: [BlobID] = []
    private var size: UInt64 = 0

    /// Starts a content; a chunk has at least a byte and is no larger than restic's.
    init(_ writer: RepositoryWriter, chunkSize: Int) {
        self.writer = writer
        self.chunkSize = min(max(chunkSize, 1), Chunker.maximumLength)
    }

    /// Adds bytes, storing the chunks that they complete.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(RepositoryError) {
        size += UInt64(bytes.count)
        var rest = bytes[...]
        while !rest.isEmpty {
            if pending.isEmpty { pending.reserveCapacity(chunkSize) }
            let piece = rest.prefix(chunkSize - pending.count)
            pending.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece))
            rest = rest.dropFirst(piece.count)
            if pending.count == chunkSize { try savePending() }
        }
    }

    /// Stores the last chunk. The content's own digest is not computed: that would be hashing everything twice.
    mutating func finish() throws(RepositoryError) -> (blobs: [BlobID], size: UInt64) {
        if !pending.isEmpty { try savePending() }
        return (blobs, size)
    }

    private mutating func savePending() throws(RepositoryError) {
        let chunk = pending
        pending = []
        blobs.append(try writer.save(chunk, .data, group: .media))
    }
}
