public import ResticRepository

/// Names a file or folder of a `FolderTree`.
public struct InodeNumber: Hashable, Sendable {
    /// As the kernel has it.
    public var rawValue: UInt64

    /// The folder that everything is in.
    public static let root = InodeNumber(rawValue: 1)

    /// An inode number from the kernel.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// What an inode is.
public enum FileKind: Hashable, Sendable {
    case directory, file, symlink
    /// A device, a pipe or a socket: the type bits of its `st_mode`.
    case other(mode: UInt32)

    /// The type bits of `st_mode`.
    public var typeBits: UInt32 {
        switch self {
        case .directory: 0o040000
        case .file: 0o100000
        case .symlink: 0o120000
        case .other(let mode): mode
        }
    }
}

/// What `stat` says.
public struct FileAttributes: Hashable, Sendable {
    /// A moment in seconds since 1970 and nanoseconds.
    public struct Time: Hashable, Sendable {
        /// Since 1970 UTC, rounded down.
        public var seconds: Int64
        /// 0 to 999,999,999.
        public var nanoseconds: UInt32

        /// A moment.
        public init(seconds: Int64, nanoseconds: UInt32 = 0) {
            self.seconds = seconds
            self.nanoseconds = nanoseconds
        }
    }

    /// The file's number.
    public var inode: InodeNumber
    /// The type bits of `st_mode`.
    public var kind: FileKind
    /// The lower twelve bits of `st_mode`.
    public var permissions: UInt16
    /// Bytes of content, exact where `isComplete`.
    public var size: UInt64
    /// Hard links; 1 for folders too, so that nobody counts subfolders by it.
    public var links: UInt32 = 1
    /// The owner.
    public var uid: UInt32
    /// The group.
    public var gid: UInt32
    /// When the content was made: of a message, when it was sent. 0 where not `isComplete`.
    public var mtime: Time
    /// When the metadata changed; of computed files the same as `mtime`.
    public var ctime: Time
    /// When it was read; of computed files the same as `mtime`.
    public var atime: Time
    /// `st_rdev` of a device file.
    public var deviceNumber: UInt64 = 0
    /// False in a listing of what would have to be read first: number, kind and permissions hold, and who wants more looks the
    /// file up.
    public var isComplete = true

    init(
        _ inode: InodeNumber, _ kind: FileKind, permissions: UInt16, size: UInt64, owner: (uid: UInt32, gid: UInt32),
        modified: Time
    ) {
        self.inode = inode
        self.kind = kind
        self.permissions = permissions
        self.size = size
        uid = owner.uid
        gid = owner.gid
        mtime = modified
        ctime = modified
        atime = modified
    }
}

/// How long an answer holds.
public enum Lifetime: Hashable, Sendable {
    /// For as long as the mount lives.
    case endless
    case seconds(Double)

    /// In seconds; the endless one is thirty years.
    public var seconds: Double {
        switch self {
        case .endless: 1e9
        case .seconds(let seconds): seconds
        }
    }
}

/// What a name in a folder stands for.
public struct FolderEntry: Hashable, Sendable {
    /// Of what the name stands for.
    public var attributes: FileAttributes
    /// How long the name stands for it.
    public var lifetime: Lifetime
}

/// Whether a caller may be kept waiting for storage.
public enum Waiting: Sendable {
    /// Only what is in memory; else `mustWait` is thrown.
    case never
    /// Until then; else `timedOut` is thrown.
    case until(ContinuousClock.Instant)
}

/// Why a folder tree gives no answer.
public enum FolderTreeError: Error, Sendable {
    /// The answer is not in memory, and the caller must not wait.
    case mustWait
    case notFound
    case notADirectory
    case isADirectory
    case notASymlink
    /// Storage did not answer in time.
    case timedOut
    case archive(ArchiveError)
    case repository(RepositoryError)
}

extension FolderTreeError: CustomStringConvertible {
    /// The words for a person.
    public var description: String {
        switch self {
        case .mustWait: "The answer is not in memory."
        case .notFound: "There is no such file."
        case .notADirectory: "It is not a folder."
        case .isADirectory: "It is a folder."
        case .notASymlink: "It is not a symbolic link."
        case .timedOut: "Storage did not answer in time."
        case .archive(let error): error.description
        case .repository(let error): error.description
        }
    }

    init(_ error: ArchiveError) {
        if case .repository(let error) = error { self = .repository(error) } else { self = .archive(error) }
    }
}
