import ArgumentParser
import ChatArchive
import ChatImport
import ChatModel
import ResticRepository
import Storage

/// Stores chats as a snapshot. The story of a backup is `store(_:_:_:)`.
struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Back up chats: a messenger's own databases, or exports.",
        discussion: """
            Each PATH is a folder with WeChat's own databases (copied from a phone or a computer; see '--database-key-file' when they \
            are encrypted), or an export, or a folder with exports directly in it: a Telegram Desktop folder with result.json, a WhatsApp \
            chat as .zip or folder, JSON Lines (.jsonl). Naming the result.json, the chat's text or a .jsonl with its media \
            beside it means the folder, unless other exports or folders lie there too. A path that was backed up before is compared with \
            its last snapshot: unchanged files are not read again, and messages that are no longer there stay in the archive, \
            marked as gone. What was not read whole, or with other options, keys or another version of this program, is read again.

            Examples:
              chatark backup --database-key-file wechat.key ~/phone/MicroMsg
              chatark backup ~/Downloads/DataExport_2024-07-01
              chatark backup --tag phone --tz Asia/Shanghai "WhatsApp Chat - Emma.zip"
              chatark backup --source jsonl history.jsonl

            Exit status 3: a snapshot was made, but something could not be read; the summary says what.
            """)

    @OptionGroup var options: RepositoryOptions
    @OptionGroup var about: SourceOptions

    @Flag(help: "Read the messages and say what is there, and store nothing. Needs no repository.")
    var dryRun = false

    @Argument(help: "What to back up.", completion: .file())
    var paths: [String]

    func run() throws {
        Heap.returnLargeBlocks()
        let zone = try Dates.zone(about.tz)
        let time = try about.time.map { Dates.goTime(try Dates.moment($0, in: zone), in: zone) } ?? .now()
        let sources = try BackupSources(paths, about)
        if dryRun {
            let found = try DryRun(sources, about, in: zone)
            found.print(options)
            if found.isPartial { throw CommandError.partial }
            return
        }
        let repository = try options.open(anticipating: .whole, locking: true)
        defer { repository.warnOfLeftOut() }
        let run = try BackupRun(repository: repository, sources: sources, about: about, zone: zone, time: time)
        let result = try repository.whileLocking(.shared) { lock in
            let snapshots = try repository.snapshotsWithIndex()
            return try Interruption.cleaningUp(by: run.keepingStored(lock)) {
                try Progress.showing(!options.quiet && !options.json, run.progress.reading) {
                    try store(run, snapshots, lock)
                }
            }
        }
        BackupReport(result: result, options: options).print()
        if result.isPartial || !repository.leftOut.isEmpty { throw CommandError.partial }
    }

    /// What a backup does, from the first look to the snapshot. While the lock settles it only reads.
    private func store(
        _ run: BackupRun, _ snapshots: [StoredSnapshot], _ lock: RepositoryLock
    ) throws -> BackupResult {
        run.noteLaterSnapshot(snapshots)
        let previous = try run.previous(in: snapshots)
        let heads = try run.heads(in: snapshots, lock)
        try run.keepZone(of: heads.first)

        // Nothing has changed since the last time: a snapshot of what is there, and no content is read.
        if let previous, let archive = heads.first, heads.count == 1,
            try run.findUnchanged(since: previous, archive)
        {
            try run.settle(lock)
            try run.resume(lock)
            return try run.saveSnapshot(
                original: previous.original, archive: archive.tree, parent: previous, since: snapshots, lock)
        }

        // The messages first: an export that is broken ends here, before anything is stored.
        var builder = try ArchiveBuilder(continuing: heads, in: run.zone)
        try run.readMessages(into: &builder, lock)
        try run.settle(lock)
        try run.resume(lock)
        let original = try run.storeOriginals(parent: previous?.original, &builder)
        let archive = try run.storeArchive(&builder, original, lastRead: run.readTimes(in: snapshots))
        return try run.saveSnapshot(
            original: original.tree, archive: archive.tree, parent: previous, since: snapshots, lock)
    }
}

/// What the user says of the sources.
struct SourceOptions: ParsableArguments {
    @Option(help: "What PATH is: auto, wechat, telegram, whatsapp or jsonl.")
    var source: SourceKind = .auto

    @Option(help: ArgumentHelp("The host that the snapshot names (default: this one's name).", valueName: "name"))
    var host: String?

    @Option(help: ArgumentHelp("Tags of the snapshot, separated by commas; may be repeated.", valueName: "tags"))
    var tag: [String] = []

    @Option(help: ArgumentHelp("The time of the snapshot (default: now).", valueName: "date"))
    var time: String?

    @Option(
        help: ArgumentHelp(
            "The zone of wall times in exports without one (default: that of the backups before, at first this machine's).",
            valueName: "zone"
        ))
    var tz: String?

    @Option(
        help: ArgumentHelp(
            "What to call the source (one PATH), so that another path later is known as the same one.",
            valueName: "name"))
    var sourceName: String?

    @Option(
        help: ArgumentHelp(
            "A file with what opens WeChat's databases and pictures: a line each, '[database-key] SECRET' (a passphrase or hex), "
                + "'image-aes KEY', 'image-xor BYTE'; may be repeated.",
            valueName: "file"),
        completion: .file())
    var databaseKeyFile: [String] = []

    @Option(help: ArgumentHelp("Your own name in exports that do not say who you are.", valueName: "name"))
    var ownName: String?

    /// The keys of all files that were given, and a digest of these files.
    func keys() throws(CommandError) -> (keys: SourceKeys, fingerprint: String) {
        var keys = SourceKeys()
        var digests: [String] = []
        for path in databaseKeyFile {
            var bytes: [UInt8]
            do throws(FileFault) { bytes = try SmallFile.read(path) } catch {
                throw .unreadableFile(path, .databaseKeyFile, error)
            }
            defer { bytes.wipe() }
            do throws(SourceKeys.Fault) { keys.add(try SourceKeys(parsing: bytes)) } catch {
                throw .badKeyFile(path, error)
            }
            digests.append(SHA256Digest(hashing: bytes).hex)
        }
        return (keys, digests.joined(separator: " "))
    }
}
