import SQLite

extension CacheIndex {
    /// Drops what the order of eviction names, until `incoming` more bytes fit. Inside a transaction.
    ///
    /// - Parameter bySlab: whole slabs go, where the file system cannot give back parts of files.
    func evict(incoming: Int, limit: Int, bySlab: Bool) throws(SQLiteError) -> [Dropped] {
        var dropped: [Dropped] = []
        while true {
            let totals = try totals()
            let shares = EvictionOrder.shares(
                content: totals[.content] ?? 0, metadata: totals[.metadata] ?? 0, incoming: incoming, limit: limit)
            var count = dropped.count
            for (retention, share) in [(ReadAdvice.Retention.content, shares.content), (.metadata, shares.metadata)]
            where share > 0 {
                var freed = 0
                for victim in EvictionOrder.victims(of: try leastRecentlyUsed(retention), share: share)
                where freed < share {
                    let gone = try bySlab ? dropSlab(of: victim.id) : drop("id = ?", [victim.id])
                    freed += gone.reduce(0) { $0 + $1.count }
                    dropped += gone
                }
            }
            // Nothing left to drop, or all dropped that had to be.
            if dropped.count == count { return dropped }
            count = dropped.count
        }
    }

    private func leastRecentlyUsed(_ retention: ReadAdvice.Retention) throws(SQLiteError) -> [EvictionOrder.Candidate] {
        let statement = try prepared(
            "SELECT id, used, charge FROM entries WHERE retention = ? ORDER BY used, id LIMIT 256")
        defer { statement.reset() }
        try statement.bind(Int(retention.rawValue), at: 1)
        var found: [EvictionOrder.Candidate] = []
        while try statement.step() {
            found.append(
                EvictionOrder.Candidate(
                    id: statement.int64(0), used: statement.int64(1), charge: Int(clamping: statement.int64(2))))
        }
        return found
    }

    private func dropSlab(of id: Int64) throws(SQLiteError) -> [Dropped] {
        let select = try prepared("SELECT slab FROM entries WHERE id = ?")
        defer { select.reset() }
        try select.bind(id, at: 1)
        guard try select.step() else { return [] }
        return try drop("slab = ?", [select.int64(0)])
    }

    /// Drops entries by a condition.
    func drop(_ condition: String, _ values: [Int64]) throws(SQLiteError) -> [Dropped] {
        let statement = try prepared("DELETE FROM entries WHERE \(condition) RETURNING slab, offset, charge")
        defer { statement.reset() }
        for (index, value) in values.enumerated() { try statement.bind(value, at: index + 1) }
        var dropped: [Dropped] = []
        while try statement.step() {
            let place = SlabFolder.Place(slab: statement.int64(0), offset: Int(clamping: statement.int64(1)))
            dropped.append(Dropped(place: place, count: Int(clamping: statement.int64(2))))
        }
        return dropped
    }

    /// Drops what is kept of an object, or of a range of it, and its size.
    func drop(_ namespace: Namespace, _ name: ObjectName, _ range: Range<Int>?) throws(SQLiteError) -> [Dropped] {
        let namespaceID = try id(of: namespace)
        return try transaction { () throws(SQLiteError) in
            let select = try prepared("SELECT id FROM objects WHERE namespace = ? AND name = ?")
            defer { select.reset() }
            try select.bind(namespaceID, at: 1)
            try select.bind(name.key, at: 2)
            guard try select.step() else { return [] }
            let object = select.int64(0)
            select.reset()
            guard let range else {
                let dropped = try drop("object = ?", [object])
                // An empty object has no entries whose end would take it along.
                let remove = try prepared("DELETE FROM objects WHERE id = ?")
                try remove.bind(object, at: 1)
                try remove.run()
                return dropped
            }
            return try drop(
                "object = ? AND end > ? AND start < ?", [object, Int64(range.lowerBound), Int64(range.upperBound)])
        }
    }

    /// The slab with the fewest bytes in use is emptied when there are more than `count` slabs.
    func dropSparsest(beyond count: Int) throws(SQLiteError) -> [Dropped] {
        let statement = try prepared(
            "SELECT slab, count(*) OVER () FROM entries GROUP BY slab ORDER BY sum(charge) LIMIT 1")
        defer { statement.reset() }
        guard try statement.step(), statement.int64(1) > Int64(count) else { return [] }
        let slab = statement.int64(0)
        statement.reset()
        return try transaction { () throws(SQLiteError) in try drop("slab = ?", [slab]) }
    }

    /// Drops all of a repository, or everything.
    func clear(_ namespace: Namespace?) throws(SQLiteError) -> [Dropped] {
        guard let namespace else {
            return try transaction { () throws(SQLiteError) in
                let dropped = try drop("1", [])
                try database.execute(
                    """
                    DELETE FROM objects; DELETE FROM listings; DELETE FROM changes; UPDATE totals SET charge = 0;
                    """)
                return dropped
            }
        }
        let namespaceID = try id(of: namespace)
        return try transaction { () throws(SQLiteError) in
            let dropped = try drop("object IN (SELECT id FROM objects WHERE namespace = ?)", [namespaceID])
            for table in ["objects", "listings", "changes"] {
                let remove = try prepared("DELETE FROM \(table) WHERE namespace = ?")
                try remove.bind(namespaceID, at: 1)
                try remove.run()
            }
            return dropped
        }
    }

    /// Bytes on the disk by class.
    func totals() throws(SQLiteError) -> [ReadAdvice.Retention: Int] {
        let statement = try prepared("SELECT retention, charge FROM totals")
        defer { statement.reset() }
        var totals: [ReadAdvice.Retention: Int] = [:]
        while try statement.step() {
            if let retention = ReadAdvice.Retention(rawValue: UInt8(clamping: statement.int64(0))) {
                totals[retention] = max(0, Int(clamping: statement.int64(1)))
            }
        }
        return totals
    }

    /// Counts anew what the triggers have counted.
    func recount() throws(SQLiteError) {
        try database.execute(
            "UPDATE totals SET charge = (SELECT coalesce(sum(charge), 0) FROM entries e WHERE e.retention = totals.retention)"
        )
    }
}
