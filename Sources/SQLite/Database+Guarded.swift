import CSQLite

/// How much one statement may do in a database that is not trusted. A file of a kilobyte can describe a table that
/// nobody would see the end of, with pages that refer to each other in circles.
public struct WorkLimit: Hashable, Sendable {
    /// Steps of SQLite's virtual machine.
    public var steps: Int
    /// Pages looked at. One that is not in memory counts as sixteen.
    public var pageVisits: Int

    /// A limit of so many steps and page visits.
    public init(steps: Int, pageVisits: Int) {
        self.steps = steps
        self.pageVisits = pageVisits
    }

    /// What reading any table of a database of this size takes, by far: a row has some bytes of its own and some four
    /// steps a column; read in the order of an index, a row is some four visits, and a page has rarely a hundred rows.
    public init(databaseSize: Int64, pageSize: Int) {
        let size = min(max(0, databaseSize), 1 << 50)
        self.init(
            steps: 1 << 20 + Int(clamping: size) * 16,
            pageVisits: 1 << 16 + Int(clamping: size / Int64(max(512, pageSize))) * 1024)
    }
}

extension Database {
    /// The largest value or row that is read from a database that is not trusted, in bytes.
    public static let largestGuardedValue = 64 << 20
    /// What all of SQLite may allocate in the process once such a database was opened, in bytes.
    public static let guardedMemory: Int64 = 384 << 20

    /// Opens a database that is not trusted, for reading plain tables with plain SELECTs.
    ///
    /// Not possible: writing, attaching, views, triggers, virtual tables, recursive queries, functions that are not in
    /// a short list (`count` is not: `count(*)` of a hostile table cannot be interrupted; use `sum(1)`). Temporary
    /// tables, which sorting without an index makes, are in memory. Each statement has to keep to the work limit, from
    /// one `restartWork` to the next.
    public convenience init(guarding file: VirtualFile, limit: WorkLimit) throws(SQLiteError) {
        guard VirtualFileSystem.registration == SQLITE_OK else { throw SQLiteError(.open, extendedCode: SQLITE_ERROR) }
        sqlite3_hard_heap_limit64(Self.guardedMemory)
        let name = VirtualFileSystem.lend(file)
        defer { VirtualFileSystem.takeBack(name) }
        try self.init(path: name, flags: SQLITE_OPEN_READONLY, vfs: VirtualFileSystem.name)
        keptAlive.append(file)
        try restrict()
        let work = Work(connection, limit)
        keptAlive.append(work)
        self.work = work
        sqlite3_progress_handler(
            connection, Work.stepsBetweenChecks,
            { work in
                guard let work else { return 1 }
                return Unmanaged<Work>.fromOpaque(work).takeUnretainedValue().isUsedUp() ? 1 : 0
            }, Unmanaged.passUnretained(work).toOpaque())
    }

    /// Gives the next statement the whole of the work limit again.
    public func restartWork() { work?.restart() }

    private func restrict() throws(SQLiteError) {
        let switches: [(Int32, Int32)] = [
            (SQLITE_DBCONFIG_DEFENSIVE, 1), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0), (SQLITE_DBCONFIG_ENABLE_VIEW, 0),
            (SQLITE_DBCONFIG_ENABLE_TRIGGER, 0), (SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0),
            (SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0), (SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0),
            (SQLITE_DBCONFIG_DQS_DML, 0), (SQLITE_DBCONFIG_DQS_DDL, 0),
        ]
        for (setting, value) in switches { try check(.configure, chatark_sqlite_switch(connection, setting, value)) }
        let limits: [(Int32, Int32)] = [
            (SQLITE_LIMIT_LENGTH, Int32(Self.largestGuardedValue)), (SQLITE_LIMIT_SQL_LENGTH, 1 << 20),
            (SQLITE_LIMIT_EXPR_DEPTH, 100), (SQLITE_LIMIT_COMPOUND_SELECT, 20), (SQLITE_LIMIT_ATTACHED, 0),
            (SQLITE_LIMIT_WORKER_THREADS, 0), (SQLITE_LIMIT_TRIGGER_DEPTH, 1), (SQLITE_LIMIT_COLUMN, 500),
        ]
        for (limit, value) in limits { sqlite3_limit(connection, limit, value) }
        try check(.configure, sqlite3_drop_modules(connection, nil))
        // Cells that reach out of their page are found when the page is read; the cache is 8 MiB.
        try execute(
            """
            PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA query_only = ON; PRAGMA cell_size_check = ON;
            PRAGMA cache_size = -8192
            """)
        sqlite3_set_authorizer(connection, { allows($1, $2, $3, $5) ? SQLITE_OK : SQLITE_DENY }, nil)
    }
}

/// Whether a statement in an untrusted database may contain an action (sqlite.org/c3ref/c_alter_table.html).
private func allows(
    _ action: Int32, _ first: UnsafePointer<CChar>?, _ second: UnsafePointer<CChar>?, _ view: UnsafePointer<CChar>?
) -> Bool {
    guard view == nil else { return false }
    switch action {
    case SQLITE_SELECT, SQLITE_READ: return true
    case SQLITE_FUNCTION: return second.map { functions.contains(String(cString: $0).lowercased()) } ?? false
    case SQLITE_PRAGMA: return first.map { pragmas.contains(String(cString: $0).lowercased()) } ?? false
    default: return false
    }
}

private let functions: Set<String> = [
    "abs", "coalesce", "hex", "ifnull", "length", "lower", "max", "min", "nullif", "substr", "sum", "total", "typeof",
    "upper",
]
private let pragmas: Set<String> = ["table_info", "table_xinfo", "encoding"]

/// What the statements since the last restart have done.
final class Work {
    /// Small enough that between two checks not many rows can be read, each a walk over thousands of pages.
    static let stepsBetweenChecks: Int32 = 500

    private let connection: OpaquePointer
    private let limit: WorkLimit
    private var steps = 0
    private var pageVisits = 0

    init(_ connection: OpaquePointer, _ limit: WorkLimit) {
        self.connection = connection
        self.limit = limit
    }

    func restart() {
        _ = newVisits()
        steps = 0
        pageVisits = 0
    }

    func isUsedUp() -> Bool {
        steps += Int(Self.stepsBetweenChecks)
        pageVisits += newVisits()
        return steps > limit.steps || pageVisits > limit.pageVisits
    }

    /// Pages that the connection has looked at since this was asked last; asked often, as SQLite counts in 31 bits.
    private func newVisits() -> Int { count(SQLITE_DBSTATUS_CACHE_HIT) + 16 * count(SQLITE_DBSTATUS_CACHE_MISS) }

    private func count(_ status: Int32) -> Int {
        var current: Int32 = 0
        var highest: Int32 = 0
        sqlite3_db_status(connection, status, &current, &highest, 1)
        return Int(current)
    }
}
