import Synchronization

/// Choices for a restore.
public struct RestoreOptions: Sendable {
    /// What to do with a file that is there already.
    public enum Existing: Sendable {
        /// Replace it, as restic does.
        case replace
        /// Leave it as it is.
        case keep
    }

    /// Restores only what one of these chooses; empty restores everything.
    public var include: [PathPattern] = []
    /// What happens to files that are there already.
    public var existing = Existing.replace
    /// Sets owner and group; nil does so when running as root.
    public var restoresOwner: Bool?
    /// Reads every file back and compares it with the repository.
    public var verifies = false

    /// The defaults.
    public init() {}
}

/// What a restore did.
public struct RestoreCounts: Hashable, Sendable {
    /// Files written.
    public var files: UInt64 = 0
    /// Directories made or found.
    public var directories: UInt64 = 0
    /// Symbolic links, pipes and devices made.
    public var others: UInt64 = 0
    /// Bytes of file content, holes included.
    public var bytes: UInt64 = 0
    /// Files left as they were (`.keep`).
    public var kept: UInt64 = 0

    /// All zeros.
    public init() {}
}

/// How far a restore is, readable from any thread.
public final class RestoreProgress: Sendable {
    private let state = Mutex(RestoreCounts())

    /// Starts at zero.
    public init() {}

    /// What has been done so far.
    public var counts: RestoreCounts { state.withLock { $0 } }

    func publish(_ counts: RestoreCounts) { state.withLock { $0 = counts } }
}

/// An entry that could not be restored, or not fully.
public struct RestoreFailure: Hashable, Sendable {
    /// What was wrong.
    public enum Reason: Hashable, Sendable {
        /// The local system refused.
        case system(SystemError)
        /// The name is empty, `.`, `..`, too long, or has a `/` or a NUL in it: it could lead out of the target.
        case unsafeName
        /// Another entry of the directory has the same name.
        case repeatedName
        /// A directory contains itself.
        case cycle
        /// Directories lie within directories deeper than `limit`.
        case tooDeep(limit: Int)
        /// The entry is of a kind that cannot be made.
        case unknownKind
        /// A directory without a tree, or a file without content.
        case incomplete
        /// The content could not be had.
        case content(BlobID)
        /// A directory's listing could not be had.
        case tree(TreeID)
        /// Reading back gave other bytes than were written.
        case verification
    }

    /// Components from the restored tree down; of foreign origin.
    public let path: [[UInt8]]
    /// Why it could not be restored.
    public let reason: Reason
}

extension RestoreFailure.Reason: CustomStringConvertible {
    /// The words for a person.
    public var description: String {
        switch self {
        case .system(let error): error.description
        case .unsafeName: "has a name that cannot be created safely"
        case .repeatedName: "has the same name as another entry"
        case .cycle: "contains itself"
        case .tooDeep(let limit): "lies deeper than \(limit) directories"
        case .unknownKind: "is of an unknown kind"
        case .incomplete: "is stored without its content"
        case .content(let blob): "could not be restored: blob \(blob.short) is missing or damaged"
        case .tree(let tree): "could not be listed: tree \(tree.short) is missing or damaged"
        case .verification: "was written, but reading it back gave other bytes"
        }
    }
}

/// What became of a restore.
public struct RestoreOutcome: Sendable {
    /// What was restored.
    public let counts: RestoreCounts
    /// What could not be restored, in the order of the tree.
    public let failures: [RestoreFailure]
    /// Whether the target had no room for the rest, which was not tried any more.
    public let isTargetFull: Bool
}
