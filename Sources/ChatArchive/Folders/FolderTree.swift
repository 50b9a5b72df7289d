public import ChatModel
public import ResticRepository
import Glibc
import Synchronization

/// A repository's snapshots as a tree of folders and files, computed when somebody looks.
///
///     /                        latest -> snapshots/…, at/<date> -> ../snapshots/…, snapshots/<date>_<time>/
///       <snapshot>/            conversations/ media/ transcripts/ contacts/ original/, or a plain stored tree
///
/// Everything is read-only and, below a snapshot, never changes. Safe from any thread. What was decoded is kept within
/// `memoryLimit`; nothing is kept a file.
public final class FolderTree: Sendable {
    /// What the tree's root shows.
    public enum Root: Sendable {
        case allSnapshots
        case snapshot(SnapshotID)
    }

    let repository: Repository
    let zone: Zone
    let owner: (uid: UInt32, gid: UInt32)
    let isSingle: Bool
    let registry: Mutex<Registry>
    let listed = Mutex(ListedMonths())
    let trees: LoadingCache<TreeID, Tree>
    let views: LoadingCache<TreeID, ChatView>
    let folders: LoadingCache<FolderKey, ShownConversation>
    let segments: LoadingCache<Int, Segment>
    let listings: LoadingCache<ListingKey, MonthListing>
    let blobs: LoadingCache<BlobID, [UInt8]>
    let texts: LoadingCache<InodeNumber, RenderedTranscript>
    let media: LoadingCache<String, MediaFile>
    let sequentialReads: Mutex<SequentialReads>
    let monthWalks = Mutex(MonthWalks<FolderKey>())
    let conversationWalks = Mutex(ConversationWalks<TreeID>())
    let folderWalks = Mutex(ConversationWalks<TreeID>())
    let mediaWalks: Mutex<MediaWalks<MediaReader>>
    let background: BackgroundLoads
    let prefetch: Prefetch?
    let prefetches = BackgroundLoads(atOnce: 1, waiting: .max)

    /// A conversation's folder in an archive.
    struct FolderKey: Hashable, Sendable {
        let archive: TreeID
        let conversation: Int
    }

    /// Somebody who goes through media: of which archive, as a view shows them, in which order of conversations.
    struct MediaReader: Hashable, Sendable {
        let archive: TreeID
        let view: View
        let order: ConversationWalks<TreeID>.Order
    }

    /// A month of a conversation, as an archive and a view show it.
    struct ListingKey: Hashable, Sendable {
        let folder: FolderKey
        let month: Month
        let mediaOnly: Bool
    }

    /// Reads the list of snapshots and loads the index, unless both have been read.
    ///
    /// - Parameters:
    ///   - snapshots: all there are, when they have been read and the index has been loaded after or with them.
    ///   - zone: of the names shown.
    ///   - memoryLimit: bytes for what was decoded.
    ///   - prefetch: what to bring to this machine before it is read.
    ///   - owner: of computed files; stored files keep their own.
    public init(
        repository: Repository, root: Root, snapshots: [StoredSnapshot]? = nil, zone: Zone,
        memoryLimit: Int = 96 << 20, prefetch: Prefetch? = nil, owner: (uid: UInt32, gid: UInt32)
    ) throws(FolderTreeError) {
        self.repository = repository
        self.zone = zone
        self.owner = owner
        self.prefetch = prefetch
        // Blobs of media pass through; segments and listings are what is used again.
        trees = LoadingCache(budget: memoryLimit / 8)
        views = LoadingCache(budget: memoryLimit / 8)
        folders = LoadingCache(budget: memoryLimit / 16)
        segments = LoadingCache(budget: memoryLimit / 4)
        listings = LoadingCache(budget: memoryLimit / 8)
        blobs = LoadingCache(budget: memoryLimit / 4)
        texts = LoadingCache(budget: memoryLimit / 16)
        media = LoadingCache(budget: memoryLimit / 64)
        sequentialReads = Mutex(SequentialReads(windowLimit: memoryLimit / 8))
        mediaWalks = Mutex(MediaWalks(windowLimit: memoryLimit / 8))
        // Where there are many ways to the store, two stay free for who asks now.
        let ways = repository.store.requestsInFlight
        background = BackgroundLoads(atOnce: ways > 4 ? ways - 2 : ways)
        var table = SnapshotTable()
        do throws(RepositoryError) {
            var shown = snapshots ?? []
            if snapshots == nil { shown = try repository.snapshotsWithIndex() }
            if case .snapshot(let id) = root {
                isSingle = true
                shown.removeAll { $0.id != id }
                guard !shown.isEmpty else { throw .noSuchSnapshot(id.hex) }
            } else {
                isSingle = false
            }
            _ = table.update(shown, in: zone)
        } catch { throw .repository(error) }
        registry = Mutex(Registry(snapshots: table))
    }

    /// Looks for snapshots that came or went. Returns the names that stand for something else now, and their folders.
    public func refresh() throws(FolderTreeError) -> [(directory: InodeNumber, name: String)] {
        guard !isSingle else { return [] }
        let snapshots: [StoredSnapshot]
        do throws(RepositoryError) {
            snapshots = try repository.snapshots { id in registry.withLock { $0.snapshots.stored(id) } }
            // The folder in which a disk was mounted is there without the disk, and empty: what was shown stays then.
            if snapshots.isEmpty { try repository.checkItIsThere() }
            try repository.loadSoundIndex(.beginning)
        } catch { throw .repository(error) }
        let (names, latestMoved) = registry.withLock { registry in
            let newest = registry.snapshots.newest
            let names = registry.snapshots.update(snapshots, in: zone)
            return (names, registry.snapshots.newest != newest)
        }
        let folder = InodeLayout.number(.snapshots)
        return names.sorted().map { (folder, $0) } + (latestMoved ? [(.root, "latest")] : [])
    }

