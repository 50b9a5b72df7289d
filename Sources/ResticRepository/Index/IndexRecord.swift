import Storage

/// 32 bytes as four words, ordered by them: ids as segments keep them.
struct IDWords: Hashable, Comparable, Sendable {
    var first: UInt64 = 0
    var second: UInt64 = 0
    var third: UInt64 = 0
    var fourth: UInt64 = 0

    init() {}

    init(_ digest: SHA256Digest) {
        self = digest.withBytes { $0.loadUnaligned(as: IDWords.self) }
    }

    var digest: SHA256Digest {
        withUnsafeBytes(of: self) { SHA256Digest(copying: $0) } ?? .zero
    }

    /// The first bits of the order.
    func prefix(bits: Int) -> Int { bits == 0 ? 0 : Int(first >> UInt64(64 - bits)) }

    static func < (left: IDWords, right: IDWords) -> Bool {
        if left.first != right.first { return left.first < right.first }
        if left.second != right.second { return left.second < right.second }
        if left.third != right.third { return left.third < right.third }
        return left.fourth < right.fourth
    }
}

/// A blob's entry in a segment: 48 bytes, three blocks of AES. Sealed in files, open where its fields are read.
struct IndexRecord: Sendable {
    var id = IDWords()
    /// The pack's number in the segment's table; the highest bit says tree.
    var packAndKind: UInt32 = 0
    var offset: UInt32 = 0
    var length: UInt32 = 0
    /// 0 when the box holds the plaintext itself.
    var uncompressedLength: UInt32 = 0

    static let byteCount = 48
    private static let treeBit: UInt32 = 1 << 31
    /// Packs that a segment can number.
    static let packLimit = Int(treeBit)

    init() {}

    init(_ entry: PackEntry, pack: Int) {
        id = IDWords(entry.id.digest)
        packAndKind = UInt32(truncatingIfNeeded: pack) & ~Self.treeBit | (entry.kind == .tree ? Self.treeBit : 0)
        offset = UInt32(clamping: entry.offset)
        length = UInt32(clamping: entry.length)
        uncompressedLength = UInt32(clamping: entry.uncompressedLength ?? 0)
    }

    var kind: BlobKind { packAndKind & Self.treeBit == 0 ? .data : .tree }

    var pack: Int {
        get { Int(packAndKind & ~Self.treeBit) }
        set { packAndKind = packAndKind & Self.treeBit | UInt32(truncatingIfNeeded: newValue) & ~Self.treeBit }
    }

    func entry(_ id: BlobID) -> PackEntry {
        PackEntry(
            id: id, kind: kind, offset: Int(offset), length: Int(length),
            uncompressedLength: uncompressedLength == 0 ? nil : Int(uncompressedLength))
    }
}

/// A pack in a segment's table, as listed by one index file; another file that lists it has a row of its own.
struct IndexedPack: Sendable {
    var id: PackID
    /// The number of the index file in the segment's list.
    var file: Int
    /// Where its last known box ends.
    var end: Int

    static let byteCount = 40

    init(id: PackID, file: Int, end: Int) {
        self.id = id
        self.file = file
        self.end = end
    }

    init(reading bytes: UnsafeRawBufferPointer) {
        id = PackID(bytes.loadUnaligned(as: IDWords.self).digest)
        file = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 32, as: UInt32.self)))
        end = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 36, as: UInt32.self)))
    }

    func append(to bytes: inout [UInt8]) {
        id.digest.withBytes { bytes.append(contentsOf: $0) }
        for value in [file, end] {
            withUnsafeBytes(of: UInt32(clamping: value).littleEndian) { bytes.append(contentsOf: $0) }
        }
    }
}
