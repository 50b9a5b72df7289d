import Storage

/// What is packed together, so that what is read together lies together.
public enum PackGroup: Int, CaseIterable, Sendable {
    /// Directory listings.
    case tree = 0
    /// The archive's segments and lists.
    case records = 1
    /// Everything else.
    case media = 2
    /// What every opening reads: a few lists and directories. In packs and an index file of its own when much is written, so
    /// that a first look need not read the rest of the index; else the lists lie together among the records.
    case head = 3
    /// Lists that are read together: by the next backup, and by who goes from one to the next. In packs of their own when
    /// much is written, else with the records.
    case lists = 4
}

/// What a writer did; bytes are plaintext unless they say packed.
public struct WriteSummary: Hashable, Sendable {
    /// Data blobs that were stored.
    public internal(set) var dataBlobs = 0
    /// Tree blobs that were stored.
    public internal(set) var treeBlobs = 0
    /// Bytes of the blobs that were stored.
    public internal(set) var bytesAdded = 0
    /// Bytes that they take in packs.
    public internal(set) var bytesPacked = 0
    /// Blobs that were there already.
    public internal(set) var knownBlobs = 0
    /// Bytes of blobs that were there already.
    public internal(set) var knownBytes = 0
    /// Packs written.
    public internal(set) var packs = 0

    /// Nothing done.
    public init() {}
}

/// Stores blobs: deduplicated, compressed, sealed, verified, gathered in packs, and indexed at the end.
///
/// Any thread may call `save`; two worker threads compress and seal, and others write, as many as the store has use for
/// but at most four. At most 16 MiB wait, every group has one pack open (16 MiB each) and one full pack may wait while
/// others are written, so that some 170 MiB are in use at worst.
///
/// The order on storage is packs, then the index: nothing ever refers to what is not there. A writer that is dropped
/// without `finish` or `keepStored` leaves packs behind that no index knows, which a prune removes.
public final class RepositoryWriter: Sendable {
    private let pipeline: WritePipeline

    init(_ repository: Repository, packSize: Int, indexBlobLimit: Int, workers: Int) throws(RepositoryError) {
        pipeline = WritePipeline(repository, packSize: packSize, indexBlobLimit: indexBlobLimit)
        try pipeline.start(workers: workers)
    }

    deinit { pipeline.abandon() }

    /// Stores a blob unless it is stored already; returns its id at once and writes later.
    ///
    /// Costs a SHA-256 on the calling thread. Blocks while too much is waiting. Throws what any earlier write met.
    public func save(_ plaintext: [UInt8], _ kind: BlobKind, group: PackGroup) throws(RepositoryError) -> BlobID {
        guard plaintext.count <= WritePipeline.blobLimit else { throw .blobTooLarge(plaintext.count) }
        let id = BlobID(SHA256Digest(hashing: plaintext))
        try pipeline.add(WritePipeline.Job(id: id, kind: kind, group: group, plaintext: plaintext))
        return id
    }

    /// Writes what is still open, so that it can be read back; it is found by others after `finish`.
    public func flush() throws(RepositoryError) { try pipeline.flush() }

    /// Writes what is still open, then the index, and makes both known to the repository. No call may follow.
    public func finish() throws(RepositoryError) -> WriteSummary {
        try pipeline.finish()
    }

    /// Ends the writer early: stores nothing more, and writes index files of the packs that are stored, so that a later writer
    /// stores none of it again. No snapshot needs them; who does not go on has them pruned. Every other call throws from then on.
    ///
    /// - Parameter time: how long this may take; half of it is for packs that are under way.
    /// - Returns: whether all packs that have arrived are in an index file. If not, `takeLeftPacks` finds them.
    public func keepStored(within time: Duration) -> Bool { pipeline.keepStored(within: time) }

    /// Asks `check` before each index file is written, and writes none when it throws: without a lock, the packs may be gone.
    public func guardIndex(_ check: @escaping @Sendable () throws(RepositoryError) -> Void) {
        pipeline.guardIndex(check)
    }

    /// Takes packs that no index file tells of, such as a backup leaves that was killed: what they hold is not stored
    /// again, and the index file of this writer will tell of them. The index is loaded.
    ///
    /// Costs a listing, a read for each such pack, and a walk through the index. Returns how many were taken; one that
    /// has nothing new, or whose header cannot be read, is left for a prune.
    public func takeLeftPacks() throws(RepositoryError) -> Int { try pipeline.takeLeftPacks() }

    /// What has been done so far.
    public var progress: WriteSummary { pipeline.progress }
}

extension Repository {
    /// The pack size that restic aims at unless told otherwise, in bytes.
    public static let standardPackSize = 16 << 20

    /// Starts storing. The index should be loaded, else everything counts as new.
    ///
    /// - Parameter packSize: a pack is closed when it has this many bytes.
    public func makeWriter(
        packSize: Int = Repository.standardPackSize
    ) throws(RepositoryError) -> RepositoryWriter {
        try makeWriter(packSize: packSize, indexBlobLimit: 50_000, workers: 2)
    }

    package func makeWriter(
        packSize: Int, indexBlobLimit: Int, workers: Int
    ) throws(RepositoryError) -> RepositoryWriter {
        try RepositoryWriter(self, packSize: packSize, indexBlobLimit: indexBlobLimit, workers: workers)
    }
}
