import Storage
import Synchronization

/// Something that a check found.
public enum CheckFinding: Hashable, Sendable {
    /// An index, snapshot or lock cannot be read.
    case unreadable(ObjectName)
    /// The index speaks of a pack that is not there.
    case packMissing(PackID)
    /// A pack has another size than its blobs and its header need, in bytes.
    case packSize(PackID, expected: Int, actual: Int)
    /// No index speaks of a pack: left over from an interrupted backup, harmless.
    case packOrphaned(PackID)
    /// Several index files speak of a pack; harmless.
    case packRepeated(PackID, times: Int)
    /// A pack holds trees and data; harmless.
    case packMixed(PackID)
    /// A pack's bytes are not what its name says, or its header cannot be read.
    case packDamaged(PackID)
    /// A pack's header and the index disagree.
    case packDiffersFromIndex(PackID)
    /// A blob in a pack cannot be opened, or is not what its id says.
    case blobDamaged(BlobID, BlobKind, PackID)
    /// A tree cannot be read.
    case treeUnreadable(TreeID)
    /// A tree's names do not ascend, or repeat.
    case treeUnordered(TreeID)
    /// A tree has an entry without a name, or with one that leads elsewhere.
    case unsafeName(TreeID)
    /// A file without a list of blobs, or a directory without a tree.
    case incompleteNode(TreeID)
    /// A tree has an entry of an unknown kind.
    case unknownKind(TreeID)
    /// No index knows a blob of a file.
    case blobMissing(BlobID, tree: TreeID)

    /// Whether nothing is lost by it.
    public var isHarmless: Bool {
        switch self {
        case .packOrphaned, .packRepeated, .packMixed: true
        default: false
        }
    }
}

extension CheckFinding: CustomStringConvertible {
    /// The words for a person.
    public var description: String {
        switch self {
        case .unreadable(let name): "The \(name) cannot be read."
        case .packMissing(let pack): "Pack \(pack.short) is missing."
        case .packSize(let pack, let expected, let actual):
            "Pack \(pack.short) is \(actual) bytes; the index expects \(expected)."
        case .packOrphaned(let pack): "Pack \(pack.short) is in no index; nothing uses it."
        case .packRepeated(let pack, let times): "Pack \(pack.short) is in \(times) index files."
        case .packMixed(let pack): "Pack \(pack.short) holds trees and data together."
        case .packDamaged(let pack): "Pack \(pack.short) is damaged: its content does not fit its name."
        case .packDiffersFromIndex(let pack): "Pack \(pack.short) holds other blobs than the index says."
        case .blobDamaged(let blob, _, let pack): "Blob \(blob.short) in pack \(pack.short) is damaged."
        case .treeUnreadable(let tree): "Tree \(tree.short) cannot be read."
        case .treeUnordered(let tree): "Tree \(tree.short) is not in order."
        case .unsafeName(let tree): "Tree \(tree.short) has an entry with an impossible name."
        case .incompleteNode(let tree): "Tree \(tree.short) has an entry without its content."
        case .unknownKind(let tree): "Tree \(tree.short) has an entry of an unknown kind."
        case .blobMissing(let blob, let tree): "Blob \(blob.short) of a file in tree \(tree.short) is in no index."
        }
    }
}

/// What a check looked at and found.
public struct CheckReport: Sendable {
    /// In the order in which they were found.
    public var findings: [CheckFinding] = []
    /// Snapshots that were read.
    public var snapshots = 0
    /// Index files that were read.
    public var indexFiles = 0
    /// Packs that were looked at.
    public var packs = 0
    /// Trees that were read, each once.
    public var trees = 0
    /// Blobs whose content was read.
    public var blobsRead = 0
    /// Bytes of packs that were read.
    public var bytesRead = 0

    /// Whether nothing was found that loses data.
    public var isClean: Bool { findings.allSatisfy(\.isHarmless) }
}

/// How far a check is, readable from any thread.
public final class CheckProgress: Sendable {
    private let state = Mutex(CheckReport())

    /// Starts at zero.
    public init() {}

    /// Counts so far; findings are in the report only.
    public var counts: CheckReport { state.withLock { $0 } }

    func publish(_ report: CheckReport) {
        state.withLock { state in
            state.snapshots = report.snapshots
            state.indexFiles = report.indexFiles
            state.packs = report.packs
            state.trees = report.trees
            state.blobsRead = report.blobsRead
            state.bytesRead = report.bytesRead
        }
    }
}
