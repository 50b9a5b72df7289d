import SQLite

/// Where in the slabs which bytes of which object lie: a SQLite database, shared by all processes.
///
/// An entry is a piece of an object of at most `pieceLimit` bytes. Its checksum is seeded by what it is a piece of, so
/// that a damaged row cannot pass for another's either. Belongs to one thread at a time.
final class CacheIndex {
    /// The most bytes of an entry; larger ranges are cut at multiples of it. To read one byte costs reading and hashing one
    /// entry, and an entry costs a row.
    static let pieceLimit = 256 << 10

    /// Of which repository something is: the store's location.
    typealias Namespace = String

    /// A piece that is kept.
    struct Entry: Sendable {
        let id: Int64
        let range: Range<Int>
        let place: SlabFolder.Place
        let checksum: UInt64
        let retention: ReadAdvice.Retention
    }

    /// A piece to be kept.
    struct Piece: Sendable {
        let range: Range<Int>
        let place: SlabFolder.Place
        let checksum: UInt64
    }

    /// A piece that was dropped, whose space can be given back.
    struct Dropped: Sendable {
        let place: SlabFolder.Place
        let count: Int
    }

    let database: Database
    private var statements: [String: Statement] = [:]
    private var namespaces: [Namespace: Int64] = [:]

    /// Opens the index, and makes it when the file is new.
    init(path: String) throws(SQLiteError) {
        database = try Database(path: path, mode: .readWrite)
        try Self.configure(database)
    }

    /// Whether the file was made by a version of the program that has another schema.
    var isForeign: Bool {
        get throws(SQLiteError) { try Self.versionOf(database) != Self.version }
    }

    /// What the checksum of a piece starts from.
    static func seed(_ namespace: Namespace, _ name: ObjectName, _ range: Range<Int>) -> UInt64 {
        var bytes = Array("\(name.path):\(range.lowerBound):\(range.upperBound):".utf8)
        bytes += namespace.utf8
        return bytes.withUnsafeBytes { XXH64.hash($0) }
    }

    // MARK: Looking up

    /// The pieces that overlap a range, by their start.
    func entries(_ namespace: Namespace, _ name: ObjectName, _ range: Range<Int>) throws(SQLiteError) -> [Entry] {
        let statement = try prepared(
            """
            SELECT e.id, start, end, slab, offset, checksum, retention FROM entries e
            WHERE object = (SELECT id FROM objects WHERE namespace = ? AND name = ?) AND start > ? AND start < ?
            ORDER BY start
            """)
        defer { statement.reset() }
        try statement.bind(try id(of: namespace), at: 1)
        try statement.bind(name.key, at: 2)
        try statement.bind(range.lowerBound - Self.pieceLimit, at: 3)
        try statement.bind(range.upperBound, at: 4)
        var entries: [Entry] = []
        while try statement.step() {
            guard let entry = Self.entry(statement), entry.range.upperBound > range.lowerBound else { continue }
            entries.append(entry)
        }
        return entries
    }

    /// The size of an object that was once read or written whole.
    func size(_ namespace: Namespace, _ name: ObjectName) throws(SQLiteError) -> Int? {
        let statement = try prepared("SELECT size, proof FROM objects WHERE namespace = ? AND name = ?")
        defer { statement.reset() }
        try statement.bind(try id(of: namespace), at: 1)
        try statement.bind(name.key, at: 2)
        guard try statement.step(), !statement.isNull(0), let size = Int(exactly: statement.int64(0)), size >= 0,
            UInt64(bitPattern: statement.int64(1)) == Self.seed(namespace, name, 0..<size)
        else { return nil }
        return size
    }

    /// A row as a value; nil for a row that no version of the program writes.
    static func entry(_ statement: Statement) -> Entry? {
        let (start, end) = (statement.int64(1), statement.int64(2))
        guard start >= 0, start < end, end - start <= Int64(pieceLimit), let offset = Int(exactly: statement.int64(4)),
            let retention = UInt8(exactly: statement.int64(6)).flatMap(ReadAdvice.Retention.init(rawValue:))
        else { return nil }
        return Entry(
            id: statement.int64(0), range: Int(start)..<Int(end),
            place: SlabFolder.Place(slab: statement.int64(3), offset: offset),
            checksum: UInt64(bitPattern: statement.int64(5)), retention: retention)
    }

    // MARK: Adding