    /// Drops what was known of a stored folder that the kernel has forgotten.
    public func forget(_ inode: InodeNumber, lookups: UInt64) {
        guard case .plainFolder(let number) = InodeLayout.place(inode) else { return }
        registry.withLock { $0.plainFolders.forget(number, lookups: lookups) }
    }

    /// Notes that the kernel was given a stored folder's number; `forget` takes it back.
    public func remember(_ inode: InodeNumber) {
        guard case .plainFolder(let number) = InodeLayout.place(inode) else { return }
        registry.withLock { $0.plainFolders.remember(number) }
    }

    /// Bytes and files of the repository's snapshots, as far as they say; for `statfs`.
    public var totals: (bytes: UInt64, files: UInt64) {
        registry.withLock { registry in
            var totals: (bytes: UInt64, files: UInt64) = (0, 0)
            for number in registry.snapshots.visible {
                guard let summary = registry.snapshots[number]?.stored.snapshot.summary else { continue }
                totals.bytes &+= summary.totalBytesProcessed
                totals.files &+= summary.totalFilesProcessed
            }
            return totals
        }
    }

    // MARK: Places

    /// What an inode number stands for; with a single snapshot, the root is that snapshot.
    func place(_ inode: InodeNumber) throws(FolderTreeError) -> InodePlace {
        guard let place = InodeLayout.place(inode) else { throw .notFound }
        return isSingle && place == .root ? .snapshot(0) : place
    }

    func number(_ place: InodePlace) -> InodeNumber {
        isSingle && place == .snapshot(0) ? .root : InodeLayout.number(place)
    }

    func snapshot(_ number: Int) throws(FolderTreeError) -> SnapshotTable.Entry {
        guard let entry = registry.withLock({ $0.snapshots[number] }) else { throw .notFound }
        return entry
    }

    /// What a snapshot holds; two trees are read the first time.
    func shape(of number: Int, _ waiting: Waiting) throws(FolderTreeError) -> SnapshotShape {
        if let shape = registry.withLock({ $0.snapshots.shape(of: number) }) { return shape }
        let entry = try snapshot(number)
        let root = try tree(entry.stored.snapshot.tree, waiting)
        var shape = SnapshotShape.plain(entry.stored.snapshot.tree)
        if let archive = root.node(named: Array(ArchiveLayout.archive.utf8))?.subtree,
            try tree(archive, waiting).node(named: Array(ArchiveLayout.manifest.utf8)) != nil
        {
            shape = .chats(archive: archive, original: root.node(named: Array(ArchiveLayout.original.utf8))?.subtree)
        }
        registry.withLock { $0.snapshots.setShape(shape, of: number) }
        return shape
    }

    // MARK: Loading

    func tree(_ id: TreeID, _ waiting: Waiting) throws(FolderTreeError) -> Tree {
        try trees.value(id, waiting: waiting) { () throws(FolderTreeError) in
            let tree = try read { () throws(RepositoryError) in try repository.tree(id) }
            return (tree, tree.nodes.count * 600 + 200)
        }
    }

    func view(ofSnapshot number: Int, _ waiting: Waiting) throws(FolderTreeError) -> ChatView {
        guard case .chats(let archive, _) = try shape(of: number, waiting) else { throw .notFound }
        return try views.value(archive, waiting: waiting) { () throws(FolderTreeError) in
            do throws(ArchiveError) {
                let view = try ChatView(try Archive(repository: repository, tree: archive))
                return (view, view.cost)
            } catch { throw FolderTreeError(error) }
        }
    }

    /// Has the whole index loaded, for what is looked up in it without being read.
    func completeIndex(_ waiting: Waiting) throws(FolderTreeError) {
        guard !repository.isIndexComplete else { return }
        guard case .until = waiting else { throw .mustWait }
        do throws(RepositoryError) { try repository.completeSoundIndex() } catch { throw .repository(error) }
    }

    /// Reads from the repository. Index files may be newer than those that were loaded: what is missing is looked for again.
    func read<Value>(_ body: () throws(RepositoryError) -> Value) throws(FolderTreeError) -> Value {
        do throws(RepositoryError) {
            do throws(RepositoryError) {
                return try body()
            } catch {
                guard case .missingBlob = error else { throw error }
                try repository.loadSoundIndex()
                return try body()
            }
        } catch { throw .repository(error) }
    }
}

/// What gets a number when it is met.
struct Registry {
    var snapshots: SnapshotTable
    var plainFolders = PlainFolderTable()
    private var segmentNumbers: [[BlobID]: Int] = [:]
    private(set) var segments: [SegmentPlace] = []
    private var treeNumbers: [TreeID: Int] = [:]
    private(set) var trees: [TreeID] = []

    init(snapshots: SnapshotTable) { self.snapshots = snapshots }

    /// Where a segment's bytes are.
    struct SegmentPlace {
        let blobs: [BlobID]
        let name: String
        /// An archive that has the segment, to find its media in.
        let archive: TreeID
    }

    mutating func number(ofSegment place: SegmentPlace) -> Int? {
        if let number = segmentNumbers[place.blobs] { return number }
        guard segments.count < InodeLayout.segmentLimit else { return nil }
        segmentNumbers[place.blobs] = segments.count
        segments.append(place)
        return segments.count - 1
    }

    mutating func number(ofTree tree: TreeID) -> Int {
        if let number = treeNumbers[tree] { return number }
        treeNumbers[tree] = trees.count
        trees.append(tree)
        return trees.count - 1
    }
}
