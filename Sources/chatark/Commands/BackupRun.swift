import ChatArchive
import ChatImport
import ChatModel
import ResticRepository
import Storage

/// One backup: what it works on, and its steps in the order in which `Backup` takes them.
final class BackupRun {
    let repository: Repository
    /// By whose clock wall times without a zone are read.
    private(set) var zone: Zone
    let progress = BackupProgress()
    private let sources: BackupSources
    private let about: SourceOptions
    private let keys: SourceKeys
    private let time: GoTime
    /// One for all steps, so that one index file tells of everything.
    private let writer: RepositoryWriter
    private let started = GoTime.now()
    private var beforeMessages = GoTime.now()
    private let host: String
    /// A digest of the files with keys.
    private let keyFingerprint: String
    private var result = BackupResult()

    init(repository: Repository, sources: BackupSources, about: SourceOptions, zone: Zone, time: GoTime) throws {
        self.repository = repository
        writer = try repository.makeWriter()
        self.sources = sources
        self.about = about
        (keys, keyFingerprint) = try about.keys()
        self.zone = zone
        self.time = time
        host = about.host ?? Maker.current.hostname
        result.notes = sources.notes
        result.passedOver = sources.damaged
    }

    // MARK: Before

    /// The last snapshot of these paths of this host.
    struct Previous {
        let id: SnapshotID
        let original: TreeID
        let summary: SnapshotSummary?
    }

    /// The newest snapshot of the same host and paths that chatark wrote, of those whose beginning can be read.
    func previous(in snapshots: [StoredSnapshot]) throws -> Previous? {
        for stored in snapshots.reversed()
        where stored.snapshot.hostname == host && stored.snapshot.paths == sources.paths {
            let layout: SnapshotLayout?
            do throws(RepositoryError) {
                layout = try SnapshotLayout(of: stored.snapshot.tree, in: repository)
            } catch {
                guard error.concernsContent else { throw error }
                continue
            }
            guard let original = layout?.original else { continue }
            return Previous(id: stored.id, original: original, summary: stored.snapshot.summary)
        }
        return nil
    }

    /// Takes over what a backup has stored that did not come to its end. Its lock is what tells of it, and stays until it is
    /// surely nobody's, or 'unlock' removes it.
    func resume(_ lock: RepositoryLock) throws {
        writer.guardIndex { () throws(RepositoryError) in try lock.check() }
        repository.store.removeLeftovers()
        guard !lock.leftBehind.isEmpty else { return }
        _ = try writer.takeLeftPacks()
        for left in lock.leftBehind where left.isForgotten { try repository.removeLock(left.id) }
    }

    /// Wall times are read by the clock of the archive, unless the user says by which: a computer that travels must not move
    /// the history.
    func keepZone(of archive: Archive?) throws {
        guard about.tz == nil, let archive else { return }
        let kept = try archive.zone()
        if kept.name != zone.name, sources.all.contains(where: { $0.formats.contains(.whatsapp) }) {
            result.notes.append(
                "Times in exports without a zone are taken as times of \(kept.name), as in the backups before; '--tz' says otherwise."
            )
        }
        zone = kept
    }

    /// For a backup that ends early: tells the next one of what is stored, so that it is not stored again. When the store does
    /// not let that happen in time, the lock stays and tells of it.
    func keepingStored(_ lock: RepositoryLock) -> @Sendable () -> Void {
        { [writer] in if !writer.keepStored(within: .seconds(10)) { lock.leave() } }
    }

    /// The archives that this backup continues. Those that are damaged are passed over and told of: what the sources still have of
    /// them is stored anew.
    func heads(in snapshots: [StoredSnapshot], _ lock: RepositoryLock) throws -> [Archive] {
        var (candidates, damaged) = try ArchiveHeads.candidates(in: snapshots, of: repository)
        if !damaged.isEmpty {
            // A prune may have been ending while the lock settled.
            try settle(lock)
            (candidates, damaged) = try ArchiveHeads.candidates(in: snapshots, of: repository)
        }
        for id in damaged {
            result.passedOver.append(
                "Snapshot \(id.short) is damaged, and this backup continues one before it. 'chatark check' tells what is damaged; "
                    + "'restic forget \(id.short)' removes it.")
        }
        return ArchiveHeads.heads(of: candidates)
    }

