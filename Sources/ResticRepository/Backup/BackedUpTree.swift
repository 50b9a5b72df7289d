import Storage

/// What became of a source that was backed up.
public struct BackedUpTree: Sendable {
    /// The directory that holds every given path under its last component; equal ones get `-2`, `-3`, ….
    public let tree: TreeID
    /// The names in `tree` of the given paths, in their order; nil for one that could not be read.
    public let names: [[UInt8]?]
    /// How much there was, and how much of it had to be read.
    public let counts: SourceCounts
    /// What could not be read and so is not in the tree.
    public let unreadable: [UnreadableSource]
    /// Files whose size or times changed while they were read; what was stored may be neither the old nor the new content.
    public let changedWhileReading: [[UInt8]]
    /// Watched files that the parent has and the source has not, as paths in the parent's tree.
    public let removed: [String]
    /// Symbolic links that lead to something; what that is is not stored.
    public let links: [[UInt8]]
    /// Digests of files of several chunks that were read now, by their chunks: `SourceContents` need not read them again.
    let digests: [[BlobID]: SHA256Digest]
    /// Trees that were stored now, when they are few.
    let fresh: [TreeID: Tree]

    /// Looks up what was stored.
    ///
    /// - Parameters:
    ///   - writer: what stored it, unless it has finished; it is flushed when something is needed that is not in memory.
    ///   - remembered: digests of contents of several chunks, by their chunks; asked for when one is needed.
    public func contents(
        in repository: Repository, _ writer: RepositoryWriter? = nil,
        remembered: @escaping @Sendable () -> [[BlobID]: SHA256Digest] = { [:] }
    ) -> SourceContents {
        SourceContents(
            repository, tree: tree, digests: digests, fresh: fresh, writer: writer, remembered: remembered)
    }
}

/// How many entries a source has and what had to be done with them.
public struct SourceCounts: Hashable, Sendable {
    /// Files that the parent does not have.
    public var filesNew: UInt64 = 0
    /// Files that were read again.
    public var filesChanged: UInt64 = 0
    /// Files whose content was taken from the parent without reading it.
    public var filesUnmodified: UInt64 = 0
    /// Directories that the parent does not have.
    public var dirsNew: UInt64 = 0
    /// Directories whose listing differs from the parent's.
    public var dirsChanged: UInt64 = 0
    /// Directories that are in the parent as they are.
    public var dirsUnmodified: UInt64 = 0
    /// Files that the parent has and the source has not.
    public var filesRemoved: UInt64 = 0
    /// Bytes in all files.
    public var bytes: UInt64 = 0
    /// Bytes that were read from files.
    public var bytesRead: UInt64 = 0

    /// All zeros.
    public init() {}

    /// Files of any kind of change.
    public var files: UInt64 { filesNew + filesChanged + filesUnmodified }
}

/// An entry of a source that could not be read.
public struct UnreadableSource: Hashable, Sendable {
    /// Why it could not.
    public enum Reason: Hashable, Sendable {
        /// The system refused.
        case system(SystemError)
        /// Directories lie within directories deeper than `limit`.
        case tooDeep(limit: Int)
        /// It was a file when it was listed and is something else now.
        case changedKind
    }

    /// The path as it was reached from the given one.
    public let path: [UInt8]
    /// Why it could not be stored.
    public let reason: Reason

    /// Makes a record.
    public init(path: [UInt8], reason: Reason) {
        self.path = path
        self.reason = reason
    }
}

extension UnreadableSource.Reason: CustomStringConvertible {
    /// The words for a person.
    public var description: String {
        switch self {
        case .system(let error): error.description
        case .tooDeep(let limit): "lies deeper than \(limit) directories"
        case .changedKind: "became something else while it was read"
        }
    }
}
