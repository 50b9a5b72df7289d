import ArgumentParser
import ChatArchive
import ChatModel
import ResticRepository

/// Writes stored files back.
struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write original files, or a choice of conversations, into a folder.",
        discussion: """
            Restores the original exports byte for byte, with their times and modes. With '--conversation', '--since' or '--until' it \
            writes messages and media as files and transcripts instead, as the mount shows them, with an account of what they are \
            (ABOUT.txt) and the digests of all files (SHA256SUMS). Nothing is ever written outside of the target; files that are there \
            already are replaced; with '--keep-existing' they are left, and of a choice of conversations compared.

            Examples:
              chatark restore latest --target ~/restored
              chatark restore --at 2021-09-04 --target ~/restored --include '*.jpg'
              chatark restore latest --target ~/for-the-lawyer --conversation 张伟 --since 2021-01-01 --until 2021-06-30
            """)

    @OptionGroup var options: RepositoryOptions

    @Argument(help: "The snapshot: an id, the start of one, or 'latest' (default).")
    var snapshot: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The folder to write into; made if it is not there.", valueName: "folder"),
        completion: .directory)
    var target: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Only paths that match this pattern; may be repeated.", valueName: "pattern"))
    var include: [String] = []

    @Option(help: ArgumentHelp("Only this conversation, by its folder or title; may be repeated.", valueName: "name"))
    var conversation: [String] = []

    @Option(help: ArgumentHelp("Only messages of this date or later.", valueName: "date"))
    var since: String?

    @Option(help: ArgumentHelp("Only messages of this date or earlier.", valueName: "date"))
    var until: String?

    @Option(help: ArgumentHelp("From the newest snapshot that is not later than this date.", valueName: "date"))
    var at: String?

    @Option(help: ArgumentHelp("The zone of all times (default: this machine's).", valueName: "zone"))
    var tz: String?

    @Flag(help: "Restore everything that is stored: the originals and the archive.")
    var everything = false

    @Flag(help: "Leave files that are there already as they are.")
    var keepExisting = false

    @Flag(help: "Read every file back after writing it and compare.")
    var verify = false

    func run() throws {
        let zone = try Dates.zone(tz)
        let choice = try SnapshotChoice(id: snapshot, at: at)
        let span = try DateSpan(since: since, until: until, zone: zone)
        let choosesMessages = !conversation.isEmpty || !span.isUnlimited
        if !include.isEmpty || everything, choosesMessages { throw CommandError.patternAmongConversations }
        var restoreOptions = RestoreOptions()
        restoreOptions.existing = keepExisting ? .keep : .replace
        restoreOptions.verifies = verify
        for text in include {
            guard let pattern = PathPattern(text) else { throw CommandError.badPattern(text) }
            restoreOptions.include.append(pattern)
        }
        if try options.location().contains(target) { throw CommandError.targetInRepository(target) }
        try options.withReadableRepository { repository in
            let stored = try choice.find(in: repository, zone: zone, ofChats: choosesMessages)
            try repository.loadSoundIndex()
            if choosesMessages {
                try restoreConversations(repository, stored, span, zone)
            } else {
                try restoreFiles(repository, stored, restoreOptions)
                if !everything, case .id("latest") = choice { try noteOtherOriginals(repository, stored) }
            }
        }
    }

    // MARK: Files

    private func restoreFiles(_ repository: Repository, _ stored: StoredSnapshot, _ restoreOptions: RestoreOptions)
        throws
    {
        let original = try SnapshotLayout(of: stored.snapshot.tree, in: repository)?.original
        var restoreOptions = restoreOptions
        if !everything, let original {
            // As a mount and 'ls' show it, unless a source is called so.
            let isAmbiguous = try repository.tree(original).node(named: Array("original".utf8)) != nil
            restoreOptions.include = include.compactMap { text in
                let isShown = text.hasPrefix("/original/") && !isAmbiguous
                return PathPattern(isShown ? String(text.dropFirst("/original".count)) : text)
            }
        }
        let progress = RestoreProgress()
        let whole = stored.snapshot.summary?.totalBytesProcessed
        let outcome = try Progress.showing(!options.quiet && !options.json) {
            let counts = progress.counts
            return Progress.Reading(
                words: "restoring: \(Words.count(counts.files, "file")), \(Words.bytes(counts.bytes))",
                bytes: whole.map { (counts.bytes, $0) })
        } _: {
            try Restorer(repository, options: restoreOptions)
                .restore(
                    everything ? stored.snapshot.tree : original ?? stored.snapshot.tree, to: target, progress: progress
                )
        }
        if case .system(let fault)? = outcome.failures.first(where: \.path.isEmpty)?.reason, outcome.counts.files == 0 {
            throw CommandError.cannotWrite(target, FileFault(errno: fault.code))
        }
        for failure in outcome.failures.prefix(options.verbose ? .max : 20) {
            let path = failure.path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
            Output.note("'\(Table.printable(path.isEmpty ? target : path))' \(failure.reason)")
        }
        if outcome.failures.count > 20, !options.verbose {
            Output.note("… and \(outcome.failures.count - 20) more; '--verbose' shows them.")
        }
        let done = outcome.counts.files + outcome.counts.kept
        let files = stored.snapshot.summary?.totalFilesProcessed ?? 0
        if outcome.isTargetFull {
            let left = include.isEmpty && !everything && files > done ? Words.count(files - done, "file") : "The rest"
            Output.note("The target is full: \(left) could not be written.")
        }
        report(files: outcome.counts.files, bytes: outcome.counts.bytes, failures: outcome.failures.count, from: stored)
        if !outcome.failures.isEmpty { throw CommandError.partial }
        let counts = outcome.counts
        if !include.isEmpty, counts.files + counts.directories + counts.others + counts.kept == 0 {
            throw CommandError.nothingMatches(snapshot: stored.id.short)
        }
    }

    /// Says where the originals of other sources are: a snapshot has those of its own paths alone.
    private func noteOtherOriginals(_ repository: Repository, _ restored: StoredSnapshot) throws {
        guard !options.quiet else { return }
        var seen: Set<[String]> = [[restored.snapshot.hostname] + restored.snapshot.paths]
        for stored in try repository.snapshots().reversed() where stored.isOfChats {
            guard seen.insert([stored.snapshot.hostname] + stored.snapshot.paths).inserted else { continue }
            Output.note(
                Table.printable(
                    "The originals of \(stored.snapshot.paths.joined(separator: ", ")) (\(stored.snapshot.hostname)) are in "
                        + "snapshot \(stored.id.short)."))
        }
    }

    func report(files: UInt64, bytes: UInt64, failures: Int, from stored: StoredSnapshot) {
        if options.json {
            Output.json { json in
                json.beginObject()
                json.key("message_type")
                json.string("summary")
                json.key("snapshot_id")
                json.string(stored.id.hex)
                json.key("files_restored")
                json.int(files)
                json.key("bytes_restored")
                json.int(bytes)
                json.key("errors")
                json.int(failures)
                json.endObject()
            }
        } else if !options.quiet {
            Output.line(
                "Restored \(Words.count(files, "file")), \(Words.bytes(bytes)), from snapshot \(stored.id.short) to \(target)."
            )
        }
    }
}

/// From one date to another, both included; open where none is given.
struct DateSpan {
    let start: Timestamp?
    let end: Timestamp?

    init(since: String?, until: String?, zone: Zone) throws(CommandError) {
        start = if let since { try Dates.range(since, in: zone).lowerBound } else { nil }
        end = if let until { try Dates.range(until, in: zone).upperBound } else { nil }
        if let start, let end, start >= end { throw .datesReversed }
    }

    var isUnlimited: Bool { start == nil && end == nil }

    /// From its first moment to the one after its last.
    var moments: Range<Timestamp> {
        (start ?? Timestamp(milliseconds: .min))..<(end ?? Timestamp(milliseconds: .max))
    }

    /// Whether the time of a file lies in it.
    func contains(_ time: FileAttributes.Time) -> Bool {
        moments.contains(Timestamp(milliseconds: time.seconds * 1000 + Int64(time.nanoseconds / 1_000_000)))
    }

    /// Whether it has any of these moments.
    func overlaps(_ other: Range<Timestamp>) -> Bool { moments.overlaps(other) }
}
