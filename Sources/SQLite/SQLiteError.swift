import CSQLite

/// What SQLite answered instead of doing what it was asked. It never holds content, names of tables or SQL.
public struct SQLiteError: Error, Hashable, Sendable {
    /// What was being done.
    public enum Operation: String, Hashable, Sendable {
        case open, configure, prepare, bind, step, execute
    }

    /// What was being done.
    public let operation: Operation
    /// SQLite's primary result code (sqlite.org/rescode.html).
    public let code: Int32
    /// SQLite's extended result code; its low byte is the primary one.
    public let extendedCode: Int32

    /// An error with an extended result code.
    public init(_ operation: Operation, extendedCode: Int32) {
        self.operation = operation
        self.code = extendedCode & 0xFF
        self.extendedCode = extendedCode
    }

    /// What went wrong, as far as a caller would act on it.
    public enum Kind: Hashable, Sendable {
        /// Another connection holds a lock.
        case busy
        /// The file is damaged, or is no SQLite database.
        case damaged
        /// A statement took more steps than it was given, or was interrupted.
        case interrupted
        /// A value, a row or a statement is larger than what is allowed.
        case tooBig
        /// The file cannot be opened, read or written.
        case inputOutput
        /// A row breaks a constraint of its table.
        case constraint
        /// The statement does something that is not allowed here.
        case forbidden
        /// There is no more memory, or no more is allowed.
        case noMemory
        /// Everything else: wrong SQL, a missing table.
        case other
    }

    /// What went wrong, as far as a caller would act on it.
    public var kind: Kind {
        switch code {
        case SQLITE_BUSY, SQLITE_LOCKED: .busy
        case SQLITE_CORRUPT, SQLITE_NOTADB: .damaged
        case SQLITE_INTERRUPT: .interrupted
        case SQLITE_TOOBIG: .tooBig
        case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_FULL: .inputOutput
        case SQLITE_CONSTRAINT: .constraint
        case SQLITE_AUTH, SQLITE_READONLY, SQLITE_PERM: .forbidden
        case SQLITE_NOMEM: .noMemory
        default: .other
        }
    }
}

extension SQLiteError: CustomStringConvertible {
    /// SQLite's own words for the code, which hold nothing of the database.
    public var words: String { sqlite3_errstr(extendedCode).map { String(cString: $0) } ?? "unknown error" }

    /// The words for a person.
    public var description: String { "SQLite cannot \(operation.rawValue): \(words) (\(extendedCode))." }
}
