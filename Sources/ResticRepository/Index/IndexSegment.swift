import Glibc
import Storage
import Synchronization

/// What some index files say, kept locally: one file, mapped, sorted, never changed.
///
///     0     8   "ckindex" and the layout's version, 1
///     8    32   HMAC-SHA-256 of everything from 40 to the end of the index files' ids
///     40   32   SHA-256 of everything after the index files' ids
///     72    8   N records
///     80    4   F index files
///     84    4   P packs
///     88    4   b bits of a prefix
///     92    4   0
///     96   32·F ids of the index files, ascending
///          40·P packs: id 32, number of the index file that lists it 4, end of its last known box 4
///            …  zeros up to a multiple of 16
///          48·N records, sealed, ascending by sealed id:
///                 blob id 32, pack number and kind (highest bit: tree) 4, offset 4, length 4, uncompressed length 4
///     4·(2^b+1) starts: entry p is the first record whose sealed id starts with the bits p
///
/// Numbers are little-endian. Opening checks the header and the size, which costs the same for a thousand records and for
/// ten million. The rest is checked when it was written, before it is merged, and when a look-up or a blob that was found
/// through it fails: wrong records can hide a blob, not fake one, because blobs are verified by their ids. A mapped file must
/// not be cut short, or touching it ends the process; nothing here ever changes a segment in place.
final class IndexSegment: Sendable {
    /// The index files that are in it, ascending.
    let files: [IndexID]
    /// How many entries.
    let count: Int
    let packCount: Int
    /// The file's name in its directory, which its content determines.
    let name: String

    static let magic: [UInt8] = Array("ckindex".utf8) + [1]
    static let headerSize = 96
    static let prefixBitsLimit = 24
    static let suffix = ".segment"

    let cipher: IndexCipher
    private let prefixBits: Int
    private let layout: IndexSegmentLayout
    nonisolated(unsafe) private let bytes: UnsafeRawBufferPointer
    private let soundness = Mutex<Bool?>(nil)

    /// Maps a segment; nil when the file is none of this key and version, or is damaged where opening looks.
    static func open(path: String, name: String, _ cipher: IndexCipher) throws(SystemError) -> IndexSegment? {
        let file = try Descriptor.open(path: path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        let size = Int(try file.status().st_size)
        guard size >= headerSize else { return nil }
        let address = mmap(nil, size, PROT_READ, MAP_SHARED, file.raw, 0)
        guard let address, address != MAP_FAILED else { throw SystemError(.read, errno) }
        let bytes = UnsafeRawBufferPointer(start: address, count: size)
        guard let segment = IndexSegment(bytes, name: name, cipher) else {
            munmap(address, size)
            return nil
        }
        return segment
    }

    private init?(_ bytes: UnsafeRawBufferPointer, name: String, _ cipher: IndexCipher) {
        guard bytes.starts(with: Self.magic),
            let count = Int(exactly: UInt64(littleEndian: bytes.load(fromByteOffset: 72, as: UInt64.self)))
        else { return nil }
        func field(_ offset: Int) -> Int { Int(UInt32(littleEndian: bytes.load(fromByteOffset: offset, as: UInt32.self))) }
        let (fileCount, packCount, prefixBits) = (field(80), field(84), field(88))
        guard count < 1 << 32, packCount <= IndexRecord.packLimit, prefixBits <= Self.prefixBitsLimit else { return nil }
        let layout = IndexSegmentLayout(files: fileCount, packs: packCount, records: count, prefixBits: prefixBits)
        guard layout.size == bytes.count,
            cipher.headerCode(UnsafeRawBufferPointer(rebasing: bytes[40..<layout.packs]))
                == SHA256Digest(copying: UnsafeRawBufferPointer(rebasing: bytes[8..<40]))
        else { return nil }
        files = (0..<fileCount).map { number in
            IndexID(bytes.loadUnaligned(fromByteOffset: Self.headerSize + 32 * number, as: IDWords.self).digest)
        }
        self.bytes = bytes
        self.name = name
        self.cipher = cipher
        self.count = count
        self.packCount = packCount
        self.prefixBits = prefixBits
        self.layout = layout
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }

    /// Whether all bytes are as they were written. Reads them the first time that it is asked.
    var isSound: Bool {
        soundness.withLock { soundness in
            if let soundness { return soundness }
            let stored = SHA256Digest(copying: UnsafeRawBufferPointer(rebasing: bytes[40..<72]))
            let found = SHA256Digest(hashing: UnsafeRawBufferPointer(rebasing: bytes[layout.packs...])) == stored
            soundness = found
            return found
        }
    }

    // MARK: Looking up

    /// Calls `body` for every place of a blob until it returns false; `sealed` is the id as the cipher seals it.
    func forEachPlace(of id: BlobID, _ kind: BlobKind, sealed: IDWords, _ body: (BlobPlace) -> Bool) {
        var position = firstRecord(of: sealed)
        while position < count, records[position].id == sealed {
            let record = cipher.opened(records[position])
            position += 1
            guard record.kind == kind, let place = place(of: record, id) else { continue }
            guard body(place) else { return }
        }
    }

    /// What an open record says; nil when it says nothing possible.
    func place(of record: IndexRecord, _ id: BlobID) -> BlobPlace? {
        guard record.pack < packCount else { return nil }
        let pack = pack(record.pack)
        return BlobPlace(pack: pack.id, entry: record.entry(id), packEnd: pack.end)
    }

    /// A row of the table of packs.
    func pack(_ number: Int) -> IndexedPack {
        let start = layout.packs + IndexedPack.byteCount * number
        return IndexedPack(reading: UnsafeRawBufferPointer(rebasing: bytes[start..<start + IndexedPack.byteCount]))
    }

    /// The records, sealed, in the order of their sealed ids.
    var records: UnsafePointer<IndexRecord> {
        UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped + layout.records).assumingMemoryBound(to: IndexRecord.self)
    }

    private func start(_ prefix: Int) -> Int {
        min(count, Int(UInt32(littleEndian: bytes.load(fromByteOffset: layout.starts + 4 * prefix, as: UInt32.self))))
    }

    private func firstRecord(of sealed: IDWords) -> Int {
        let prefix = sealed.prefix(bits: prefixBits)
        var (low, high) = (start(prefix), start(prefix + 1))
        while low < high {
            let middle = (low + high) / 2
            if records[middle].id < sealed { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Where the parts of a segment start.
struct IndexSegmentLayout {
    let packs: Int
    let packsEnd: Int
    let records: Int
    let starts: Int
    let size: Int

    /// Counts as the header's fields bound them, so that no sum overflows.
    init(files: Int, packs packCount: Int, records count: Int, prefixBits: Int) {
        packs = IndexSegment.headerSize + 32 * files
        packsEnd = packs + IndexedPack.byteCount * packCount
        records = (packsEnd + 15) / 16 * 16
        starts = records + IndexRecord.byteCount * count
        size = starts + 4 * (1 << prefixBits + 1)
    }

    /// The bits of a prefix for so many records: about eight share one.
    static func prefixBits(for count: Int) -> Int {
        min(IndexSegment.prefixBitsLimit, max(0, 61 - count.leadingZeroBitCount))
    }
}
