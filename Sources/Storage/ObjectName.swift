/// The kinds of object that are stored many times; the raw value is the folder's name.
public enum ObjectKind: String, CaseIterable, Sendable {
    /// Packs: the content.
    case data
    /// Which blob lies where in which pack.
    case index
    /// The master key, locked by a password.
    case keys
    /// Who is working on the repository.
    case locks
    /// What was backed up when.
    case snapshots
}

/// The name of one object of a repository.
///
/// Layout, the same on every kind of store (restic's "default" layout):
///
///     config                      one
///     data/<2 hex>/<64 hex>       the two digits are the first of the 64
///     index/<64 hex>  keys/<64 hex>  locks/<64 hex>  snapshots/<64 hex>
public struct ObjectName: Hashable, Sendable {
    /// The one object without an id.
    public static let config = ObjectName(kind: nil, digest: nil)

    /// The kind; nil for `config`.
    public let kind: ObjectKind?
    /// The SHA-256 of the stored bytes; nil for `config`.
    public let digest: SHA256Digest?

    /// Names the object of a kind that has this digest.
    public init(_ kind: ObjectKind, _ digest: SHA256Digest) {
        self.init(kind: kind, digest: digest)
    }

    private init(kind: ObjectKind?, digest: SHA256Digest?) {
        self.kind = kind
        self.digest = digest
    }

    /// The most bytes that an object of this name may have, far beyond what any program writes. A store reads no more at
    /// once, lest a file of holes exhaust the memory.
    public var sizeLimit: Int { kind == .data ? 2 << 30 : 256 << 20 }

    /// The path under the repository's root.
    public var path: String {
        guard let kind, let digest else { return "config" }
        let hex = digest.hex
        return kind == .data ? "data/\(hex.prefix(2))/\(hex)" : "\(kind.rawValue)/\(hex)"
    }
}

extension ObjectName: CustomStringConvertible {
    /// What messages call it: `Pack 3fa91c02` is said as `pack 3fa91c02`.
    public var description: String {
        guard let kind, let digest else { return "config" }
        let word =
            switch kind {
            case .data: "pack"
            case .index: "index"
            case .keys: "key"
            case .locks: "lock"
            case .snapshots: "snapshot"
            }
        return "\(word) \(digest.short)"
    }
}

/// An object that a listing found.
public struct StoredObject: Hashable, Sendable {
    /// Its name.
    public let name: ObjectName
    /// Its size in bytes.
    public let size: Int

    /// A name and a size.
    public init(name: ObjectName, size: Int) {
        self.name = name
        self.size = size
    }
}
