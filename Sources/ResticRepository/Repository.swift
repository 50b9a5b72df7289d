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
    private let index = Mutex(LoadedIndex())
    private let localIndex: LocalIndex?
    /// Held while index files are read, so that two threads do not read the same ones.
    private let loading = Mutex(())

    init(
        store: any ObjectStore, config: Config, keyID: KeyID, master: BoxKey, toolboxes: ToolboxPool,
        localIndex: LocalIndex? = nil
    ) {
        self.localIndex = localIndex
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

    /// Reads index files that were not read before. List snapshots before this.
    ///
    /// With a local index, what was read by any process before is mapped: that costs the listing and the index files that
    /// are new, however many blobs there are. Without one, all are read when some have gone since.
    /// A damaged file is an error that names it; what the other files speak of is known all the same.
    ///
    /// - Parameter readers: index files that are fetched and parsed at a time.
    public func loadIndex(readers: Int = 8) throws(RepositoryError) {
        try whileLoading { () throws(RepositoryError) in try loadIndexOnce(readers) }
    }

    /// Alone among those who change the index.
    private func whileLoading<Value>(_ body: () throws(RepositoryError) -> Value) throws(RepositoryError) -> Value {
        var outcome: Result<Value, RepositoryError>?
        loading.withLock { _ in
            do throws(RepositoryError) { outcome = .success(try body()) } catch { outcome = .failure(error) }
        }
        guard let outcome else { throw .libraryFailed("lock") }
        return try outcome.get()
    }

    private func loadIndexOnce(_ readers: Int) throws(RepositoryError) {
        var tries = 3
        while true {
            tries -= 1
            let names = Set(try list(.index).compactMap { $0.name.digest.map { IndexID($0) } })
            let known = loadedIndex
            guard known.files != names else { return }
            let hasGone = !known.files.isSubset(of: names)
            var loaded = known
            // What is in memory does not tell which file said it.
            if hasGone { loaded.clearMemory() }
            if let localIndex {
                loaded.setSegments(localIndex.select(loaded.segments, names.subtracting(loaded.memoryFiles)))
            }
            let missing = names.subtracting(loaded.files).sorted()
            let read = IndexFileReader(self, localIndex, missing).read(readers: readers)
            // What was known before is worth more than what is left beside a file that cannot be read.
            if hasGone, read.damage != nil || read.failure != nil { loaded = known }
            loaded.addToMemory(read.additions, of: read.files)
            loaded.setSegments(loaded.segments + read.segments)
            let readFiles = loaded.files
            if let localIndex { loaded.setSegments(localIndex.compact(loaded.segments)) }
            index.withLock { $0 = loaded }
            if let failure = read.failure {
                // Rewritten between the listing and the reading: list again.
                if case .storage(let error) = failure, error.isNotFound, tries > 0 { continue }
                throw failure
            }
            if let damage = read.damage { throw damage }
            // A damaged segment was found in merging.
            guard loaded.files != readFiles, tries > 0 else { return }
        }
    }

    /// A pack that was written, and what it holds.
    typealias WrittenPack = (id: PackID, entries: [PackEntry])

    /// Makes known what a writer stored and what no index file tells of yet.
    func adopt(_ packs: [WrittenPack]) {
        loading.withLock { _ in
            var loaded = loadedIndex
            loaded.addToMemory(Self.additions(packs), of: EmptyCollection())
            index.withLock { $0 = loaded }
        }
    }

    /// Makes known what an index file says that a writer stored, without reading it back.
    ///
    /// - Parameter unknown: those of the packs that were not made known before.
    func adopt(_ packs: [WrittenPack], unknown: [WrittenPack], in file: IndexID) {
        loading.withLock { _ in
            var loaded = loadedIndex
            guard !loaded.files.contains(file) else { return }
            var run = IndexRun()
            run.add(file, Self.additions(packs))
            if let localIndex, let segment = localIndex.write(run) {
                loaded.setSegments(localIndex.compact(loaded.segments + [segment]))
            } else {
                loaded.addToMemory(Self.additions(unknown), of: [file])
            }
            index.withLock { $0 = loaded }
        }
    }

    private static func additions(_ packs: [WrittenPack]) -> [(pack: PackID, entry: PackEntry)] {
        packs.flatMap { pack in pack.entries.map { (pack: pack.id, entry: $0) } }
    }

    /// Compares the local index with its checksums, once for every segment; drops what is damaged and reads it again.
    /// Returns whether there was any. Costs reading the segments, so it is for look-ups that failed and for checks.
    package func repairLocalIndex() throws(RepositoryError) -> Bool {
        guard let localIndex else { return false }
        return try whileLoading { () throws(RepositoryError) in
            var loaded = loadedIndex
            let damaged = loaded.segments.filter { !$0.isSound }
            guard !damaged.isEmpty else { return false }
            for segment in damaged { localIndex.remove(segment.name) }
            loaded.setSegments(loaded.segments.filter { $0.isSound })
            index.withLock { $0 = loaded }
            try loadIndexOnce(8)
            return true
        }
    }

    /// The last thing that the local file system refused the local index, which goes on in memory then; nil when it
    /// refused nothing.
    public var localIndexFault: SystemError? { localIndex?.fault }

    /// The index as it is loaded now; a value that stays.
    package var loadedIndex: LoadedIndex { index.withLock { $0 } }

    /// The index files that are loaded now.
    package var loadedIndexFiles: Set<IndexID> { loadedIndex.files }

    /// Whether a loaded index knows the blob.
    public func contains(_ blob: BlobID, _ kind: BlobKind) -> Bool {
        loadedIndex.firstPlace(of: blob, kind) != nil
    }

    /// The plaintext's bytes; nil when no loaded index knows the blob.
    public func length(of blob: BlobID, _ kind: BlobKind) -> Int? {
        loadedIndex.firstPlace(of: blob, kind)?.entry.plaintextLength
    }
}
