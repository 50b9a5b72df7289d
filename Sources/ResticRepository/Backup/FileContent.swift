import Storage

/// A file's content as it was stored.
public struct FileContent: Hashable, Sendable {
    /// The chunks in order, none for an empty file.
    public let blobs: [BlobID]
    /// Bytes.
    public let size: UInt64
    /// SHA-256 of the whole content.
    public let digest: SHA256Digest

    /// Content that is stored already.
    public init(blobs: [BlobID], size: UInt64, digest: SHA256Digest) {
        self.blobs = blobs
        self.size = size
        self.digest = digest
    }
}
