import SQLite

/// The tables of an Android account's database that things are looked up in. What cannot be read of them is remembered, and
/// the rest is read all the same; a table that is not there has no rows.
final class AndroidTables {
    private let database: ForeignDatabase
    private let path: String
    /// What could not be read, once for each table.
    private(set) var damages: [DatabaseDamage] = []

    init(_ database: ForeignDatabase, path: String) {
        self.database = database
        self.path = path
    }

    /// Reads the rows of a table; return false to stop.
    func rows(of table: String, _ columns: [String], _ body: (Statement) throws -> Bool) throws {
        try database.lookUp(in: table, columns, at: path, noting: { note($0) }, body)
    }

    /// The same for one who can throw nothing.
    func eachRow(of table: String, _ columns: [String], _ body: (Statement) -> Bool) {
        // Only the body's errors come out.
        try? rows(of: table, columns, body)
    }

    /// The first text that is found. `isAlone` for a search that begins a new count of work.
    func text(
        of table: String, _ column: String, _ condition: String, _ key: ForeignDatabase.Binding, isAlone: Bool = false
    ) -> String? {
        var found: String?
        let take = { (row: Statement) -> Bool in
            found = row.text(0)
            return false
        }
        guard database.hasTable(table) else { return nil }
        do {
            if isAlone {
                try database.rows(of: table, [column], condition, [key], take)
            } else {
                try database.read(table, [column], condition, [key], take)
            }
        } catch {
            // The body throws nothing. A column that other versions have is as good as a table that they have.
            let fault = error as? DatabaseFault ?? .notADatabase
            if fault != .noSuchTable { note(DatabaseDamage(path: path, table: table, fault: fault)) }
        }
        return found
    }

    private func note(_ damage: DatabaseDamage) {
        if !damages.contains(where: { $0.table == damage.table }) { damages.append(damage) }
    }
}
