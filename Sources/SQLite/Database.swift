import CSQLite

/// One connection to a SQLite database. It belongs to one thread at a time, and is closed when the last reference to it
/// and to its statements is gone.
public final class Database {
    /// What may be done with a database.
    public enum Mode: Sendable {
        /// Only reading; the file must be there.
        case readOnly
        /// Reading and writing; a file that is not there is made.
        case readWrite
    }

    let connection: OpaquePointer
    /// What the connection's callbacks need, as long as it lives.
    var keptAlive: [AnyObject] = []
    /// What the statements of a guarded connection may do.
    var work: Work?

    /// Opens a database file, without looking at its content yet: a file that is none is found when it is first read.
    ///
    /// - Parameters:
    ///   - path: the file; `:memory:` is a new database in memory.
    ///   - vfs: the name of a registered SQLite file system instead of the standard one.
    public convenience init(path: String, mode: Mode, vfs: String? = nil) throws(SQLiteError) {
        let access = mode == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        try self.init(path: path, flags: access, vfs: vfs)
    }

    init(path: String, flags: Int32, vfs: String?) throws(SQLiteError) {
        var opened: OpaquePointer?
        let flags = flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let result = sqlite3_open_v2(path, &opened, flags, vfs)
        guard result == SQLITE_OK, let opened else {
            sqlite3_close_v2(opened)
            throw SQLiteError(.open, extendedCode: result == SQLITE_OK ? SQLITE_NOMEM : result)
        }
        connection = opened
        busyTimeout = 0
    }

    deinit { sqlite3_close_v2(connection) }

    /// How long a statement waits for the locks of other connections before it fails as busy, in milliseconds. At first 0.
    public var busyTimeout: Int32 {
        didSet { sqlite3_busy_timeout(connection, busyTimeout) }
    }

    /// Runs one or more statements and ignores their rows.
    public func execute(_ sql: String) throws(SQLiteError) {
        try check(.execute, sqlite3_exec(connection, sql, nil, nil, nil))
    }

    /// Compiles the first statement of a text. Keep it: compiling costs more than running a small statement.
    public func prepare(_ sql: String) throws(SQLiteError) -> Statement { try Statement(self, sql) }

    /// Runs a body between `BEGIN IMMEDIATE` and `COMMIT`. What the body throws is thrown again after `ROLLBACK`.
    public func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        try execute("BEGIN IMMEDIATE")
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // Some errors have rolled back already; the first error is what the caller needs either way.
            if sqlite3_get_autocommit(connection) == 0 { sqlite3_exec(connection, "ROLLBACK", nil, nil, nil) }
            throw error
        }
    }

    /// How many rows the last INSERT, UPDATE or DELETE changed.
    public var changes: Int64 { sqlite3_changes64(connection) }

    /// The row number of the last row inserted.
    public var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(connection) }

    func check(_ operation: SQLiteError.Operation, _ result: Int32) throws(SQLiteError) {
        guard result == SQLITE_OK else { throw SQLiteError(operation, extendedCode: result) }
    }
}
