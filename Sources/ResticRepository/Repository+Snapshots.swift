import Storage

/// A snapshot and its name.
public struct StoredSnapshot: Hashable, Sendable {
    /// The name.
    public let id: SnapshotID
    /// What was stored when.
    public let snapshot: Snapshot

    /// A name and a snapshot.
    public init(id: SnapshotID, snapshot: Snapshot) {
        self.id = id
        self.snapshot = snapshot
    }
}

extension Repository {
    /// All snapshots, the oldest first. Damaged ones are left out; `leftOut` tells of them.
    ///
    /// Costs a listing and a read for each that `known` does not have, several at a time.
    ///
    /// - Parameter known: what was read before; it is not read again.
    public func snapshots(
        known: (SnapshotID) -> StoredSnapshot? = { _ in nil }
    ) throws(RepositoryError) -> [StoredSnapshot] {
        let ids = try list(.snapshots).compactMap(\.name.digest).map { SnapshotID($0) }
        var found = ids.compactMap(known)
        let missing = ids.filter { known($0) == nil }
        found += try concurrently(missing, atOnce: store.requestsInFlight) {
            (id) throws(RepositoryError) -> StoredSnapshot? in
            do throws(RepositoryError) {
                return try self.snapshot(id)
            } catch .storage(let error) where error.isNotFound {
                return nil  // forgotten meanwhile
            } catch .damaged(let name, let damage) {
                self.leaveOut(name, damage)
                return nil
            }
        }.compactMap { $0 }
        return found.sorted { ($0.snapshot.time, $0.id) < ($1.snapshot.time, $1.id) }
    }

    /// The snapshot of that name.
    public func snapshot(_ id: SnapshotID) throws(RepositoryError) -> StoredSnapshot {
        let text = try unpacked(.snapshots, id.digest)
        do throws(Damage) {
            return StoredSnapshot(id: id, snapshot: try Snapshot(parsing: text))
        } catch {
            throw .damaged(ObjectName(.snapshots, id.digest), error)
        }
    }

    /// The snapshot whose id starts with `prefix`, or the newest one for `latest`.
    public func snapshot(matching prefix: String) throws(RepositoryError) -> StoredSnapshot {
        if prefix == "latest" {
            guard let newest = try snapshots().last else { throw .noSuchSnapshot(prefix) }
            return newest
        }
        let ids = try list(.snapshots).compactMap(\.name.digest).map { SnapshotID($0) }
        return try snapshot(try Self.snapshot(matching: prefix, among: ids))
    }

    /// The one of some ids that starts with `prefix`.
    public static func snapshot(matching prefix: String, among ids: [SnapshotID]) throws(RepositoryError) -> SnapshotID
    {
        let found = ids.filter { $0.hex.hasPrefix(prefix.lowercased()) }
        guard !prefix.isEmpty, let id = found.first else { throw .noSuchSnapshot(prefix) }
        guard found.count == 1 else { throw .ambiguousSnapshot(prefix, count: found.count) }
        return id
    }

    /// All sound snapshots, and the sound index loaded, both at once as each takes its time on a network.
    ///
    /// A snapshot that is stored meanwhile may be newer than the index; then blobs are missing until that is loaded again.
    public func snapshotsWithIndex(_ extent: IndexExtent = .whole) throws(RepositoryError) -> [StoredSnapshot] {
        try both(
            { () throws(RepositoryError) in try self.snapshots() },
            { () throws(RepositoryError) in try self.loadSoundIndex(extent) }
        ).0
    }

    /// Throws when the store does not have the repository's `config`, for one that finds it empty. Costs a request.
    public func checkItIsThere() throws(RepositoryError) {
        do throws(StorageError) { _ = try store.size(of: .config) } catch { throw .storage(error) }
    }

    /// Stores a snapshot, and lists meanwhile which others have come since `known` were listed.
    public func saveSnapshot(
        _ snapshot: Snapshot, since known: [StoredSnapshot]
    ) throws(RepositoryError) -> (id: SnapshotID, others: [StoredSnapshot]) {
        let known = Dictionary(known.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let (id, all) = try both(
            { () throws(RepositoryError) in try self.saveSnapshot(snapshot) },
            { () throws(RepositoryError) in try self.snapshots { known[$0] } })
        return (id, all.filter { known[$0.id] == nil && $0.id != id })
    }

    /// Stores a snapshot; what its tree refers to must be stored and indexed before.
    public func saveSnapshot(_ snapshot: Snapshot) throws(RepositoryError) -> SnapshotID {
        SnapshotID(try saveUnpacked(.snapshots, snapshot.encoded()))
    }
}
