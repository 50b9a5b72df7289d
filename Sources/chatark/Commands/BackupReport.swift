import ChatArchive
import ChatImport
import JSON
import ResticRepository

/// What a backup did.
struct BackupResult {
    /// Nil when nothing had changed and nothing was read.
    var account: BackupAccount?
    var files = SourceCounts()
    var unreadable: [String] = []
    /// Sources that could not be read, beside others that could, and snapshots that could not be continued.
    var passedOver: [String] = []
    var changed: [String] = []
    /// Sources in which nothing has changed, and that were not read.
    var unchanged: [String] = []
    /// Databases that the last backup had, and that were not there this time.
    var lacking: [String] = []
    var notes: [String] = []
    /// What is said also when little is to be said.
    var warnings: [String] = []
    var written = WriteSummaryTotal()
    var snapshot: SnapshotID?
    /// Seconds.
    var duration: Double = 0

    /// What all writers of a backup stored.
    struct WriteSummaryTotal {
        var dataBlobs = 0
        var treeBlobs = 0
        var bytesAdded = 0
        var bytesPacked = 0
    }

    /// Whether something could not be read.
    var isPartial: Bool {
        [unreadable, passedOver, changed, lacking].contains { !$0.isEmpty } || skippedUnread > 0 || losses > 0
            || account?.monthsLost ?? 0 > 0
    }
    /// Databases, logs and exports of which a part could not be read.
    private(set) var losses = 0
    /// Exports among them.
    private(set) var exportLosses = 0
    /// Of which files the times were read by the clock of which zone.
    private(set) var assumedZones: [String: [String]] = [:]

    /// Keeps what an importer says beside its messages.
    mutating func add(_ note: ImportNote) {
        if case .zoneAssumed(let paths, let zone) = note { return assumedZones[zone, default: []] += paths }
        if note.isWarning { warnings.append(note.description) } else { notes.append(note.description) }
        if note.tellsOfLoss { losses += 1 }
        switch note {
        case .exportNotRead, .unknownHeads: exportLosses += 1
        default: break
        }
    }

    /// Rows skipped that might have told something.
    private(set) var skippedUnread = 0

    /// Keeps where skipped rows stand, of the first ones.
    mutating func note(skipped row: SkippedRow) {
        guard !row.reason.isHarmless else { return }
        skippedUnread += 1
        guard notes.count < 1000 else { return }
        notes.append("Skipped in '\(row.path)', \(row.place): \(row.reason.rawValue)")
    }

    mutating func add(_ summary: WriteSummary) {
        written.dataBlobs += summary.dataBlobs
        written.treeBlobs += summary.treeBlobs
        written.bytesAdded += summary.bytesAdded
        written.bytesPacked += summary.bytesPacked
    }

    /// What the snapshot keeps of it, as restic's do.
    func summary(from start: GoTime) -> SnapshotSummary {
        var summary = SnapshotSummary(backupStart: start, backupEnd: .now())
        summary.filesNew = files.filesNew
        summary.filesChanged = files.filesChanged
        summary.filesUnmodified = files.filesUnmodified
        summary.dirsNew = files.dirsNew
        summary.dirsChanged = files.dirsChanged
        summary.dirsUnmodified = files.dirsUnmodified
        summary.dataBlobs = UInt64(written.dataBlobs)
        summary.treeBlobs = UInt64(written.treeBlobs)
        summary.dataAdded = UInt64(written.bytesAdded)
        summary.dataAddedPacked = UInt64(written.bytesPacked)
        summary.totalFilesProcessed = files.files
        summary.totalBytesProcessed = files.bytes
        return summary
    }
}

/// Says what a backup did: the account of its rows above all.
struct BackupReport {
    let result: BackupResult
    let options: RepositoryOptions

    func print() {
        printNotes()
        if options.json { return printJSON() }
        if options.quiet { return }
        if let account = result.account {
            printAccount(account)
            if !result.unchanged.isEmpty {
                Output.line("          \(Words.count(result.unchanged.count, "path")) unchanged; not read again")
            }
        } else {
            Output.line("Nothing has changed since the last backup; no content was read.")
        }
        let files = result.files
        if files.files > 0 {
            Output.line(
                "Files:    \(Words.count(files.filesNew)) new, \(Words.count(files.filesChanged)) changed, "
                    + "\(Words.count(files.filesUnmodified)) unmodified, \(Words.bytes(files.bytes))")
            if files.filesRemoved > 0 {
                Output.line(
                    "          \(Words.count(files.filesRemoved, "file")) no longer at the source; earlier snapshots have them, "
                        + "and the archive the messages' own")
            }
        }
        Output.line(
            "Stored:   \(Words.bytes(result.written.bytesPacked)) in the repository (\(Words.bytes(result.written.bytesAdded)) before compression)"
        )
        if let snapshot = result.snapshot { Output.line("Snapshot \(snapshot.short) saved.") }
    }

