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
    /// See `leftOut`.
    let damagedFiles = Mutex<[ObjectName: RepositoryError]>([:])
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
    /// A damaged file is an error that names it; what the other files speak of is known all the same. `loadSoundIndex` leaves
    /// such files out.
    ///
    /// - Parameters:
    ///   - extent: with `.beginning`, blobs are looked for in the other index files when they are read or asked for
    ///     together; `contains`, `length` and `loadedIndex` tell of what was loaded.
    ///   - readers: index files that are fetched and parsed at a time.
    public func loadIndex(_ extent: IndexExtent = .whole, readers: Int = 8) throws(RepositoryError) {
        try whileLoading { () throws(RepositoryError) in try loadIndexOnce(extent, readers) }
    }

    /// Reads the index files that `loadIndex(.beginning)` left unread. Costs nothing when there are none.
    public func completeIndex() throws(RepositoryError) {
        guard !isIndexComplete else { return }
        try whileLoading { () throws(RepositoryError) in
            let known = loadedIndex
            guard !known.isComplete else { return }
            // Which there are was listed before; those that have gone since are worth another listing.
            let names = known.files.union(known.unread)
            do throws(RepositoryError) {
                if try readIndex(names, of: names, 8) { return }
            } catch {
                guard case .storage(let fault) = error, fault.isNotFound else { throw error }
            }
            try loadIndexOnce(.whole, 8)
        }
    }

    /// Whether no index file was left unread.
    public var isIndexComplete: Bool { loadedIndex.isComplete }

    /// The index as it is loaded now, or all of it when that does not know all of some blobs.
    func index(knowing ids: some Sequence<BlobID>, _ kind: BlobKind) throws(RepositoryError) -> LoadedIndex {
        let index = loadedIndex
        func knowsAll(_ index: LoadedIndex) -> Bool { ids.allSatisfy { index.firstPlace(of: $0, kind) != nil } }
        guard !index.isComplete, !knowsAll(index) else { return index }
        do throws(RepositoryError) { try completeIndex() } catch {
            // One file that cannot be read takes nothing from the others.
            let index = loadedIndex
            guard knowsAll(index) else { throw error }
            return index
        }
        return loadedIndex
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

    private func loadIndexOnce(_ extent: IndexExtent, _ readers: Int) throws(RepositoryError) {
        var tries = 3
        while true {
            tries -= 1
            let listing = try list(.index)
            let names = { (objects: [StoredObject]) in Set(objects.compactMap { $0.name.digest.map { IndexID($0) } }) }
            do throws(RepositoryError) {
                if try readIndex(names(extent.files(of: listing)), of: names(listing), readers) || tries <= 0 { return }
            } catch {
                // Rewritten between the listing and the reading: list again.
                guard case .storage(let fault) = error, fault.isNotFound, tries > 0 else { throw error }
            }
        }
    }

    /// Reads those of all index files that are wanted and not known yet; false when it is to be done again.
    private func readIndex(
        _ wanted: Set<IndexID>, of names: Set<IndexID>, _ readers: Int
    ) throws(RepositoryError) -> Bool {
        let known = loadedIndex
        let hasGone = !known.files.isSubset(of: names)
        guard hasGone || !known.files.isSuperset(of: wanted) || known.unread != names.subtracting(known.files) else {
            return true
        }
        var loaded = known
        // What is in memory does not tell which file said it.
        if hasGone { loaded.clearMemory() }
        if let localIndex {
            loaded.setSegments(localIndex.select(loaded.segments, names.subtracting(loaded.memoryFiles)))
        }
        let missing = wanted.subtracting(loaded.files).sorted()
        let read = IndexFileReader(self, localIndex, missing).read(readers: readers)
        for case .damaged(let name, let damage) in read.damaged { leaveOut(name, damage) }
        var additions = read.additions
        // What was known before is worth more than what is left beside a file that cannot be read.
        if hasGone, !read.damaged.isEmpty || read.failure != nil {
            loaded = known
            additions.removeAll { known.isInMemory($0.pack, $0.entry) }
        }
        loaded.addToMemory(additions, of: read.files)
        loaded.setSegments(loaded.segments + read.segments)
        let readFiles = loaded.files
        if let localIndex { loaded.setSegments(localIndex.compact(loaded.segments)) }
        // One that is damaged is not worth reading again for every blob that is not found.
        loaded.unread = names.subtracting(loaded.files).subtracting(read.failure == nil ? wanted : [])
        index.withLock { $0 = loaded }
        if let failure = read.failure { throw failure }
        if let damage = read.damaged.min(by: { IndexFileReader.name($0) < IndexFileReader.name($1) }) { throw damage }
        // A damaged segment was found in merging.
        return loaded.files == readFiles
    }

    /// A pack that was written, and what it holds.
    typealias WrittenPack = (id: PackID, entries: [PackEntry])

    /// Makes known what a writer stored and what no index file tells of yet.
    func adopt(_ packs: [WrittenPack]) {
        loading.withLock { _ in
            var loaded = loadedIndex
            loaded.addUnindexed(Self.additions(packs))
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
                loaded.indexed(packs.map(\.id))
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
            try loadIndexOnce(.whole, 8)
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