    /// Says that a snapshot is dated later than this one: it is taken for the newest.
    func noteLaterSnapshot(_ snapshots: [StoredSnapshot]) {
        guard let last = snapshots.map({ ($0.snapshot.time, $0.id) }).max(by: { $0.0 < $1.0 }), time < last.0 else {
            return
        }
        let meaning =
            last.0 > .now()
            ? "restic's 'latest' and '--keep-last' mean that one" : "'latest' goes on showing that one"
        result.warnings.append(
            "Snapshot \(last.1.short) is dated later than this backup, so that \(meaning). If its date is wrong, 'restic forget "
                + "\(last.1.short)' removes it; its messages stay in this backup.")
    }

    /// Finds the sources that need not be read: no file of theirs has changed, told by sizes, times and inodes, and their last
    /// reading left nothing out and depended on the same. None when the repository has lost some of what they gave. Returns whether
    /// none has to be.
    func findUnchanged(since previous: Previous, _ archive: Archive) throws -> Bool {
        progress.phase = .comparing
        guard result.passedOver.isEmpty else { return false }
        let same = try SourceBackup.areUnchanged(
            sources.paths, since: previous.original, in: repository, options: fileOptions)
        for (source, isSame) in zip(sources.all, same) {
            let reading = archive.manifest.reading(of: archiveSource(source))
            let isReadAlike = reading.isWhole && reading.settings == settings(of: source)
            if isSame, isReadAlike { result.unchanged.append(source.path) }
        }
        if !result.unchanged.isEmpty, try !archive.isHeld() { result.unchanged = [] }
        guard result.unchanged.count == sources.all.count else { return false }
        result.files.filesUnmodified = previous.summary?.totalFilesProcessed ?? 0
        result.files.bytes = previous.summary?.totalBytesProcessed ?? 0
        return true
    }

    /// Waits until the lock is held. Nothing may be stored before.
    func settle(_ lock: RepositoryLock) throws {
        try lock.settle()
        // What a listed snapshot needs was indexed before it was listed; but a prune that was about to end when the lock was
        // written may have taken index files that were read meanwhile.
        try repository.loadSoundIndex()
    }

    /// When each source was read last, by what the snapshots say.
    func readTimes(in snapshots: [StoredSnapshot]) -> [ArchiveSource: Timestamp] {
        var times: [ArchiveSource: Timestamp] = [:]
        for stored in snapshots where stored.isOfChats {
            let (snapshot, time) = (stored.snapshot, stored.moment)
            for path in snapshot.paths { times[ArchiveSource(host: snapshot.hostname, path: path)] = time }
        }
        // A source with a name of its own was backed up from a path.
        for source in sources.all {
            if let time = times[ArchiveSource(host: host, path: source.path)] { times[archiveSource(source)] = time }
        }
        return times
    }

    // MARK: The steps

    /// Reads every message of every source that has changed; the lock may settle meanwhile.
    func readMessages(into builder: inout ArchiveBuilder, _ lock: RepositoryLock) throws {
        beforeMessages = .lastFileTime()
        let changed = sources.all.filter { !result.unchanged.contains($0.path) }
        var failures = 0
        for source in changed {
            builder.begin(archiveSource(source), settings: settings(of: source))
            do {
                try read(source, into: &builder, lock)
            } catch let error as ImportError where sources.all.count > 1 {
                // One that is damaged must not keep the others from being saved, night after night.
                failures += 1
                if case .stopped = error { throw error }
                guard failures < sources.all.count else { throw error }
                result.passedOver.append("'\(source.path)' was not read to its end. \(error)")
                builder.noteLoss()
            }
        }
        try builder.endRows()
    }

