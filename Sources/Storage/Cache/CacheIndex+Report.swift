import SQLite

extension CacheIndex {
    /// An entry with what it is a piece of.
    struct NamedEntry: Sendable {
        let namespace: Namespace
        let name: ObjectName
        let entry: Entry
    }

    /// How many bytes and entries there are of which repository and class.
    func holdings() throws(SQLiteError) -> [CacheStatus.Holding] {
        let statement = try prepared(
            """
            SELECT location, retention, count(*), sum(end - start), sum(charge) FROM entries e
            JOIN objects o ON o.id = e.object JOIN namespaces n ON n.id = o.namespace GROUP BY 1, 2 ORDER BY 1, 2
            """)
        defer { statement.reset() }
        var holdings: [CacheStatus.Holding] = []
        while try statement.step() {
            guard let retention = ReadAdvice.Retention(rawValue: UInt8(clamping: statement.int64(1))) else { continue }
            holdings.append(
                CacheStatus.Holding(
                    location: statement.text(0) ?? "", retention: retention, entries: Int(clamping: statement.int64(2)),
                    bytes: Int(clamping: statement.int64(3)), bytesOnDisk: Int(clamping: statement.int64(4))))
        }
        return holdings
    }

    /// How many entries there are.
    func count() throws(SQLiteError) -> Int {
        let statement = try prepared("SELECT count(*) FROM entries")
        defer { statement.reset() }
        return try statement.step() ? Int(clamping: statement.int64(0)) : 0
    }

    /// Entries in the order of their numbers, some hundred at a time; an entry is nil whose row makes no sense.
    func entries(after id: Int64) throws(SQLiteError) -> [(id: Int64, entry: NamedEntry?)] {
        let statement = try prepared(
            """
            SELECT e.id, start, end, slab, offset, checksum, retention, name, location FROM entries e
            LEFT JOIN objects o ON o.id = e.object LEFT JOIN namespaces n ON n.id = o.namespace
            WHERE e.id > ? ORDER BY e.id LIMIT 256
            """)
        defer { statement.reset() }
        try statement.bind(id, at: 1)
        var found: [(id: Int64, entry: NamedEntry?)] = []
        while try statement.step() {
            var named: NamedEntry?
            if let entry = Self.entry(statement), let name = ObjectName(key: statement.bytes(7) ?? []),
                let namespace = statement.text(8)
            {
                named = NamedEntry(namespace: namespace, name: name, entry: entry)
            }
            found.append((statement.int64(0), named))
        }
        return found
    }

    /// The slabs that entries lie in.
    func slabs() throws(SQLiteError) -> Set<Int64> {
        let statement = try prepared("SELECT DISTINCT slab FROM entries")
        defer { statement.reset() }
        var slabs: Set<Int64> = []
        while try statement.step() { slabs.insert(statement.int64(0)) }
        return slabs
    }
}
