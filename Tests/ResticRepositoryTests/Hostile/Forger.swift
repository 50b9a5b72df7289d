import Foundation
import Storage
import Testing

@testable import ResticRepository

/// Writes what no honest program would, with a repository's own key, so that all of it is authentic.
struct Forger {
    let store: any ObjectStore
    let repository: Repository
    /// A folder for what is restored, and for the repository if it is to lie on a disk.
    let workshop: Workshop

    init(onDisk: Bool = false) throws {
        workshop = try Workshop()
        store = onDisk ? workshop.store : MemoryStore()
        repository = try Repository.create(in: store, password: password, keyParameters: cheap)
    }

    /// Opens the repository anew.
    func open() throws -> Repository { try Repository.open(store, password: password) }

    /// A blob as it shall lie in a pack.
    struct Blob {
        var id: BlobID
        var kind = BlobKind.data
        /// What the box holds: the plaintext or a frame.
        var content: [UInt8]
        /// What header and index say that the frame inflates to.
        var uncompressedLength: Int?
    }

    /// Writes a pack; its entries are as an honest index would list them.
    func pack(_ blobs: [Blob]) throws -> (id: PackID, entries: [PackEntry]) {
        let cipher = try BoxCipher(repository.master)
        var builder = PackBuilder()
        for blob in blobs {
            builder.append(
                try blob.content.withUnsafeBytes { try cipher.seal($0) }, blob.id, blob.kind,
                uncompressedLength: blob.uncompressedLength)
        }
        try builder.finish(cipher)
        return (try write(pack: builder.bytes), builder.entries)
    }

    /// Writes bytes as a pack under their digest.
    func write(pack bytes: [UInt8]) throws -> PackID {
        let id = PackID(SHA256Digest(hashing: bytes))
        try store.write(ObjectName(.data, id.digest), bytes)
        return id
    }

    /// Writes a pack and its index.
    @discardableResult
    func store(_ blobs: [Blob]) throws -> PackID {
        let pack = try pack(blobs)
        _ = try repository.saveUnpacked(.index, IndexText.encode([(id: pack.id, entries: pack.entries)]))
        return pack.id
    }

    /// Writes a file under `index/`, `snapshots/` or `locks/` whose box holds exactly these bytes.
    @discardableResult
    func write(_ kind: ObjectKind, content: [UInt8]) throws -> ObjectName {
        let box = try content.withUnsafeBytes { try BoxCipher(repository.master).seal($0) }
        let name = ObjectName(kind, SHA256Digest(hashing: box))
        try store.write(name, box)
        return name
    }

    /// Stores a tree's text, whatever it is.
    func tree(_ text: String) throws -> TreeID {
        let bytes = Array(text.utf8)
        let id = SHA256Digest(hashing: bytes)
        try store([Blob(id: BlobID(id), kind: .tree, content: bytes)])
        return TreeID(id)
    }

    /// Stores a snapshot of a tree.
    @discardableResult
    func snapshot(of tree: TreeID) throws -> SnapshotID {
        try repository.saveSnapshot(Snapshot(time: .now(), tree: tree, paths: ["/chats"]))
    }

    /// A node's text; `extra` are further fields, each with a comma before it.
    static func node(_ name: String, _ type: String = "file", _ extra: String = "") -> String {
        #"{"name":"\#(name)","type":"\#(type)","mode":420,"mtime":"2021-09-04T15:03:55Z","#
            + #""atime":"2021-09-04T15:03:55Z","ctime":"2021-09-04T15:03:55Z","uid":0,"gid":0\#(extra)}"#
    }

    /// A file's text.
    static func file(_ name: String, _ content: [BlobID], size: String = "3") -> String {
        node(name, "file", #","size":\#(size),"content":[\#(content.map { "\"\($0.hex)\"" }.joined(separator: ","))]"#)
    }

    static func tree(of nodes: [String]) -> String { "{\"nodes\":[\(nodes.joined(separator: ","))]}\n" }

    /// Restores into a folder in the middle of an otherwise empty one.
    func restore(_ tree: TreeID) throws -> (outcome: RestoreOutcome, target: String) {
        try repository.loadIndex()
        let target = workshop.path + "/jail/target"
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        return (try Restorer(repository).restore(tree, to: target), target)
    }
}

/// Zstandard frames (RFC 8878) of zeros, made of blocks that stand for 128 KiB in 4 bytes.
enum ZstdBomb {
    private static let blockSize = 128 << 10

    /// A frame of `count` zeros, at least one, that says how many they are or does not.
    static func zeros(_ count: Int, sized: Bool) -> [UInt8] {
        var frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
        // With the size in eight bytes, or without it; then a window of 128 KiB.
        frame += sized ? [0xC0, 0x38] : [0x00, 0x38]
        if sized { withUnsafeBytes(of: UInt64(count).littleEndian) { frame += $0 } }
        var left = count
        while left > 0 {
            let size = min(left, blockSize)
            left -= size
            let header = UInt32(size) << 3 | 1 << 1 | (left == 0 ? 1 : 0)
            frame += [UInt8(header & 0xFF), UInt8(header >> 8 & 0xFF), UInt8(header >> 16), 0]
        }
        return frame
    }

    /// The digest of so many zeros.
    static func digest(_ count: Int) -> SHA256Digest {
        let piece = [UInt8](repeating: 0, count: 1 << 20)
        var computation = SHA256()
        var left = count
        while left > 0 {
            piece.withUnsafeBytes { computation.update(UnsafeRawBufferPointer(rebasing: $0[..<min(left, $0.count)])) }
            left -= min(left, piece.count)
        }
        return computation.finish()
    }

    /// An honest blob of zeros in a small box.
    static func blob(_ count: Int, _ kind: BlobKind = .data, sized: Bool = true) -> Forger.Blob {
        Forger.Blob(
            id: BlobID(digest(count)), kind: kind, content: zeros(count, sized: sized), uncompressedLength: count)
    }
}
