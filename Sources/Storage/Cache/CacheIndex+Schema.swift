import SQLite

extension CacheIndex {
    /// Which version of the schema below a file has. Another one is made anew: it is only a cache.
    static let version = 1

    /// Deletes an object that nothing is kept of, so that the table does not grow for ever.
    static let schema = """
        CREATE TABLE namespaces (id INTEGER PRIMARY KEY, location TEXT NOT NULL UNIQUE);
        CREATE TABLE objects (
            id INTEGER PRIMARY KEY AUTOINCREMENT, namespace INTEGER NOT NULL, name BLOB NOT NULL,
            size INTEGER, proof INTEGER, UNIQUE (namespace, name));
        CREATE TABLE entries (
            id INTEGER PRIMARY KEY AUTOINCREMENT, object INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
            slab INTEGER NOT NULL, offset INTEGER NOT NULL, checksum INTEGER NOT NULL, retention INTEGER NOT NULL,
            used INTEGER NOT NULL, charge INTEGER NOT NULL, UNIQUE (object, start));
        CREATE INDEX entries_by_use ON entries (retention, used);
        CREATE INDEX entries_by_slab ON entries (slab, offset);
        CREATE TABLE totals (retention INTEGER PRIMARY KEY, charge INTEGER NOT NULL);
        INSERT INTO totals VALUES (0, 0), (1, 0);
        CREATE TRIGGER entry_added AFTER INSERT ON entries BEGIN
            UPDATE totals SET charge = charge + new.charge WHERE retention = new.retention;
        END;
        CREATE TRIGGER entry_dropped AFTER DELETE ON entries BEGIN
            UPDATE totals SET charge = charge - old.charge WHERE retention = old.retention;
            DELETE FROM objects WHERE id = old.object
                AND NOT EXISTS (SELECT 1 FROM entries WHERE object = old.object);
        END;
        CREATE TRIGGER entry_promoted AFTER UPDATE OF retention ON entries BEGIN
            UPDATE totals SET charge = charge - old.charge WHERE retention = old.retention;
            UPDATE totals SET charge = charge + new.charge WHERE retention = new.retention;
        END;
        CREATE TABLE listings (
            namespace INTEGER NOT NULL, kind TEXT NOT NULL, listing BLOB NOT NULL, checksum INTEGER NOT NULL,
            PRIMARY KEY (namespace, kind));
        CREATE TABLE changes (
            id INTEGER PRIMARY KEY AUTOINCREMENT, namespace INTEGER NOT NULL, kind TEXT NOT NULL, digest BLOB NOT NULL,
            size INTEGER);
        CREATE INDEX changes_by_kind ON changes (namespace, kind, id);
        PRAGMA user_version = \(version);
        """

    /// Makes the connection ready: a log, so that readers and one writer do not wait for each other and a killed process
    /// leaves nothing half done; no waiting for the disk, as what is lost is fetched again.
    static func configure(_ database: Database) throws(SQLiteError) {
        database.busyTimeout = 5000
        try database.execute(
            """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 256;
            PRAGMA journal_size_limit = 1048576; PRAGMA cache_size = -4096;
            """)
        guard try versionOf(database) != version else { return }
        try database.execute("BEGIN IMMEDIATE")
        do {
            // Another process may have made it meanwhile.
            if try versionOf(database) == 0 { try database.execute(schema) }
            try database.execute("COMMIT")
        } catch {
            try? database.execute("ROLLBACK")
            throw error
        }
    }

    static func versionOf(_ database: Database) throws(SQLiteError) -> Int {
        let statement = try database.prepare("PRAGMA user_version")
        return try statement.step() ? Int(statement.int64(0)) : 0
    }
}