    /// Stores the sources' own files, those that have changed. What changed since the messages were read may have more of them:
    /// the next backup reads it again.
    func storeOriginals(parent: TreeID?, _ builder: inout ArchiveBuilder) throws -> BackedUpTree {
        progress.phase = .storing
        var fileOptions = fileOptions
        fileOptions.changedAfter = beforeMessages
        fileOptions.watches = { isMessageDatabase(name: $0) }
        let backup = try SourceBackup(repository: repository, writer: writer, options: fileOptions) { file in
            isDatabase(name: file.name, head: file.head) ? .database(ofSize: file.size) : .contentDefined
        }
        let original = try backup.backUp(sources.paths, parent: parent, progress: progress.files)
        result.files = original.counts
        result.unreadable = original.unreadable.map { "'\(String(decoding: $0.path, as: UTF8.self))': \($0.reason)" }
        result.changed = original.changedWhileReading.map { String(decoding: $0, as: UTF8.self) }
        if let link = original.links.first {
            result.warnings.append(
                "\(Words.count(original.links.count, "symbolic link")) of the sources (the first is '\(String(decoding: link, as: UTF8.self))') "
                    + "\(original.links.count == 1 ? "is" : "are") stored as such: the files that they lead to are not in original/. Put the "
                    + "files in their stead, or name their folder as a PATH.")
        }
        if !result.unreadable.isEmpty || !result.changed.isEmpty { builder.noteChange() }
        if let parent {
            let (now, before) = (original.contents(in: repository, writer), SourceContents(repository, tree: parent))
            try noteLateChanges(now, since: before, &builder)
            try noteLacking(original, now, since: before, &builder)
        }
        return original
    }

    /// Finds the sources that were not read, as nothing in them had changed, and in which something has changed since.
    private func noteLateChanges(
        _ now: SourceContents, since before: SourceContents, _ builder: inout ArchiveBuilder
    ) throws {
        for (source, name) in zip(sources.all, SourceBackup.names(of: sources.paths))
        where result.unchanged.contains(source.path) {
            let name = String(decoding: name, as: UTF8.self)
            if let node = try now.node(at: name), node == (try before.node(at: name)) { continue }
            builder.noteUnread(archiveSource(source))
            if !result.changed.contains(where: { $0.hasPrefix(source.path) }) { result.changed.append(source.path) }
        }
    }

