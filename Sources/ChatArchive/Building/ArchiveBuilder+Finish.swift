public import ChatModel
import JSON
public import ResticRepository
import Storage

extension ArchiveBuilder {
    /// Merges, stores and describes everything.
    ///
    /// - Parameters:
    ///   - attachments: gives the content of the sources' files.
    ///   - writer: gets segments and trees; the caller finishes it.
    ///   - time: of the snapshot that is being made.
    ///   - lastRead: when each source was read the time before, by an earlier snapshot; the manifest's time when absent.
    public mutating func finish(
        attachments: some AttachmentProvider, into writer: RepositoryWriter, _ repository: Repository,
        at time: Timestamp, lastRead: [ArchiveSource: Timestamp]
    ) throws(ArchiveError) -> Outcome {
        buckets.finishFilling()
        let chunker = try Archive.read { () throws(RepositoryError) in try repository.makeChunker() }
        var work = ArchiveWork(
            attachments: AttachmentStore(
                provider: attachments, media: try MediaFolder(repository: repository, archives: heads.map(\.archive)),
                writer: writer, chunker: chunker),
            writer: writer, chunker: chunker,
            lastSeen: zip(sources, readings).map { source, reading in lastRead[source] ?? reading.time })

        var folders = TreeBuilder(.init(modified: .epoch))
        var lists = TreeBuilder(.init(modified: .epoch))
        for position in conversations.indices {
            guard let (folder, list) = try finishConversation(at: position, &work) else { continue }
            folders.add(folder)
            lists.add(list)
        }
        for position in people.indices {
            guard let (avatar, source) = try avatars.avatar(of: people[position].person.id),
                let stored = try work.attachments.avatar(avatar, of: sources[source])
            else { continue }
            people[position].person.avatar = stored
        }
        // The readings tell which archive knows more; they stand still while nothing new comes.
        if work.changed { for source in given { readings[source] = readings[source].next(at: time) } }

        var root = TreeBuilder(.init(modified: .epoch))
        let manifest = ArchiveManifest(zone: zone.name, sources: sources, readings: readings)
        root.addFile(ArchiveLayout.manifest, try work.store(manifest.encoded()))
        root.addFile(ArchiveLayout.people, try work.store(lines(people) { $0.encode(into: &$1) }))
        root.addFile(ArchiveLayout.conversations, try work.store(lines(conversations) { $0.encode(into: &$1) }))
        let folderTree = try Archive.read { () throws(RepositoryError) in try folders.finish(writer) }
        root.addDirectory(ArchiveLayout.conversationFolders, folderTree)
        let listTree = try Archive.read { () throws(RepositoryError) in try lists.finish(writer) }
        root.addDirectory(ArchiveLayout.monthLists, listTree)
        if let media = try work.attachments.media.finish(writer) { root.addDirectory(ArchiveLayout.media, media) }

        account.attachmentsStored = work.attachments.stored
        account.attachmentsMissing = work.attachments.missing
        guard account.addsUp else { throw .accountDoesNotAddUp }
        let tree = try Archive.read { () throws(RepositoryError) in try root.finish(writer) }
        return Outcome(tree: tree, account: account)
    }

