/// What the first page of a database says of the whole (sqlite.org/fileformat2.html, section 1.3), numbers big-endian.
///
///     0                16          18    19    20       21  22  23  24      28     ...  92
///     | magic, 16 bytes | page size | write| read| reserve | 64| 32| 32| changes | pages |    | changes at `pages` |
///
/// The page size 1 means 65,536. `write` and `read` are 1 for a rollback journal and 2 for a write-ahead log.
struct DatabaseHeader {
    static let magic: [UInt8] = Array("SQLite format 3\0".utf8)
    static let count = 100

    let pageSize: Int
    let reserve: Int
    let usesLog: Bool
    /// How many pages the database has; nil when the program that wrote last did not keep the number up to date.
    let pageCount: UInt32?

    /// Nil when the bytes are no such header.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.count, bytes.prefix(16).elementsEqual(Self.magic) else { return nil }
        let size = Int(bytes[16]) << 8 | Int(bytes[17])
        pageSize = size == 1 ? 65_536 : size
        guard pageSize >= 512, pageSize & (pageSize - 1) == 0 else { return nil }
        guard (1...2).contains(bytes[18]), (1...2).contains(bytes[19]) else { return nil }
        guard bytes[21] == 64, bytes[22] == 32, bytes[23] == 32 else { return nil }
        reserve = Int(bytes[20])
        guard pageSize - reserve >= 480 else { return nil }
        usesLog = bytes[19] == 2
        let pages = bytes.bigEndian(at: 28)
        pageCount = pages > 0 && bytes.bigEndian(at: 24) == bytes.bigEndian(at: 92) ? pages : nil
    }
}

extension UnsafeRawBufferPointer {
    /// The 32-bit number at an offset that is inside.
    func bigEndian(at offset: Int) -> UInt32 {
        UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
