/// What a cache holds.
public struct CacheStatus: Hashable, Sendable {
    /// What is kept of one repository in one class.
    public struct Holding: Hashable, Sendable {
        /// The store's location.
        public let location: String
        /// How long it is worth keeping.
        public let retention: ReadAdvice.Retention
        /// How many pieces.
        public let entries: Int
        /// Their bytes.
        public let bytes: Int
        /// The bytes that they take on the disk, which the limit counts.
        public let bytesOnDisk: Int
    }

    /// The cache's folder.
    public let path: String
    /// The most bytes that may lie on the disk.
    public let limit: Int
    /// By location, then by class.
    public let holdings: [Holding]

    /// All pieces.
    public var entries: Int { holdings.reduce(0) { $0 + $1.entries } }
    /// All bytes on the disk.
    public var bytesOnDisk: Int { holdings.reduce(0) { $0 + $1.bytesOnDisk } }
}

/// What reading every piece of a cache found.
public struct CacheVerification: Hashable, Sendable {
    /// Pieces to read when it began; others come and go meanwhile.
    public internal(set) var total = 0
    /// Pieces read.
    public internal(set) var entries = 0
    /// Bytes read that are as they were put.
    public internal(set) var bytes = 0
    /// Pieces that were not, and were dropped.
    public internal(set) var dropped = 0
}

/// Why a cache does not work as it should. What is read is right all the same; it comes from the store.
public enum CacheTrouble: Hashable, Sendable {
    /// The folder or its files cannot be used, with SQLite's words or the system's.
    case unusable(path: String, reason: String)
    /// The index was damaged, and was made anew.
    case damaged(path: String)
    /// Nothing more can be kept for now.
    case cannotWrite(path: String, reason: String)
}

extension CacheTrouble: CustomStringConvertible {
    /// The words for a person.
    public var description: String {
        switch self {
        case .unusable(let path, let reason):
            "The cache in '\(path)' cannot be used: \(reason) Reading on without it."
        case .damaged(let path): "The cache in '\(path)' was damaged. It was emptied; what is needed is fetched again."
        case .cannotWrite(let path, let reason):
            "The cache in '\(path)' takes nothing more for now: \(reason) Reading on without keeping what is read."
        }
    }
}