    /// Merges a conversation and gives the nodes of its folder and of the list of its months; nil when it has no messages at all.
    private mutating func finishConversation(
        at position: Int, _ work: inout ArchiveWork<some AttachmentProvider>
    ) throws(ArchiveError) -> (folder: Node, list: Node)? {
        let record = conversations[position]
        let keys = buckets.months(of: record.conversation.id)
        let zone = zone
        var earlier: [EarlierConversation] = []
        for head in heads { earlier.append(try head.conversation(record.conversation.id, in: zone)) }
        // Nothing given now, nothing given before by a source of today, and all archives have the same: it stays.
        let concernsUs = !keys.isEmpty || given.contains { record.sources.contains($0) }
        if !concernsUs, var node = Self.shared(earlier, by: \.node), var list = Self.shared(earlier, by: \.list),
            earlier.allSatisfy(\.earlier.keepsNumbers)
        {
            node.name = Array(record.folder.utf8)
            list.name = Array(ArchiveLayout.months(of: record.folder).utf8)
            return (node, list)
        }

        var months = Set(keys.map(\.month))
        for conversation in earlier { months.formUnion(conversation.months) }
        var folder = TreeBuilder(.init(modified: .epoch))
        var records: [MonthRecord] = []
        for month in months.sorted() {
            guard let month = try finishMonth(month, of: record.conversation.id, earlier, &work) else { continue }
            records.append(month)
            folder.add(month.node)
        }
        guard !records.isEmpty else { return nil }
        conversations[position].messages = records.reduce(0) { $0 + $1.messages }
        conversations[position].attachments = records.reduce(0) { $0 + $1.attachments }
        if let first = records.map(\.span.lowerBound).min(), let last = records.map(\.span.upperBound).max() {
            conversations[position].span = first...last
        }
        conversations[position].sources = Set(records.flatMap(\.given.keys)).sorted()
        let stored = try work.store(lines(records) { $0.encode(into: &$1) })
        var list = Node(
            name: Array(ArchiveLayout.months(of: record.folder).utf8), kind: .file, mode: FileMode(rawValue: 0o600),
            modified: .epoch)
        list.content = stored.blobs
        list.size = stored.size
        list.links = 1
        var node = Node(
            name: Array(record.folder.utf8), kind: .directory, mode: FileMode(unixMode: 0o040700), modified: .epoch)
        node.subtree = try Archive.read { () throws(RepositoryError) in try folder.finish(work.writer) }
        return (node, list)
    }

    /// What all of several have, when they have the same.
    private static func shared<Value: Equatable>(
        _ earlier: [EarlierConversation], by value: (EarlierConversation) -> Value?
    ) -> Value? {
        guard let first = earlier.first.flatMap(value), earlier.dropFirst().allSatisfy({ value($0) == first }) else {
            return nil
        }
        return first
    }

    /// Merges a month; nil when it turns out to have no messages.
    private mutating func finishMonth(
        _ month: Month, of conversation: ConversationID, _ earlier: [EarlierConversation],
        _ work: inout ArchiveWork<some AttachmentProvider>
    ) throws(ArchiveError) -> MonthRecord? {
        var rows: [Int: [UInt8]] = [:]
        for source in given {
            let key = MonthBuckets.Key(source: source, conversation: conversation, month: month)
            guard buckets.rowCount(key) > 0 else { continue }
            var lines = try buckets.lines(key)
            if buckets.hasAttachments(key) { lines = try work.attachments.resolve(lines, of: sources[source]) }
            rows[source] = lines
        }
        let digests = rows.mapValues { String(SHA256Digest(hashing: $0).hex.prefix(16)) }
        let isShared =
            Self.shared(earlier) { $0.record(of: month) } != nil
            && earlier.allSatisfy(\.earlier.keepsNumbers)
        if isShared, let record = earlier[0].record(of: month),
            given.allSatisfy({ record.given[$0]?.digest == digests[$0] })
        {
            for source in given { countUnchanged(source, month, of: conversation, record) }
            return record
        }

        work.changed = true
        var (merge, givenNow) = try combine(isShared ? Array(earlier.prefix(1)) : earlier, month)
        for source in given {
            let repeats = merge.give(
                try MonthBuckets.rows(rows[source] ?? []), from: source, lastSeen: work.lastSeen[source])
            givenNow[source] = digests[source].map { MonthRecord.Given(digest: $0, duplicates: repeats) }
        }
        count(merge.counts)
        return try store(merge.lines, month, conversation, givenNow, &work)
    }

