import Storage

/// Where a blob lies in a pack.
public struct PackEntry: Hashable, Sendable {
    /// The blob.
    public let id: BlobID
    /// Its kind.
    public let kind: BlobKind
    /// Where its box starts, in bytes from the start of the pack.
    public let offset: Int
    /// The box's bytes.
    public let length: Int
    /// The plaintext's bytes when the box holds a zstd frame, else nil.
    public let uncompressedLength: Int?

    /// All fields.
    public init(id: BlobID, kind: BlobKind, offset: Int, length: Int, uncompressedLength: Int?) {
        self.id = id
        self.kind = kind
        self.offset = offset
        self.length = length
        self.uncompressedLength = uncompressedLength
    }

    /// The plaintext's bytes.
    public var plaintextLength: Int { uncompressedLength ?? max(0, length - BoxCipher.overhead) }

    /// The box's place in the pack.
    public var range: Range<Int> { offset..<offset + length }
}

/// The list of blobs at the end of a pack.
///
///     box(blob 1) … box(blob n)  box(header)  u32 length of box(header), little-endian
///
///     header, an entry a blob:   type u8: 0 data, 1 tree, 2 data in zstd, 3 tree in zstd
///                                u32 length of box(blob)
///                                u32 length of the plaintext, for types 2 and 3 only
///                                32 bytes blob id
///
/// Offsets are the sums of the lengths before: there are no gaps.
public enum PackHeader {
    /// The most bytes that a header with its length may have.
    package static let sizeLimit = 16 << 20 + 4
    /// Bytes of the length at the end of a pack.
    package static let lengthFieldSize = 4

    /// Bytes that an entry takes.
    package static func entrySize(compressed: Bool) -> Int { compressed ? 41 : 37 }

    /// Reads an opened header; `contentSize` is how many bytes the boxes before it have.
    package static func parse(_ header: UnsafeRawBufferPointer, contentSize: Int) throws(Damage) -> [PackEntry] {
        var entries: [PackEntry] = []
        entries.reserveCapacity(header.count / 37)
        var position = 0
        var offset = 0
        while position < header.count {
            let type = header[position]
            guard type < 4, let kind = BlobKind(rawValue: type & 1) else { throw .badPackHeader }
            let isCompressed = type & 2 != 0
            guard header.count - position >= entrySize(compressed: isCompressed) else { throw .badPackHeader }
            position += 1
            let length = Int(UInt32(littleEndian: header.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
            position += 4
            var plaintextLength: Int?
            if isCompressed {
                plaintextLength = Int(
                    UInt32(littleEndian: header.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
                position += 4
            }
            let bytes = UnsafeRawBufferPointer(rebasing: header[position..<position + SHA256Digest.byteCount])
            guard let digest = SHA256Digest(copying: bytes), length >= BoxCipher.overhead else { throw .badPackHeader }
            position += SHA256Digest.byteCount
            entries.append(
                PackEntry(
                    id: BlobID(digest), kind: kind, offset: offset, length: length, uncompressedLength: plaintextLength)
            )
            offset += length
        }
        guard !entries.isEmpty, offset == contentSize else { throw .badPackHeader }
        return entries
    }

    /// The header of entries in the order of their offsets.
    package static func encode(_ entries: [PackEntry]) -> [UInt8] {
        var header: [UInt8] = []
        header.reserveCapacity(entries.count * entrySize(compressed: true))
        for entry in entries {
            header.append(entry.kind.rawValue | (entry.uncompressedLength == nil ? 0 : 2))
            append(entry.length, to: &header)
            if let length = entry.uncompressedLength { append(length, to: &header) }
            entry.id.digest.withBytes { header.append(contentsOf: $0) }
        }
        return header
    }

    static func append(_ value: Int, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: value).littleEndian) { bytes.append(contentsOf: $0) }
    }
}
