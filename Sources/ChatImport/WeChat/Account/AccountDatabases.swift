/// Opens the databases of one account, and remembers what is to be told of them.
final class AccountDatabases {
    let files: AccountFiles
    private let keys: [DatabaseKey]
    private let parameters: [CipherParameters]
    private(set) var notes: [WeChatNote] = []
    /// Databases that things are looked up in stay open; nil where one cannot be.
    private var kept: [String: ForeignDatabase?] = [:]

    init(_ files: AccountFiles, keys: [DatabaseKey], parameters: [CipherParameters]) {
        self.files = files
        self.keys = keys
        self.parameters = parameters
    }

    /// Opens a database below the account's folder. Each is told of once.
    func open(_ below: String) throws(DatabaseFault) -> ForeignDatabase {
        let database = try ForeignDatabase(path: files.whole(below), keys: keys, parameters: parameters)
        note(.opened(path: files.path(below), database.account))
        return database
    }

    /// Opens a database that things are looked up in; nil when it is not there, or cannot be read, which is noted.
    func openIfThere(_ below: String) -> ForeignDatabase? {
        if let known = kept[below] { return known }
        guard files.file(below) != nil else { return nil }
        do throws(DatabaseFault) {
            let database = try open(below)
            kept[below] = database
            return database
        } catch {
            note(.unreadable(DatabaseDamage(path: files.path(below), fault: error)))
            kept[below] = .some(nil)
            return nil
        }
    }

    /// Notes that the database of people is not there: everybody is called by an identifier then.
    func noteLackOfPeople(_ below: String) {
        if files.file(below) == nil { note(.lacksPeople(path: files.path(below))) }
    }

    /// Throws when an account's keys are none: when neither of the first two of some databases can be opened for lack of
    /// a key, and no other reason.
    func checkKeys(of candidates: [String]) throws(ImportError) {
        var refused: ImportError?
        for below in candidates.filter({ files.file($0) != nil }).prefix(2) {
            do throws(DatabaseFault) {
                kept[below] = try open(below)
                return
            } catch {
                switch error {
                case .keyNeeded, .wrongKey: refused = refused ?? .database(path: files.path(below), error)
                default: return
                }
            }
        }
        if let refused { throw refused }
    }

    /// Opens shards and brings them in the order of their beginnings; those that do not tell it come first, in the order
    /// given. What cannot be opened is told, and left out.
    ///
    /// - Parameter start: when a shard begins, in any unit.
    func shards(
        _ paths: [String], start: (ForeignDatabase, String, AccountDatabases) throws -> Int64?,
        damaged tell: (DatabaseDamage) throws -> Void
    ) throws -> [(path: String, database: ForeignDatabase)] {
        var shards: [(start: Int64, place: Int, path: String, database: ForeignDatabase)] = []
        for (place, path) in paths.enumerated() {
            do {
                let database = try (kept.removeValue(forKey: path) ?? nil) ?? open(path)
                shards.append((try start(database, path, self) ?? .min, place, path, database))
            } catch let fault as DatabaseFault {
                try tell(DatabaseDamage(path: files.path(path), fault: fault))
            }
        }
        return shards.sorted { ($0.start, $0.place) < ($1.start, $1.place) }.map { ($0.path, $0.database) }
    }

    /// Tells when another program has written to a shard while it was read.
    func checkUnchanged(
        _ database: ForeignDatabase, at below: String, damaged tell: (DatabaseDamage) throws -> Void
    ) throws {
        do throws(DatabaseFault) {
            try database.checkUnchanged()
        } catch {
            try tell(DatabaseDamage(path: files.path(below), fault: error))
        }
    }

    /// Remembers a note, once.
    func note(_ note: WeChatNote) {
        if !notes.contains(note) { notes.append(note) }
    }

    /// Reads the rows of a table that things are looked up in, as far as they can be read; the rest is noted. A table that
    /// is not there has none.
    func rows(
        of database: ForeignDatabase, at below: String, _ table: String, _ columns: [String],
        _ body: (ForeignRow) throws -> Void
    ) throws {
        try database.lookUp(in: table, columns, at: files.path(below), noting: { note(.unreadable($0)) }) { row in
            try body(ForeignRow(row))
            return true
        }
    }

    /// Tells every row of a table of messages that can be read, and one damage for all that cannot.
    func messages(
        of database: ForeignDatabase, at below: String, _ table: String, _ columns: [String],
        damaged tell: (DatabaseDamage) throws -> Void, _ body: (ForeignRow) throws -> Void
    ) throws {
        let path = files.path(below)
        do {
            let damaged = try database.readableRows(of: table, columns) { row in
                try body(ForeignRow(row))
                return true
            }
            if let fault = damaged.firstFault { try tell(DatabaseDamage(path: path, table: table, fault: fault)) }
        } catch let fault as DatabaseFault {
            try tell(DatabaseDamage(path: path, table: table, fault: fault))
        }
    }
}