    /// What could not be read, and what the user should know.
    func printNotes() {
        note(result.passedOver)
        note(result.unreadable.map { "Could not read \($0)" })
        if let lost = result.account?.monthsLost, lost > 0 {
            note([
                "\(Words.count(lost, "month")) of earlier backups cannot be read in the repository. What the sources still have of "
                    + "them is stored anew; 'chatark check' tells what is damaged."
            ])
        }
        note(
            result.lacking.map {
                "'\($0)' was there at the last backup and is not now. What it held stays, and is not taken for deleted."
            })
        note(result.changed.map { "'\($0)' changed during the backup; back it up again." })
        note(result.warnings)
        if options.verbose || !options.quiet { note(zoneLines + result.notes) }
    }

    /// A line for each zone, not one for each file.
    private var zoneLines: [String] {
        result.assumedZones.sorted { $0.key < $1.key }.map { (zone, paths) in
            ImportNote.zoneAssumed(paths: paths, zone: zone).description
        }
    }

    /// The first of many lines, all of them for those who want more.
    private func note(_ lines: [String]) {
        let limit = options.verbose ? lines.count : 20
        for line in lines.prefix(limit) { Output.note(Table.printable(line)) }
        if lines.count > limit {
            Output.note("… and \(Words.count(lines.count - limit)) more; '--verbose' shows them.")
        }
    }

    /// rows read = stored + already archived + duplicates + skipped.
    private func printAccount(_ account: BackupAccount) {
        Output.line(
            "Messages: \(Words.count(account.rowsRead)) read = \(Words.count(account.stored)) stored + "
                + "\(Words.count(account.alreadyArchived)) already archived + \(Words.count(account.duplicates)) "
                + "\(account.duplicates == 1 ? "duplicate" : "duplicates") + \(Words.count(account.skippedTotal)) skipped"
        )
        Self.print(account.skipped) { "\(Words.count($0)) skipped" }
        if account.edited > 0 {
            Output.line("          \(Words.count(account.edited, "message")) edited since; the earlier wording stays")
        }
        if account.nowGone > 0 {
            Output.line("          \(Words.count(account.nowGone, "message")) no longer at the source; kept and marked")
        }
        if account.cameBack > 0 { Output.line("          \(Words.count(account.cameBack, "message")) back again") }
        // What earlier backups have of them stays, so they are not missing in the archive.
        Self.print(account.attachmentsMissing) { "\(Words.count($0, "attachment")) not at the source" }
        if result.losses > 0 {
            let many =
                result.losses == 1
                ? "1 database or export" : "\(Words.count(result.losses)) databases, exports or parts of them"
            Output.line("          \(many) could not be read whole; messages may be missing")
        }
    }

    /// A line for each reason.
    static func print(_ counts: [String: Int], _ words: (Int) -> String) {
        for (reason, count) in counts.sorted(by: { $0.key < $1.key }) {
            Output.line("          \(words(count)): \(reason)")
        }
    }

    private func printJSON() {
        Output.json { json in
            json.beginObject()
            json.key("message_type")
            json.string("summary")
            let account = result.account ?? BackupAccount()
            let numbers: [(StaticString, Int)] = [
                ("messages_read", account.rowsRead), ("messages_stored", account.stored),
                ("messages_archived", account.alreadyArchived),
                ("messages_duplicate", account.duplicates), ("messages_skipped", account.skippedTotal),
                ("messages_edited", account.edited),
                ("messages_gone", account.nowGone), ("messages_back", account.cameBack),
                ("files_new", Int(result.files.filesNew)),
                ("files_changed", Int(result.files.filesChanged)),
                ("files_unmodified", Int(result.files.filesUnmodified)),
                ("data_blobs", result.written.dataBlobs), ("tree_blobs", result.written.treeBlobs),
                ("data_added", result.written.bytesAdded),
                ("data_added_packed", result.written.bytesPacked), ("total_files_processed", Int(result.files.files)),
                ("total_bytes_processed", Int(result.files.bytes)), ("files_unreadable", result.unreadable.count),
                ("databases_damaged", result.losses - result.exportLosses), ("exports_damaged", result.exportLosses),
                ("databases_lacking", result.lacking.count),
                ("files_removed", Int(result.files.filesRemoved)), ("sources_unchanged", result.unchanged.count),
            ]
            for (name, value) in numbers {
                json.key(name)
                json.int(value)
            }
            Self.write(account.skipped, as: "skipped", &json)
            Self.write(account.attachmentsMissing, as: "attachments_missing", &json)
            json.key("total_duration")
            json.double(result.duration)
            if let snapshot = result.snapshot {
                json.key("snapshot_id")
                json.string(snapshot.hex)
            }
            json.endObject()
        }
    }

    static func write(_ counts: [String: Int], as name: StaticString, _ json: inout JSONWriter) {
        json.key(name)
        json.beginObject()
        for (reason, count) in counts.sorted(by: { $0.key < $1.key }) {
            json.key(reason)
            json.int(count)
        }
        json.endObject()
    }
}
