import ArgumentParser
import ChatArchive
import ResticRepository
import Storage
import Synchronization

/// Brings a history to this machine, for when there is no network.
struct Fetch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring a snapshot's history into the cache, to read it without the network.",
        discussion: """
            Fetches the messages and media of all conversations, or of some, encrypted as they are stored. Afterwards \
            'chatark mount --offline' shows them. In the cache ('--cache-size') they push out what was unused for the longest \
            time; what does not fit into it at all is refused.

            Examples:
              chatark fetch
              chatark fetch --conversation 张伟 --conversation 妈妈
              chatark fetch --no-media
            """)

    @OptionGroup var options: RepositoryOptions

    @Argument(help: "The snapshot: an id, the start of one, or 'latest' (default).")
    var snapshot: String?

    @Option(help: ArgumentHelp("Only this conversation, by its folder or title; may be repeated.", valueName: "name"))
    var conversation: [String] = []

    @Flag(help: "Leave out pictures, voices and files.")
    var noMedia = false

    @Flag(help: "The original exports, too.")
    var original = false

    func run() throws {
        guard try options.location().folder == nil else { throw CommandError.nothingToFetch }
        guard !options.access.noCache else { throw CommandError.fetchWithoutCache }
        let cache = options.access.cache
        let chunks = try cache.chunks()
        guard chunks.isUsable else { throw CommandError.cacheUnusable(cache.folder) }
        let (repository, snapshots) = try options.openForReading(.whole)
        defer { repository.warnOfLeftOut() }
        let zone = try Dates.zone(nil)
        let stored = try SnapshotChoice(id: snapshot, at: nil).find(among: snapshots, zone: zone, ofChats: true)
        guard let layout = try SnapshotLayout(of: stored.snapshot.tree, in: repository) else {
            throw CommandError.noArchive(snapshot: stored.id.short)
        }
        let archive = try Archive(repository: repository, snapshotTree: stored.snapshot.tree)
        let all = try archive.conversations()
        let chosen = try ConversationChoice.records(named: conversation, among: all)
        let fetched = Mutex((done: 0, whole: 0))
        let before = StoreOptions.traffic.received
        let count: @Sendable (Int) -> Void = { bytes in fetched.withLock { $0.done += bytes } }
        let bytes = try Progress.showing(!options.quiet && !options.json) {
            let (done, whole) = fetched.withLock { $0 }
            // A pack takes a while on a slow line; what lies between pieces comes with them.
            let came = StoreOptions.traffic.received - before
            let bytes = max(done, whole > 0 ? min(came, whole) : came)
            return Progress.Reading(
                words: "fetching: \(Words.bytes(bytes))", bytes: whole > 0 ? (UInt64(bytes), UInt64(whole)) : nil)
        } _: {
            _ = try archive.people()
            let folders = try archive.folders(named: chosen.map(\.folder))
            // The messages say which media there are, so they come first, whatever comes of it.
            let segments = Set(folders.flatMap(archive.segmentBlobs))
            try repository.fetch(segments, .data, retention: .metadata, progress: count)
            // What messages show mostly lies in the originals as well.
            var content: Set<BlobID> = []
            if !noMedia { for folder in folders { content.formUnion(try archive.mediaBlobs(of: folder)) } }
            if original, let tree = layout.original { content.formUnion(try Self.blobs(of: tree, in: repository)) }
            let blobs = segments.union(content)
            let wanted = try repository.keptBytes(of: blobs, .data).whole
            guard wanted <= chunks.limit else {
                throw CommandError.cacheTooSmall(cache.folder, limit: chunks.limit, wanted: wanted)
            }
            fetched.withLock { $0.whole = wanted }
            try repository.fetch(content.subtracting(segments), .data, retention: .content, progress: count)
            return try repository.keptBytes(of: blobs, .data)
        }
        report(conversations: chosen.count, bytes)
        if bytes.missing > 0 || !repository.leftOut.isEmpty { throw CommandError.partial }
    }

    private func report(conversations: Int, _ bytes: KeptBytes) {
        if bytes.missing > 0 {
            Output.note(
                "chatark: \(Words.bytes(bytes.missing)) of \(Words.bytes(bytes.whole)) were fetched and could not be kept; "
                    + "they cannot be read with '--offline'. Allow the cache more room ('--cache-size', '--cache-dir')."
            )
        }
        if options.json {
            Output.json { json in
                json.beginObject()
                json.key("message_type")
                json.string("summary")
                json.key("conversations")
                json.int(conversations)
                json.key("bytes")
                json.int(bytes.kept)
                json.key("bytes_missing")
                json.int(bytes.missing)
                json.endObject()
            }
        } else if !options.quiet, bytes.missing == 0 {
            Output.line(
                "\(Words.count(conversations, "conversation")), \(Words.bytes(bytes.kept)), can be read with '--offline' now."
            )
        }
    }

    /// The blobs of all files below a tree.
    private static func blobs(of root: TreeID, in repository: Repository) throws -> [BlobID] {
        var blobs: [BlobID] = []
        var waiting = [root]
        var seen: Set<TreeID> = [root]
        while let id = waiting.popLast() {
            for node in try repository.tree(id).nodes {
                blobs += node.content ?? []
                if let subtree = node.subtree, seen.insert(subtree).inserted { waiting.append(subtree) }
            }
        }
        return blobs
    }
}
