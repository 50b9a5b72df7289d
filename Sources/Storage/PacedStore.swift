import Glibc

/// A store through which no more bytes a second pass than a limit says, on average: an object or a range passes whole, and
/// the next one waits for as long as it should have taken.
public final class PacedStore: ObjectStore {
    private let store: any ObjectStore
    private let upload: BandwidthLimit?
    private let download: BandwidthLimit?

    /// Limits what is sent to a store and what is fetched from it; nil for no limit.
    public init(_ store: any ObjectStore, upload: BandwidthLimit?, download: BandwidthLimit?) {
        self.store = store
        self.upload = upload
        self.download = download
    }

    /// The store's.
    public var location: String { store.location }

    /// The store's.
    public var requestsInFlight: Int { store.requestsInFlight }

    /// See `ObjectStore`.
    public func list(_ kind: ObjectKind) throws(StorageError) -> [StoredObject] { try store.list(kind) }

    /// See `ObjectStore`.
    public func size(of name: ObjectName) throws(StorageError) -> Int { try store.size(of: name) }

    /// See `ObjectStore`.
    public func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8] {
        // How much comes is known beforehand of a range only.
        if let range { Self.pass(range.count, download) }
        let bytes = try store.read(name, range: range)
        if range == nil { _ = download?.reserve(bytes.count) }
        return bytes
    }

    /// See `ObjectStore`.
    public func forget(_ name: ObjectName, range: Range<Int>?) { store.forget(name, range: range) }

    /// See `ObjectStore`.
    public func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) {
        Self.pass(bytes.count, upload)
        try store.write(name, bytes)
    }

    /// See `ObjectStore`.
    public func remove(_ name: ObjectName) throws(StorageError) { try store.remove(name) }

    /// See `ObjectStore`.
    public func createLayout() throws(StorageError) { try store.createLayout() }

    private static func pass(_ bytes: Int, _ limit: BandwidthLimit?) {
        guard let limit else { return }
        let (seconds, attoseconds) = limit.reserve(bytes).components
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        var left = timespec()
        while nanosleep(&time, &left) != 0, errno == EINTR { time = left }
    }
}
