/// Whether a file is a database, or the log of one, which its program changes in place: by its first 16 bytes, or, as
/// nothing in an encrypted one tells it, by the names that messengers' programs give them.
public func isDatabase(name: some Sequence<UInt8>, head: [UInt8]) -> Bool {
    // Database header of SQLite's file format, 1.3; header of the write-ahead log, 4.1, which encryption leaves as it is.
    if head.starts(with: Array("SQLite format 3\0".utf8)) { return true }
    if head.starts(with: [0x37, 0x7F, 0x06, 0x82]) || head.starts(with: [0x37, 0x7F, 0x06, 0x83]) { return true }
    let name = Array(name)
    return [".db", ".sqlite", ".db-wal", ".sqlite-wal"].contains { suffix in
        name.count > suffix.utf8.count && name.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }
}