    /// Adds pieces, and drops before what must make room for them; returns what was dropped.
    ///
    /// A piece that another process added first is left out, and among the dropped. Inside a transaction.
    func add(
        _ pieces: [Piece], of name: ObjectName, _ namespace: Namespace, _ retention: ReadAdvice.Retention, size: Int?,
        used: Int64, limit: Int, bySlab: Bool
    ) throws(SQLiteError) -> [Dropped] {
        let namespaceID = try id(of: namespace)
        let incoming = pieces.reduce(0) { $0 + SlabFolder.charge($1.range.count) }
        var dropped = try evict(incoming: incoming, limit: limit, bySlab: bySlab)
        let upsert = try prepared(
            """
            INSERT INTO objects (namespace, name, size, proof) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (namespace, name)
            DO UPDATE SET size = coalesce(excluded.size, size), proof = coalesce(excluded.proof, proof) RETURNING id
            """)
        try upsert.bind(namespaceID, at: 1)
        try upsert.bind(name.key, at: 2)
        try upsert.bind(size, at: 3)
        try upsert.bind(size.map { Int64(bitPattern: Self.seed(namespace, name, 0..<$0)) }, at: 4)
        let object: Int64
        do {
            defer { upsert.reset() }
            guard try upsert.step() else { return dropped }
            object = upsert.int64(0)
            while try upsert.step() {}
        }
        let insert = try prepared(
            """
            INSERT OR IGNORE INTO entries (object, start, end, slab, offset, checksum, retention, used, charge)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        for piece in pieces {
            try insert.bind(object, at: 1)
            try insert.bind(piece.range.lowerBound, at: 2)
            try insert.bind(piece.range.upperBound, at: 3)
            try insert.bind(piece.place.slab, at: 4)
            try insert.bind(piece.place.offset, at: 5)
            try insert.bind(Int64(bitPattern: piece.checksum), at: 6)
            try insert.bind(Int(retention.rawValue), at: 7)
            try insert.bind(used, at: 8)
            try insert.bind(SlabFolder.charge(piece.range.count), at: 9)
            try insert.run()
            if database.changes == 0 { dropped.append(Dropped(place: piece.place, count: piece.range.count)) }
        }
        return dropped
    }

    /// Notes when pieces were used, and which turned out to be metadata. Inside a transaction.
    func touch(_ uses: PendingUses) throws(SQLiteError) {
        let use = try prepared("UPDATE entries SET used = max(used, ?) WHERE id = ?")
        for (id, time) in uses.times {
            try use.bind(time, at: 1)
            try use.bind(id, at: 2)
            try use.run()
        }
        let promote = try prepared("UPDATE entries SET retention = 0 WHERE id = ? AND retention <> 0")
        for id in uses.promoted {
            try promote.bind(id, at: 1)
            try promote.run()
        }
    }

    /// Where the last entry of a slab ends.
    func end(ofSlab slab: Int64) throws(SQLiteError) -> Int {
        let statement = try prepared(
            "SELECT offset + charge FROM entries WHERE slab = ? ORDER BY offset DESC LIMIT 1")
        defer { statement.reset() }
        try statement.bind(slab, at: 1)
        return try statement.step() ? Int(clamping: statement.int64(0)) : 0
    }

    // MARK: Statements

    /// The number of a repository, which is given one when it has none.
    func id(of namespace: Namespace) throws(SQLiteError) -> Int64 {
        if let id = namespaces[namespace] { return id }
        let insert = try prepared("INSERT OR IGNORE INTO namespaces (location) VALUES (?)")
        let select = try prepared("SELECT id FROM namespaces WHERE location = ?")
        try select.bind(namespace, at: 1)
        defer { select.reset() }
        if try !select.step() {
            select.reset()
            try insert.bind(namespace, at: 1)
            try insert.run()
            guard try select.step() else { return 0 }
        }
        let id = select.int64(0)
        namespaces[namespace] = id
        return id
    }

    func prepared(_ sql: String) throws(SQLiteError) -> Statement {
        if let statement = statements[sql] { return statement }
        let statement = try database.prepare(sql)
        statements[sql] = statement
        return statement
    }

    /// Runs a body between BEGIN IMMEDIATE and COMMIT, or rolls back.
    func transaction<Result>(_ body: () throws(SQLiteError) -> Result) throws(SQLiteError) -> Result {
        try database.execute("BEGIN IMMEDIATE")
        do {
            let result = try body()
            try database.execute("COMMIT")
            return result
        } catch {
            // Some errors have rolled back already; the first error is what counts either way.
            try? database.execute("ROLLBACK")
            namespaces = [:]
            throw error
        }
    }
}

extension ObjectName {
    /// A byte for the kind and the digest's bytes.
    var key: [UInt8] {
        guard let kind, let digest else { return [UInt8(ascii: "c")] }
        let letter: UInt8 =
            switch kind {
            case .data: UInt8(ascii: "d")
            case .index: UInt8(ascii: "i")
            case .keys: UInt8(ascii: "k")
            case .locks: UInt8(ascii: "l")
            case .snapshots: UInt8(ascii: "s")
            }
        return [letter] + digest.withBytes { [UInt8]($0) }
    }

    /// Reads what `key` wrote; nil for anything else.
    init?(key: [UInt8]) {
        guard let letter = key.first else { return nil }
        if key == [UInt8(ascii: "c")] {
            self = .config
            return
        }
        guard let digest = key.withUnsafeBytes({ SHA256Digest(copying: UnsafeRawBufferPointer(rebasing: $0[1...])) })
        else { return nil }
        switch letter {
        case UInt8(ascii: "d"): self.init(.data, digest)
        case UInt8(ascii: "i"): self.init(.index, digest)
        case UInt8(ascii: "k"): self.init(.keys, digest)
        case UInt8(ascii: "l"): self.init(.locks, digest)
        case UInt8(ascii: "s"): self.init(.snapshots, digest)
        default: return nil
        }
    }
}
