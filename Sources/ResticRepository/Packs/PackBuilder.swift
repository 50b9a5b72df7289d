import Storage

/// A pack that is being filled.
struct PackBuilder {
    /// The boxes so far.
    private(set) var bytes: [UInt8] = []
    /// What they hold.
    private(set) var entries: [PackEntry] = []
    /// What its blobs were saved as.
    let group: PackGroup

    /// An empty one.
    init(_ group: PackGroup = .media) { self.group = group }

    /// The most blobs in a pack, well within the header's limit (restic's is 409,199).
    static let blobLimit = 100_000

    /// Adds a blob's box.
    mutating func append(_ box: [UInt8], _ id: BlobID, _ kind: BlobKind, uncompressedLength: Int?) {
        entries.append(
            PackEntry(
                id: id, kind: kind, offset: bytes.count, length: box.count, uncompressedLength: uncompressedLength))
        bytes.append(contentsOf: box)
    }

    /// Adds all that another one holds.
    mutating func append(contentsOf other: PackBuilder) {
        let start = bytes.count
        entries += other.entries.map {
            PackEntry(
                id: $0.id, kind: $0.kind, offset: start + $0.offset, length: $0.length,
                uncompressedLength: $0.uncompressedLength)
        }
        bytes += other.bytes
    }

    /// Adds the header; the bytes are a pack then.
    mutating func finish(_ cipher: BoxCipher) throws(RepositoryError) {
        let header = PackHeader.encode(entries)
        let start = bytes.count
        try header.lend { (header) throws(RepositoryError) in try cipher.seal(header, into: &bytes) }
        PackHeader.append(bytes.count - start, to: &bytes)
    }
}
