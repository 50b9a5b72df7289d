import SQLite

extension ChunkCache {
    /// How far the changes of a kind have come; nil when the cache cannot be used.
    func lastChange(_ namespace: String, _ kind: ObjectKind) -> Int64? {
        withIndex { (i) throws(SQLiteError) in try i.lastChange(namespace, kind) }
    }

    /// Keeps a listing for when there is no network.
    func keep(_ listing: [StoredObject], of kind: ObjectKind, _ namespace: String, upTo change: Int64) {
        guard isWritable else { return }
        _ = withIndex { (i) throws(SQLiteError) in try i.keep(listing, of: kind, namespace, upTo: change) }
    }

    /// Notes that an object was written, or removed when there is no size.
    func note(_ name: ObjectName, size: Int?, _ namespace: String) {
        guard isWritable else { return }
        _ = withIndex { (i) throws(SQLiteError) in try i.note(name, size: size, namespace) }
    }

    /// The last listing with the changes since; nil when there has been none.
    func listing(of kind: ObjectKind, _ namespace: String) -> [StoredObject]? {
        withIndex { (i) throws(SQLiteError) in try i.listing(of: kind, namespace) } ?? nil
    }
}
