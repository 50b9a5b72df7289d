import JSON
import Storage

/// What is wrong with bytes that should have been something else.
public enum Damage: Error, Equatable, Sendable {
    /// Too short to be what it should be, in bytes.
    case tooShort(Int)
    /// The authentication code does not fit: changed bytes, or another repository's.
    case notAuthentic
    /// The content is not what its name promises.
    case wrongHash
    /// The length is not the promised one, in bytes.
    case wrongLength(expected: Int, actual: Int)
    /// The compressed bytes cannot be inflated.
    case badCompression
    /// The first byte tells of an encoding that restic does not have.
    case unknownEncoding(UInt8)
    /// The text is not JSON.
    case badJSON(JSONError)
    /// A field is missing or has an impossible value.
    case badField(String)
    /// The list at the end of a pack makes no sense.
    case badPackHeader
}

/// Why something could not be done with a repository.
public enum RepositoryError: Error, Equatable, Sendable {
    /// There is no repository.
    case noRepository(location: String)
    /// A repository, or part of one, is there already.
    case alreadyExists(location: String)
    /// No key opens with the password.
    case wrongPassword(keysTried: Int)
    /// The repository's format is one that this program does not know.
    case unsupportedVersion(Int)
    /// The repository is locked by someone else.
    case locked(LockHolder)
    /// The lock could not be refreshed in time, so others may work on the repository.
    case lockLost
    /// A stored object is damaged.
    case damaged(ObjectName, Damage)
    /// A blob could be read but is not what it should be.
    case damagedBlob(BlobID, BlobKind, Damage)
    /// No index knows the blob.
    case missingBlob(BlobID, BlobKind)
    /// A blob of so many bytes cannot be stored.
    case blobTooLarge(Int)
    /// No snapshot has an id that starts so, or there is none at all.
    case noSuchSnapshot(String)
    /// More than one snapshot has an id that starts so.
    case ambiguousSnapshot(String, count: Int)
    /// The writer was finished or given up before.
    case writerClosed
    /// libcrypto or libzstd refused to work, which only happens without memory or with a crippled build.
    case libraryFailed(String)
    /// The store failed.
    case storage(StorageError)
}

extension RepositoryError: CustomStringConvertible {
    /// The words for a person.
    public var description: String {
        switch self {
        case .noRepository(let location):
            "There is no repository in '\(location)'. Create one with 'chatark init', or check the path."
        case .alreadyExists(let location):
            "'\(location)' already holds a repository; it was left as it is."
        case .wrongPassword(let count):
            "No key opens this repository with that password (\(count) \(count == 1 ? "key" : "keys") tried). "
                + "Passwords are case-sensitive."
        case .unsupportedVersion(let version):
            "The repository has format version \(version); this program knows 1 and 2. Use a newer one."
        case .locked(let holder): "The repository is locked \(holder). If that process is gone, run 'chatark unlock'."
        case .lockLost:
            "The repository's lock could not be renewed in time; work was stopped because others may change the "
                + "repository. Run the command again."
        case .damaged(let name, let damage):
            "The \(name) \(Self.words(damage)). Run 'chatark check' to see what is affected."
        case .damagedBlob(let id, let kind, let damage):
            "The \(kind) blob \(id.short) \(Self.words(damage)). Run 'chatark check' to see what is affected."
        case .missingBlob(let id, let kind):
            "The \(kind) blob \(id.short) is in no index. Run 'chatark check' to see what is affected."
        case .blobTooLarge(let size): "A piece of \(size) bytes is too large to be stored as one blob."
        case .noSuchSnapshot(let prefix):
            prefix == "latest"
                ? "The repository has no snapshots yet." : "No snapshot has an id that starts with '\(prefix)'."
        case .ambiguousSnapshot(let prefix, let count):
            "\(count) snapshots have ids that start with '\(prefix)'; give more digits."
        case .writerClosed: "Nothing can be stored any more: the writer was closed."
        case .libraryFailed(let function): "The system's \(function) failed; it may be out of memory."
        case .storage(let error): error.description
        }
    }

    private static func words(_ damage: Damage) -> String {
        switch damage {
        case .tooShort(let size): "is damaged: \(size) bytes are too few"
        case .notAuthentic: "is damaged: its authentication code does not fit"
        case .wrongHash: "is damaged: its content does not fit its name"
        case .wrongLength(let expected, let actual): "is damaged: it has \(actual) bytes instead of \(expected)"
        case .badCompression: "is damaged: it cannot be decompressed"
        case .unknownEncoding(let byte): "has an unknown encoding (first byte \(byte))"
        case .badJSON(let error): "cannot be read: \(error)"
        case .badField(let name): "cannot be read: the field '\(name)' is missing or impossible"
        case .badPackHeader: "is damaged: its list of blobs makes no sense"
        }
    }
}

extension RepositoryError {
    /// Whether a piece of the repository is damaged or gone, while others may still be read.
    package var concernsContent: Bool {
        switch self {
        case .missingBlob, .damaged, .damagedBlob: true
        case .storage(.notFound), .storage(.truncated): true
        default: false
        }
    }
}