    /// Finds the databases that a source had at the last backup, or lacked then already, and lacks now. A log is lacked while
    /// its database is as it was: what was in the log would else have gone there.
    private func noteLacking(
        _ original: BackedUpTree, _ now: SourceContents, since before: SourceContents, _ builder: inout ArchiveBuilder
    ) throws {
        for (source, name) in zip(sources.all, original.names) {
            guard let name = name.map({ String(decoding: $0, as: UTF8.self) + "/" }) else { continue }
            let removed = original.removed.filter { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
            let known = builder.lacking(in: archiveSource(source))
            let lacking = try Set(removed + known).filter { path in
                guard try now.node(at: name + path) == nil else { return false }
                guard path.hasSuffix("-wal") else { return true }
                let database = name + path.dropLast("-wal".count)
                return try now.node(at: database)?.content == before.node(at: database)?.content
            }
            builder.noteLacking(lacking.sorted(), in: archiveSource(source))
            result.lacking += lacking.subtracting(known).sorted().map { "\(source.path)/\($0)" }
            for path in lacking.intersection(known).sorted() {
                result.notes.append(
                    "'\(source.path)/\(path)' is still not there; what it held is not taken for deleted.")
            }
        }
    }

    /// Merges the messages with the archive and stores what is new.
    func storeArchive(
        _ builder: inout ArchiveBuilder, _ original: BackedUpTree, lastRead: [ArchiveSource: Timestamp]
    ) throws -> ArchiveBuilder.Outcome {
        progress.phase = .archiving
        var places: [ArchiveSource: OriginalFiles.Place] = [:]
        for (source, name) in zip(sources.all, original.names) {
            places[archiveSource(source)] = .init(
                source: source, stored: name.map { String(decoding: $0, as: UTF8.self) })
        }
        let archives = builder.continued
        let contents = original.contents(in: repository, writer) {
            archives.reduce(into: [:]) { $0.merge($1.digestsOfLargeMedia()) { first, _ in first } }
        }
        let files = OriginalFiles(contents: contents, places: places)
        let moment = Timestamp(milliseconds: time.seconds * 1000 + Int64(time.nanoseconds) / 1_000_000)
        let outcome = try builder.finish(attachments: files, into: writer, repository, at: moment, lastRead: lastRead)
        result.account = outcome.account
        noteOtherPath(outcome.account, builder)
        return outcome
    }

    /// Says how a source that seems to be another one's next export can be known as that.
    private func noteOtherPath(_ account: BackupAccount, _ builder: ArchiveBuilder) {
        guard let source = sources.all.first, sources.all.count == 1, about.sourceName == nil,
            account.alreadyArchived > account.stored,
            builder.continued.allSatisfy({ $0.manifest.reading(of: archiveSource(source)) == .never })
        else { return }
        result.notes.append(
            "'\(source.path)' is new, and most of its messages were known from another path. If it is a newer export of the same chats, "
                + "give both one name with '--source-name NAME': then less is stored, and what was deleted there is marked."
        )
    }

    /// Stores the root of both trees, and the snapshot that makes them findable; those that came since `snapshots` were listed
    /// are told of.
    func saveSnapshot(
        original: TreeID, archive: TreeID, parent: Previous?, since snapshots: [StoredSnapshot], _ lock: RepositoryLock
    ) throws -> BackupResult {
        var root = TreeBuilder(.init(modified: .epoch))
        root.addDirectory("archive", archive)
        root.addDirectory("original", original)
        let tree = try root.finish(writer, group: .head)
        result.add(try writer.finish())
        try lock.check()
        let now = GoTime.now()
        result.duration = Double(now.seconds - started.seconds) + Double(now.nanoseconds - started.nanoseconds) / 1e9
        let snapshot = Snapshot(
            time: time, parent: parent?.id, tree: tree, paths: sources.paths, hostname: host,
            username: Maker.current.username, uid: Maker.current.uid, gid: Maker.current.gid,
            tags: about.tag.flatMap { $0.split(separator: ",").map(String.init) }, programVersion: Version.text,
            summary: result.summary(from: started))
        let saved = try repository.saveSnapshot(snapshot, since: snapshots)
        result.snapshot = saved.id
        for other in saved.others where other.isOfChats {
            result.warnings.append(
                "Another backup ended while this one ran (snapshot \(other.id.short)), and each lacks what the other brought. The next "
                    + "backup joins both; do it soon, as 'latest' shows one of them until then.")
        }
        return result
    }

    // MARK: Parts of steps

    private func read(
        _ source: BackupSources.Source, into builder: inout ArchiveBuilder, _ lock: RepositoryLock
    ) throws {
        let options = ImportOptions(
            assumedZone: zone, ownName: about.ownName,
            knownConversations: builder.conversations(of: archiveSource(source)), keys: keys)
        try readSourceAhead(at: source.path, as: source.formats, options: options) { event in
            switch event {
            case .person(let person): try builder.add(person)
            case .conversation(let conversation): builder.add(conversation)
            case .message(let message, let conversation): try builder.add(message, to: conversation)
            case .export: builder.beginExport()
            case .skipped(let row):
                builder.skip(reason: row.reason.rawValue, isHarmless: row.reason.isHarmless)
                result.note(skipped: row)
            case .note(let note):
                result.add(note)
                if note.tellsOfLoss { builder.noteLoss() }
            }
            if builder.rowsRead & 255 == 0 {
                progress.phase = .reading(rows: builder.rowsRead)
                try lock.throwIfRefused()
            }
        }
    }

    /// A digest of what the reading of a source's messages depends on beside the source.
    private func settings(of source: BackupSources.Source) -> String {
        let keys = source.formats.contains(.wechat) ? keyFingerprint : ""
        let said = [Version.text, zone.name, about.ownName ?? "", keys] + source.formats.map(\.rawValue)
        return String(SHA256Digest(hashing: Array(said.joined(separator: "\0").utf8)).hex.prefix(16))
    }

    private func archiveSource(_ source: BackupSources.Source) -> ArchiveSource {
        ArchiveSource(host: host, path: about.sourceName ?? source.path)
    }

    /// A repository that lies inside of a source does not swallow itself.
    private var fileOptions: SourceBackup.Options {
        var options = SourceBackup.Options()
        if let repository = FileIdentity(path: repository.store.location) { options.excludedDirectories = [repository] }
        return options
    }
}
