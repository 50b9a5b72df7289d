import CSQLite

/// A compiled statement: bind its parameters (counted from 1), step through its rows, read their columns (counted from
/// 0), reset it, and again. It belongs to its database's thread.
public final class Statement {
    /// What a value is stored as.
    public enum ValueType: Hashable, Sendable {
        case integer, real, text, bytes, null
    }

    private let database: Database
    private let statement: OpaquePointer

    init(_ database: Database, _ sql: String) throws(SQLiteError) {
        var prepared: OpaquePointer?
        let result = sqlite3_prepare_v2(database.connection, sql, -1, &prepared, nil)
        guard result == SQLITE_OK else { throw SQLiteError(.prepare, extendedCode: result) }
        // Nothing but spaces and comments.
        guard let prepared else { throw SQLiteError(.prepare, extendedCode: SQLITE_MISUSE) }
        self.database = database
        statement = prepared
    }

    deinit { sqlite3_finalize(statement) }

    // MARK: Parameters, from 1

    /// Sets a parameter to a number, or to NULL.
    public func bind(_ value: Int64?, at index: Int) throws(SQLiteError) {
        guard let value else { return try bindNull(at: index) }
        try check(sqlite3_bind_int64(statement, Int32(clamping: index), value))
    }

    /// Sets a parameter to a number, or to NULL.
    public func bind(_ value: Int?, at index: Int) throws(SQLiteError) {
        try bind(value.map { Int64($0) }, at: index)
    }

    /// Sets a parameter to a number, or to NULL.
    public func bind(_ value: Double?, at index: Int) throws(SQLiteError) {
        guard let value else { return try bindNull(at: index) }
        try check(sqlite3_bind_double(statement, Int32(clamping: index), value))
    }

    /// Sets a parameter to a text, which is copied, or to NULL.
    public func bind(_ value: String?, at index: Int) throws(SQLiteError) {
        guard var value else { return try bindNull(at: index) }
        let result = value.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                // An empty text may have no address, and no address would mean NULL.
                characters.isEmpty
                    ? sqlite3_bind_text(statement, Int32(clamping: index), "", 0, Self.copied)
                    : sqlite3_bind_text64(
                        statement, Int32(clamping: index), characters.baseAddress, UInt64(characters.count),
                        Self.copied, UInt8(SQLITE_UTF8))
            }
        }
        try check(result)
    }

    /// Sets a parameter to bytes, which are copied, or to NULL.
    public func bind(_ value: [UInt8]?, at index: Int) throws(SQLiteError) {
        guard let value else { return try bindNull(at: index) }
        try check(value.withUnsafeBytes { bindBytes($0, at: index) })
    }

    /// Sets a parameter to bytes, which are copied.
    public func bind(_ value: UnsafeRawBufferPointer, at index: Int) throws(SQLiteError) {
        try check(bindBytes(value, at: index))
    }

    /// Sets a parameter to NULL.
    public func bindNull(at index: Int) throws(SQLiteError) {
        try check(sqlite3_bind_null(statement, Int32(clamping: index)))
    }

    private func bindBytes(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int32 {
        // Without an address it would be NULL.
        guard let address = bytes.baseAddress, !bytes.isEmpty else {
            return sqlite3_bind_zeroblob(statement, Int32(clamping: index), 0)
        }
        return sqlite3_bind_blob64(statement, Int32(clamping: index), address, UInt64(bytes.count), Self.copied)
    }

    /// What SQLite's header calls SQLITE_TRANSIENT.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    // MARK: Running

    /// Goes to the next row; false when there is none. After false or an error, reset before the next step.
    public func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let result: throw SQLiteError(.step, extendedCode: result)
        }
    }

    /// Makes the statement ready to run again. The parameters keep their values.
    public func reset() {
        // What it returns is the error that the last step has thrown already.
        sqlite3_reset(statement)
    }

    /// Runs a statement that gives no rows, or whose rows do not matter, to its end and makes it ready again.
    public func run() throws(SQLiteError) {
        defer { reset() }
        while try step() {}
    }

    // MARK: Columns of the current row, from 0

    /// How many columns a row has.
    public var columnCount: Int { Int(sqlite3_column_count(statement)) }

    /// The name of a column.
    public func columnName(_ column: Int) -> String {
        sqlite3_column_name(statement, Int32(clamping: column)).map { String(cString: $0) } ?? ""
    }

    /// What a value is stored as. Ask before reading it: reading may convert it.
    public func type(_ column: Int) -> ValueType {
        switch sqlite3_column_type(statement, Int32(clamping: column)) {
        case SQLITE_INTEGER: .integer
        case SQLITE_FLOAT: .real
        case SQLITE_TEXT: .text
        case SQLITE_BLOB: .bytes
        default: .null
        }
    }

    /// Whether a value is NULL, or there is no such column.
    public func isNull(_ column: Int) -> Bool { type(column) == .null }

    /// A value as a number; texts are converted as far as they look like one, NULL is 0.
    public func int64(_ column: Int) -> Int64 { sqlite3_column_int64(statement, Int32(clamping: column)) }

    /// A value as a number; texts are converted as far as they look like one, NULL is 0.
    public func double(_ column: Int) -> Double { sqlite3_column_double(statement, Int32(clamping: column)) }

    /// A value as text, nil for NULL. What is not UTF-8 becomes U+FFFD; zero characters are kept.
    public func text(_ column: Int) -> String? {
        let column = Int32(clamping: column)
        guard let bytes = sqlite3_column_text(statement, column) else { return nil }
        let count = Int(sqlite3_column_bytes(statement, column))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    /// The bytes of a value as they are stored (a text's in UTF-8), without a copy; they are valid inside the body only.
    /// NULL has none.
    public func withBytes<Result, Failure: Error>(
        _ column: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let isText = type(column) == .text
        let column = Int32(clamping: column)
        // Of a text in UTF-16 this converts it; SQLite's blob would be the UTF-16.
        let bytes =
            isText
            ? UnsafeRawPointer(sqlite3_column_text(statement, column)) : sqlite3_column_blob(statement, column)
        let count = bytes == nil ? 0 : Int(sqlite3_column_bytes(statement, column))
        return try body(UnsafeRawBufferPointer(start: bytes, count: count))
    }

    /// A copy of the bytes of a value, nil for NULL.
    public func bytes(_ column: Int) -> [UInt8]? { isNull(column) ? nil : withBytes(column) { [UInt8]($0) } }

    private func check(_ result: Int32) throws(SQLiteError) {
        guard result == SQLITE_OK else { throw SQLiteError(.bind, extendedCode: result) }
    }
}
