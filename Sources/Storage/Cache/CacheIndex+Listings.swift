import SQLite

/// The last listing of each kind, for when there is no network, and what was written and removed since.
///
///     a listing:  for each object  32 bytes digest ‖ 8 bytes size, little-endian
extension CacheIndex {
    /// Larger listings are not kept: some 400,000 objects.
    static let listingLimit = 16 << 20

    /// How far the changes of a kind have come; taken before a listing is asked for.
    func lastChange(_ namespace: Namespace, _ kind: ObjectKind) throws(SQLiteError) -> Int64 {
        let statement = try prepared("SELECT coalesce(max(id), 0) FROM changes WHERE namespace = ? AND kind = ?")
        defer { statement.reset() }
        try statement.bind(try id(of: namespace), at: 1)
        try statement.bind(kind.rawValue, at: 2)
        return try statement.step() ? statement.int64(0) : 0
    }

    /// Keeps a listing instead of the one before and of the changes up to `change`.
    func keep(
        _ listing: [StoredObject], of kind: ObjectKind, _ namespace: Namespace, upTo change: Int64
    ) throws(SQLiteError) {
        guard listing.count * 40 <= Self.listingLimit else { return }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(listing.count * 40)
        for object in listing.sorted(by: { ($0.name.digest ?? .zero) < ($1.name.digest ?? .zero) }) {
            guard let digest = object.name.digest else { continue }
            digest.withBytes { bytes += $0 }
            withUnsafeBytes(of: Int64(object.size).littleEndian) { bytes += $0 }
        }
        let checksum = bytes.withUnsafeBytes { XXH64.hash($0) }
        let namespaceID = try id(of: namespace)
        try transaction { () throws(SQLiteError) in
            let keep = try prepared(
                """
                INSERT INTO listings (namespace, kind, listing, checksum) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET listing = excluded.listing, checksum = excluded.checksum
                WHERE checksum <> excluded.checksum
                """)
            try keep.bind(namespaceID, at: 1)
            try keep.bind(kind.rawValue, at: 2)
            try keep.bind(bytes, at: 3)
            try keep.bind(Int64(bitPattern: checksum), at: 4)
            try keep.run()
            let forget = try prepared("DELETE FROM changes WHERE namespace = ? AND kind = ? AND id <= ?")
            try forget.bind(namespaceID, at: 1)
            try forget.bind(kind.rawValue, at: 2)
            try forget.bind(change, at: 3)
            try forget.run()
        }
    }

    /// Notes that an object was written, or removed when there is no size.
    func note(_ name: ObjectName, size: Int?, _ namespace: Namespace) throws(SQLiteError) {
        guard let kind = name.kind, let digest = name.digest else { return }
        let insert = try prepared("INSERT INTO changes (namespace, kind, digest, size) VALUES (?, ?, ?, ?)")
        try insert.bind(try id(of: namespace), at: 1)
        try insert.bind(kind.rawValue, at: 2)
        try insert.bind(digest.withBytes { [UInt8]($0) }, at: 3)
        try insert.bind(size, at: 4)
        try insert.run()
    }

    /// The last listing of a kind with the changes since; nil when there has been none.
    func listing(of kind: ObjectKind, _ namespace: Namespace) throws(SQLiteError) -> [StoredObject]? {
        let select = try prepared("SELECT listing, checksum FROM listings WHERE namespace = ? AND kind = ?")
        defer { select.reset() }
        try select.bind(try id(of: namespace), at: 1)
        try select.bind(kind.rawValue, at: 2)
        guard try select.step(), let bytes = select.bytes(0),
            bytes.withUnsafeBytes({ XXH64.hash($0) }) == UInt64(bitPattern: select.int64(1))
        else { return nil }
        var sizes: [SHA256Digest: Int] = [:]
        bytes.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count / 40 * 40, by: 40) {
                let size = bytes.loadUnaligned(fromByteOffset: start + 32, as: Int64.self)
                let digest = SHA256Digest(copying: UnsafeRawBufferPointer(rebasing: bytes[start..<start + 32]))
                if let digest { sizes[digest] = Int(Int64(littleEndian: size)) }
            }
        }
        let changes = try prepared("SELECT digest, size FROM changes WHERE namespace = ? AND kind = ? ORDER BY id")
        defer { changes.reset() }
        try changes.bind(try id(of: namespace), at: 1)
        try changes.bind(kind.rawValue, at: 2)
        while try changes.step() {
            guard let digest = changes.withBytes(0, { SHA256Digest(copying: $0) }) else { continue }
            sizes[digest] = changes.isNull(1) ? nil : Int(changes.int64(1))
        }
        return sizes.map { StoredObject(name: ObjectName(kind, $0.key), size: $0.value) }
    }
}
