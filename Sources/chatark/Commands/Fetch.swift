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
            'chatark mount --offline' shows them. What does not fit into the cache ('--cache-size') pushes out what was unused \
            for the longest time.

            Examples:
              chatark fetch
              chatark fetch --conversation 张伟 --conversation 妈妈
              chatark fetch --no-media
            """)

    @OptionGroup var options: RepositoryOptions

    @Argument(help: "The snapshot: an id, the start of one, or 'latest' (default).")
    var snapshot: String?

    @Option(help: ArgumentHelp("Only this conversation, by its folder's name; may be repeated.", valueName: "name"))
    var conversation: [String] = []

    @Flag(help: "Leave out pictures, voices and files.")
    var noMedia = false

    @Flag(help: "The original exports, too.")
    var original = false

    func run() throws {
        guard try options.location().folder == nil else { throw CommandError.nothingToFetch }
        guard !options.access.noCache else { throw CommandError.fetchWithoutCache }
        let (repository, snapshots) = try options.openForReading(.whole)
        defer { repository.warnOfLeftOut() }
        let zone = try Dates.zone(nil)
        let stored = try SnapshotChoice(id: snapshot, at: nil).find(among: snapshots, zone: zone, ofChats: true)
        guard let layout = try SnapshotLayout(of: stored.snapshot.tree, in: repository) else {
            throw CommandError.noArchive(snapshot: stored.id.short)
        }
        let archive = try Archive(repository: repository, snapshotTree: stored.snapshot.tree)
        let all = try archive.conversations()
        for name in conversation where !all.contains(where: { $0.folder == name }) {
            throw CommandError.noSuchConversation(name)
        }
        let chosen = all.filter { conversation.isEmpty || conversation.contains($0.folder) }
        let fetched = Mutex(0)
        let count: @Sendable (Int) -> Void = { bytes in fetched.withLock { $0 += bytes } }
        try Progress.showing(!options.quiet && !options.json) {
            Progress.Reading(words: "fetching: \(Words.bytes(fetched.withLock { $0 }))")
        } _: {
            _ = try archive.people()
            let folders = try archive.folders(named: chosen.map(\.folder))
            try archive.fetch(folders, media: !noMedia, progress: count)
            if original, let tree = layout.original {
                try repository.fetch(
                    try Self.blobs(of: tree, in: repository), .data, retention: .content, progress: count)
            }
        }
        let bytes = fetched.withLock { $0 }
        if options.json {
            Output.json { json in
                json.beginObject()
                json.key("message_type")
                json.string("summary")
                json.key("conversations")
                json.int(chosen.count)
                json.key("bytes")
                json.int(bytes)
                json.endObject()
            }
        } else if !options.quiet {
            Output.line(
                "\(Words.count(chosen.count, "conversation")), \(Words.bytes(bytes)), can be read with '--offline' now."
            )
        }
        if !repository.leftOut.isEmpty { throw CommandError.partial }
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
