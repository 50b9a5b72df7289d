/// Finds rows of a table by a value that the database may have no index for: the values are read once, into pairs of
/// 16 bytes in order.
final class LookupTable {
    /// The most rows that are found: 128 MiB of pairs, several times what the largest accounts known have.
    static let most = 8 << 20

    private let databases: AccountDatabases
    private let database: ForeignDatabase
    private let path: String
    private let table: String
    private var entries: [(key: UInt64, row: Int64)] = []

    /// Reads the values. Cost: reads the table's own pages once. What cannot be read is noted, and not found.
    ///
    /// - Parameter key: the key of the value in column 0, nil when it is none.
    init?(
        _ databases: AccountDatabases, _ database: ForeignDatabase, at path: String, table: String, column: String,
        key: (ForeignRow) -> UInt64?
    ) throws {
        guard database.tables.contains(table) else { return nil }
        self.databases = databases
        self.database = database
        self.path = path
        self.table = table
        var entries: [(key: UInt64, row: Int64)] = []
        try databases.rows(of: database, at: path, table, [column, "rowid"]) { row in
            guard entries.count < Self.most, let key = key(row) else { return }
            entries.append((key, row.number(1)))
        }
        entries.sort { $0 < $1 }
        self.entries = entries
    }

    /// Reads the rows of a key in the order of their numbers; return false to stop.
    func rows(_ key: UInt64, _ columns: [String], _ body: (ForeignRow) throws -> Bool) throws {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = low + (high - low) / 2
            if entries[middle].key < key { low = middle + 1 } else { high = middle }
        }
        var goesOn = true
        while goesOn, low < entries.count, entries[low].key == key {
            goesOn = try row(entries[low].row, columns, body)
            low += 1
        }
    }

    private func row(_ number: Int64, _ columns: [String], _ body: (ForeignRow) throws -> Bool) throws -> Bool {
        var goesOn = true
        do {
            try database.rows(of: table, columns, "WHERE rowid = ?", [.number(number)]) { row in
                goesOn = try body(ForeignRow(row))
                return false
            }
        } catch let fault as DatabaseFault {
            databases.note(.unreadable(DatabaseDamage(path: databases.files.path(path), table: table, fault: fault)))
        }
        return goesOn
    }

    /// The key of a number; nil for 0, which stands for none.
    static func key(number row: ForeignRow) -> UInt64? {
        let number = row.number(0)
        return number == 0 ? nil : UInt64(bitPattern: number)
    }

    /// The key of a text, which another text may have too.
    static func key(text: String) -> UInt64 { UInt64(bitPattern: Int64(text.hashValue)) }

    /// The key of an MD5 that is stored as 16 bytes or as 32 hexadecimal digits.
    static func key(md5 row: ForeignRow) -> UInt64? { row.withBytes(0) { key(md5: $0) } }

    /// The key of an MD5: its first 8 bytes.
    static func key(md5: String) -> UInt64? {
        var md5 = md5
        return md5.withUTF8 { key(md5: UnsafeRawBufferPointer($0)) }
    }

    private static func key(md5 bytes: UnsafeRawBufferPointer) -> UInt64? {
        if bytes.count == 16 { return bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
        guard bytes.count == 32 else { return nil }
        var key: UInt64 = 0
        for digit in bytes.prefix(16) {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): key = key << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): key = key << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): key = key << 4 | UInt64(digit - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return key
    }
}
