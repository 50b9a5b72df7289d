import JSON
import Storage
import Synchronization

/// A restic repository, format version 1 or 2, opened with a password. All calls block and may be made from any thread.
///
/// Opening reads `config` and a key; nothing else is read before it is asked for.
public final class Repository: Sendable {
    /// Where the objects live.
    public let store: any ObjectStore
    /// The repository's version, id and polynomial.
    public let config: Config
    /// The key file that the password opened.
    public let keyID: KeyID

    let toolboxes: ToolboxPool
    let master: BoxKey
    private let files: UnpackedFiles
    let index = Mutex(LoadedIndex())
    /// Held while index files are read, so that two threads do not read the same ones.
    private let loading = Mutex(())

    /// The index and what it was made of.
    struct LoadedIndex: Sendable {
        var blobs = BlobIndex()
        var files: Set<IndexID> = []
    }

    init(store: any ObjectStore, config: Config, keyID: KeyID, master: BoxKey, toolboxes: ToolboxPool) {
        self.store = store
        self.config = config
        self.keyID = keyID
        self.master = master
        self.toolboxes = toolboxes
        files = UnpackedFiles(store, toolboxes, compresses: config.version >= 2)
    }

    /// 64 hexadecimal digits that tell this repository from every other.
    public var id: String { config.id }

    /// The format's version, 1 or 2.
    public var version: Int { config.version }

    // MARK: Files

    /// The JSON of a file under `index/`, `snapshots/` or `locks/`, checked against its name, opened and inflated.
    public func unpacked(_ kind: ObjectKind, _ digest: SHA256Digest) throws(RepositoryError) -> [UInt8] {
        try files.load(ObjectName(kind, digest))
    }

    /// Stores a JSON text under `index/`, `snapshots/` or `locks/`; returns its name.
    public func saveUnpacked(_ kind: ObjectKind, _ text: [UInt8]) throws(RepositoryError) -> SHA256Digest {
        try files.save(kind, text)
    }

    /// The names of all objects of a kind, with sizes.
    public func list(_ kind: ObjectKind) throws(RepositoryError) -> [StoredObject] {
        do throws(StorageError) { return try store.list(kind) } catch { throw .storage(error) }
    }

    /// Removes an object.
    package func remove(_ name: ObjectName) throws(RepositoryError) {
        do throws(StorageError) { try store.remove(name) } catch { throw .storage(error) }
    }

    // MARK: Index

    /// Reads index files that were not read before; reads all when some have gone since. List snapshots before this.
    ///
    /// A damaged file is an error that names it; what the other files speak of is known all the same.
    public func loadIndex() throws(RepositoryError) {
        var outcome: Result<Void, RepositoryError> = .success(())
        loading.withLock { _ in
            do throws(RepositoryError) { try loadIndexOnce() } catch { outcome = .failure(error) }
        }
        try outcome.get()
    }

    private func loadIndexOnce() throws(RepositoryError) {
        var tries = 3
        while true {
            tries -= 1
            let names = Set(try list(.index).compactMap { $0.name.digest.map { IndexID($0) } })
            let known = index.withLock { $0 }
            let hasGone = !known.files.isSubset(of: names)
            let missing = (hasGone ? names : names.subtracting(known.files)).sorted()
            guard hasGone || !missing.isEmpty else { return }
            do throws(RepositoryError) {
                let read = try readIndexFiles(missing)
                index.withLock { index in
                    // What was known before is worth more than what is left beside a damaged file.
                    if hasGone, read.failure == nil { index = LoadedIndex() }
                    index.blobs.add(read.additions)
                    index.files.formUnion(read.files)
                }
                if let failure = read.failure { throw failure }
                return
            } catch .storage(let error) where error.isNotFound && tries > 0 {
                continue  // rewritten between the listing and the reading: list again
            }
        }
    }

    /// What some index files speak of. A damaged one takes nothing from the others; it becomes `failure`.
    private struct IndexFiles {
        var additions: [(pack: PackID, entry: PackEntry)] = []
        var files: [IndexID] = []
        var failure: RepositoryError?
    }

    private func readIndexFiles(_ ids: [IndexID]) throws(RepositoryError) -> IndexFiles {
        var read = IndexFiles()
        for id in ids {
            let known = read.additions.count
            do throws(RepositoryError) {
                let text = try unpacked(.index, id.digest)
                do throws(Damage) {
                    try IndexText.parse(text) { read.additions.append(($0, $1)) }
                } catch {
                    throw .damaged(ObjectName(.index, id.digest), error)
                }
                read.files.append(id)
            } catch .damaged(let name, let damage) {
                read.additions.removeLast(read.additions.count - known)
                if read.failure == nil { read.failure = .damaged(name, damage) }
            }
        }
        return read
    }

    /// Makes known what a writer stored, without reading it back.
    func adopt(_ packs: [WrittenPack], in file: IndexID? = nil) {
        let additions = packs.flatMap { pack in pack.entries.map { (pack: pack.id, entry: $0) } }
        index.withLock { index in
            index.blobs.add(additions)
            if let file { index.files.insert(file) }
        }
    }

    /// A pack and what it holds.
    typealias WrittenPack = (id: PackID, entries: [PackEntry])

    /// The index as it is loaded now; a value that stays.
    package var loadedIndex: BlobIndex { index.withLock { $0.blobs } }

    /// The index files that are loaded now.
    package var loadedIndexFiles: Set<IndexID> { index.withLock { $0.files } }

    /// Whether a loaded index knows the blob.
    public func contains(_ blob: BlobID, _ kind: BlobKind) -> Bool {
        index.withLock { $0.blobs.firstPlace(of: blob, kind) != nil }
    }

    /// The plaintext's bytes; nil when no loaded index knows the blob.
    public func length(of blob: BlobID, _ kind: BlobKind) -> Int? {
        index.withLock { $0.blobs.firstPlace(of: blob, kind)?.entry.plaintextLength }
    }
}
