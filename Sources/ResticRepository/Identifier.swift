import Storage

/// The id of a `Subject`: a SHA-256 digest that cannot be mistaken for another thing's id.
///
/// Blobs and trees are named by their plaintext, keys by their text, everything else by the stored bytes.
public struct Identifier<Subject>: Hashable, Sendable, Comparable {
    /// The digest itself.
    public let digest: SHA256Digest

    /// The id with this digest.
    public init(_ digest: SHA256Digest) { self.digest = digest }

    /// Reads 64 lowercase hexadecimal digits; nil for anything else.
    public init?(hex: String) {
        guard let digest = SHA256Digest(hex: hex) else { return nil }
        self.digest = digest
    }

    /// 64 lowercase hexadecimal digits.
    public var hex: String { digest.hex }

    /// The first 8 hexadecimal digits, for messages.
    public var short: String { digest.short }

    /// Orders by digest, kinds by number.
    public static func < (left: Identifier, right: Identifier) -> Bool { left.digest < right.digest }
}

extension Identifier: CustomStringConvertible {
    /// 64 hex digits.
    public var description: String { hex }
}

/// A piece of a file's content, or a tree's text: what packs hold.
public enum Blob {}
/// A file under `data/`: boxes of many blobs.
public enum Pack {}
/// A file under `index/`: what some packs hold.
public enum IndexFile {}

/// Names a blob by the SHA-256 of its plaintext.
public typealias BlobID = Identifier<Blob>
/// Names a tree: the blob that holds its text.
public typealias TreeID = Identifier<Tree>
/// Names a snapshot.
public typealias SnapshotID = Identifier<Snapshot>
/// Names a pack.
public typealias PackID = Identifier<Pack>
/// Names an index file.
public typealias IndexID = Identifier<IndexFile>
/// Names a key file.
public typealias KeyID = Identifier<KeyFile>
/// Names a lock.
public typealias LockID = Identifier<LockFile>

extension Identifier<Tree> {
    /// The id of the blob that holds the tree's text.
    public var blob: BlobID { BlobID(digest) }
}

/// The two kinds of blob; the raw value is the one of a pack header.
public enum BlobKind: UInt8, CaseIterable, Sendable, Comparable {
    /// Part of a file's content.
    case data = 0
    /// The listing of a directory.
    case tree = 1

    /// The word that index files use.
    public var name: String { self == .data ? "data" : "tree" }

    /// Orders by digest, kinds by number.
    public static func < (left: BlobKind, right: BlobKind) -> Bool { left.rawValue < right.rawValue }
}
