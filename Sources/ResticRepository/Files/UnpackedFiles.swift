import Storage

/// Files that are one box of JSON: index, snapshots, locks.
///
///     plaintext:  0x02 ‖ zstd(JSON)     what version 2 writes
///                 JSON                  version 1, and small old files; starts with `{` or `[`
final class UnpackedFiles: Sendable {
    private let store: any ObjectStore
    private let toolboxes: ToolboxPool
    private let compresses: Bool

    init(_ store: any ObjectStore, _ toolboxes: ToolboxPool, compresses: Bool) {
        self.store = store
        self.toolboxes = toolboxes
        self.compresses = compresses
    }

    /// Reads, checks and opens a file.
    func load(_ name: ObjectName) throws(RepositoryError) -> [UInt8] {
        var bytes = try Self.read(store, name)
        return try toolboxes.use { (toolbox) throws(RepositoryError) in
            do throws(Damage) {
                try toolbox.cipher.open(&bytes)
                return try Self.decode(bytes, toolbox.zstd)
            } catch {
                throw .damaged(name, error)
            }
        }
    }

    /// Seals and stores a text; returns the digest that names it.
    func save(_ kind: ObjectKind, _ text: [UInt8]) throws(RepositoryError) -> SHA256Digest {
        let compresses = compresses
        let box = try toolboxes.use { (toolbox) throws(RepositoryError) in
            var plaintext = text
            if compresses {
                plaintext = [2]
                try text.lend { (text) throws(RepositoryError) in
                    try toolbox.zstd.compress(text, into: &plaintext)
                }
            }
            return try plaintext.lend { (bytes) throws(RepositoryError) in try toolbox.cipher.seal(bytes) }
        }
        let digest = SHA256Digest(hashing: box)
        do throws(StorageError) {
            try store.write(ObjectName(kind, digest), box)
        } catch {
            throw .storage(error)
        }
        return digest
    }

    /// How often an object that is other than its name is read before it counts as damaged.
    private static let attempts = 4

    /// Reads a whole object and checks it against its name; a mismatch is read again, from where the object lives, as
    /// it may be the fault of the way or of what was kept.
    static func read(_ store: any ObjectStore, _ name: ObjectName) throws(RepositoryError) -> [UInt8] {
        for _ in 0..<attempts {
            let bytes: [UInt8]
            do throws(StorageError) {
                bytes = try store.read(name, range: nil, advice: ReadAdvice(retention: .metadata))
            } catch { throw .storage(error) }
            if name.digest == nil || SHA256Digest(hashing: bytes) == name.digest { return bytes }
            store.forget(name, range: nil)
        }
        throw .damaged(name, .wrongHash)
    }

    /// Turns a plaintext into JSON.
    static func decode(_ plaintext: [UInt8], _ zstd: Zstd) throws(Damage) -> [UInt8] {
        switch plaintext.first {
        case nil: throw .tooShort(0)
        case UInt8(ascii: "{"), UInt8(ascii: "["): return plaintext
        case 2:
            return try plaintext.lend { (bytes) throws(Damage) in
                try zstd.inflate(UnsafeRawBufferPointer(rebasing: bytes[1...]))
            }
        case let byte?: throw .unknownEncoding(byte)
        }
    }
}