    /// What all earlier archives have of a month, and what their latest readings gave for it.
    private func combine(
        _ earlier: [EarlierConversation], _ month: Month
    ) throws(ArchiveError) -> (SegmentMerge, [Int: MonthRecord.Given]) {
        guard let first = earlier.first else { return (SegmentMerge(previous: []), [:]) }
        var merge = SegmentMerge(previous: try first.lines(of: month))
        var given = first.given(for: month)
        var times = sources.indices.map { first.earlier.readTime(of: $0) }
        for other in earlier.dropFirst() {
            let theirs = { (source: Int) in other.earlier.readTime(of: source) }
            let ours = { (source: Int) in
                times.indices.contains(source) ? times[source] : Timestamp(milliseconds: .min)
            }
            merge.merge(try other.lines(of: month), ours: ours, theirs: theirs)
            let givenThere = other.given(for: month)
            for source in times.indices where times[source] < theirs(source) {
                times[source] = theirs(source)
                given[source] = givenThere[source]
            }
        }
        return (merge, given)
    }

    private func store(
        _ lines: [MessageLine], _ month: Month, _ conversation: ConversationID, _ given: [Int: MonthRecord.Given],
        _ work: inout ArchiveWork<some AttachmentProvider>
    ) throws(ArchiveError) -> MonthRecord? {
        guard var first = lines.first?.message.time else { return nil }
        var writer = JSONWriter()
        InterchangeLine.conversation(Conversation(id: conversation, title: "", kind: .unknown, app: ""))
            .encode(into: &writer)
        var last = first
        var holders: Set<Int> = []
        for line in lines {
            line.encode(into: &writer)
            first = min(first, line.message.time)
            last = max(last, line.message.time)
            holders.formUnion(line.sources)
        }
        let content = try work.store(writer.bytes)
        // What a source gave in another zone's months has no digest here; the next reading is compared line by line.
        let unknown = MonthRecord.Given(digest: "", duplicates: 0)
        return MonthRecord(
            month: month, messages: lines.count, attachments: lines.reduce(0) { $0 + $1.message.attachments.count },
            span: first...last,
            given: Dictionary(uniqueKeysWithValues: holders.map { ($0, given[$0] ?? unknown) }),
            blobs: content.blobs, size: content.size)
    }

    // MARK: The account

    private mutating func count(_ counts: SegmentMerge.Counts) {
        account.stored += counts.stored
        account.alreadyArchived += counts.alreadyArchived
        account.duplicates += counts.duplicates
        account.edited += counts.edited
        account.nowGone += counts.nowGone
        account.cameBack += counts.cameBack
    }

    private mutating func countUnchanged(
        _ source: Int, _ month: Month, of conversation: ConversationID, _ record: MonthRecord
    ) {
        let rows = buckets.rowCount(MonthBuckets.Key(source: source, conversation: conversation, month: month))
        let duplicates = min(record.given[source]?.duplicates ?? 0, rows)
        account.duplicates += duplicates
        account.alreadyArchived += rows - duplicates
    }

    private func lines<Record>(_ records: [Record], _ encode: (Record, inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        for record in records { encode(record, &writer) }
        return writer.bytes
    }
}

/// What the steps of finishing share.
struct ArchiveWork<Provider: AttachmentProvider> {
    var attachments: AttachmentStore<Provider>
    let writer: RepositoryWriter
    let chunker: Chunker
    /// When each source was last read before this backup.
    let lastSeen: [Timestamp]
    /// Whether any month has changed.
    var changed = false

    init(
        attachments: AttachmentStore<Provider>, writer: RepositoryWriter, chunker: Chunker, lastSeen: [Timestamp]
    ) {
        self.attachments = attachments
        self.writer = writer
        self.chunker = chunker
        self.lastSeen = lastSeen
    }

    /// Stores a file of the archive.
    func store(_ bytes: [UInt8]) throws(ArchiveError) -> FileContent {
        do throws(RepositoryError) {
            var content = FileContentWriter(writer, chunker: chunker, group: .records)
            try content.append(bytes)
            return try content.finish()
        } catch { throw .repository(error) }
    }
}
