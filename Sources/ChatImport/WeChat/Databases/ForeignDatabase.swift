import SQLite

/// A database of another program, opened for reading: encrypted or not, with what its log has, whatever is in it.
/// Nothing decrypted touches a disk, and neither memory nor time grows beyond what the file's size explains.
package final class ForeignDatabase {
    private let snapshot: DatabaseSnapshot
    private let image: VirtualFile
    let database: Database
    /// The names of the plain tables, and their columns as far as they were asked for.
    private let plainTables: Set<String>
    private var knownColumns: [String: [String]] = [:]
    /// Statements that were used and may be used again: a word looked up for each message is one of them.
    private var idleStatements: [Query: Statement] = [:]

    private struct Query: Hashable {
        let table: String
        let columns: [String]
        let condition: String
    }

    /// What is told of a database when it was read.
    package struct Account: Hashable, Sendable {
        /// Whether the file is encrypted.
        package var isEncrypted: Bool
        /// What was in the log beside it; nil when there was none.
        package var log: WriteAheadLog.Counts?
        /// Frames that may be in a log that cannot be read at all.
        package var unreadableLogFrames: Int
        /// Whether the database is one that has a log while it is open, and none was there.
        package var lacksLog: Bool
    }

    /// Opens a database. Cost: reads the log once, and derives keys, each in some 0.2 s at the most.
    ///
    /// - Parameters:
    ///   - logPath: where its write-ahead log is, when not beside it with `-wal` behind its name.
    ///   - journalPath: where its rollback journal is, when not beside it with `-journal` behind its name.
    ///   - keys: what may open it, if it is encrypted.
    ///   - parameters: how it may be encrypted; tried in this order.
    package init(
        path: String, logPath: String? = nil, journalPath: String? = nil, keys: [DatabaseKey] = [],
        parameters: [CipherParameters] = []
    ) throws(DatabaseFault) {
        let files = DatabaseSnapshot.Files(
            database: path, log: logPath ?? path + "-wal", journal: journalPath ?? path + "-journal")
        let snapshot = try DatabaseSnapshot.open(files, keys: keys, parameters: parameters)
        let pages = snapshot.pages
        let image = VirtualFile(size: snapshot.size) { try pages.read(into: $0, at: $1) }
        let limit = WorkLimit(databaseSize: snapshot.storedSize, pageSize: snapshot.pageSize)
        do throws(SQLiteError) {
            let database = try Database(guarding: image, limit: limit)
            let statement = try database.prepare(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND typeof(name) = 'text'")
            var names: Set<String> = []
            while try statement.step() {
                if let name = statement.text(0) { names.insert(name) }
            }
            self.database = database
            plainTables = names
        } catch {
            throw Self.fault(error, image)
        }
        self.snapshot = snapshot
        self.image = image
    }

    /// What is told of the database.
    package var account: Account {
        var account = Account(
            isEncrypted: snapshot.isEncrypted, unreadableLogFrames: 0,
            lacksLog: snapshot.usesLog && snapshot.log == .absent)
        switch snapshot.log {
        case .absent: break
        case .read(let counts): account.log = counts
        case .unreadable(let frames): account.unreadableLogFrames = frames
        }
        return account
    }

    /// The names of the tables that are no views, no virtual tables and have a content of their own.
    package var tables: [String] { plainTables.sorted() }

    /// Whether there is such a table.
    package func hasTable(_ name: String) -> Bool { plainTables.contains(name) }

    /// The columns of a plain table, in their order; nil when there is no such table, or it has computed columns.
    package func columns(of table: String) throws(DatabaseFault) -> [String]? {
        if let known = knownColumns[table] { return known }
        guard plainTables.contains(table) else { return nil }
        var columns: [String] = []
        do throws(SQLiteError) {
            let statement = try database.prepare("PRAGMA table_xinfo(\(Self.quoted(table)))")
            while try statement.step() {
                guard statement.int64(6) == 0, let name = statement.text(1) else { return nil }
                columns.append(name)
            }
        } catch {
            throw Self.fault(error, image)
        }
        guard !columns.isEmpty else { return nil }
        knownColumns[table] = columns
        return columns
    }

    /// The first column of those named that a plain table has, whatever the case of its letters; nil when it has none.
    package func column(_ names: String..., of table: String) throws(DatabaseFault) -> String? {
        guard let columns = try columns(of: table) else { return nil }
        for name in names {
            if let found = columns.first(where: { $0.lowercased() == name.lowercased() }) { return found }
        }
        return nil
    }

    /// Reads rows of one plain table in the order of their row numbers, if there is no other order given.
    ///
    /// - Parameters:
    ///   - columns: names of columns, in the order in which the body finds them, from 0. One that the table does not
    ///     have is NULL in every row.
    ///   - condition: SQL behind WHERE, ORDER BY or LIMIT, with `?` for the bindings. Sorting without an index holds all
    ///     that is sorted in memory.
    ///   - body: gets each row; return false to stop.
    /// - Throws: a fault, after the rows before the damage; or what the body throws.
    package func rows(
        of table: String, _ columns: [String], _ condition: String = "", _ bindings: [Binding] = [],
        _ body: (Statement) throws -> Bool
    ) throws {
        database.restartWork()
        try read(table, columns, condition, bindings, body)
    }

    /// The same, within what is left of the work limit.
    func read(
        _ table: String, _ columns: [String], _ condition: String, _ bindings: [Binding],
        _ body: (Statement) throws -> Bool
    ) throws {
        let query = Query(table: table, columns: columns, condition: condition)
        let statement = try idleStatements.removeValue(forKey: query) ?? prepare(query)
        try translated { () throws(SQLiteError) in
            for (index, binding) in bindings.enumerated() { try binding.bind(to: statement, at: index + 1) }
        }
        defer {
            statement.reset()
            if idleStatements.count < Self.mostIdleStatements { idleStatements[query] = statement }
        }
        while try translated({ () throws(SQLiteError) in try statement.step() }) {
            guard try body(statement) else { return }
        }
    }

    private static let mostIdleStatements = 16

    private func prepare(_ query: Query) throws(DatabaseFault) -> Statement {
        guard let known = try columns(of: query.table) else { throw .noSuchTable }
        let there = Dictionary(known.map { ($0.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
        let list = query.columns.map { name in
            name == "rowid" ? name : there[name.lowercased()].map { Self.quoted($0) } ?? "NULL"
        }
        let sql = "SELECT \(list.joined(separator: ", ")) FROM \(Self.quoted(query.table)) \(query.condition)"
        return try translated { () throws(SQLiteError) in try database.prepare(sql) }
    }

    /// How many rows a plain table has. Cost: reads the table's pages.
    package func rowCount(of table: String) throws -> Int {
        var count = 0
        guard plainTables.contains(table) else { throw DatabaseFault.noSuchTable }
        try rows(of: table, ["rowid"]) { _ in
            count += 1
            return true
        }
        return count
    }

    /// Throws when another program has changed the database since it was opened: then what was read may belong to
    /// different moments.
    package func checkUnchanged() throws(DatabaseFault) {
        guard snapshot.stillHolds() else { throw .changedMeanwhile }
    }

    /// A value for a `?`.
    package enum Binding: Hashable, Sendable {
        case number(Int64)
        case text(String)
        case bytes([UInt8])

        func bind(to statement: Statement, at index: Int) throws(SQLiteError) {
            switch self {
            case .number(let number): try statement.bind(number, at: index)
            case .text(let text): try statement.bind(text, at: index)
            case .bytes(let bytes): try statement.bind(bytes, at: index)
            }
        }
    }

    private func translated<Result>(_ body: () throws(SQLiteError) -> Result) throws(DatabaseFault) -> Result {
        do throws(SQLiteError) {
            return try body()
        } catch {
            throw Self.fault(error, image)
        }
    }

    private static func fault(_ error: SQLiteError, _ image: VirtualFile) -> DatabaseFault {
        if error.kind == .inputOutput, let fault = image.failure as? DatabaseFault { return fault }
        return error.kind == .interrupted ? .endless : .refused(error)
    }

    private static func quoted(_ name: String) -> String {
        "\"\(name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }
}
