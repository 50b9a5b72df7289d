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
                provider: attachments, media: try MediaFolder(repository: repository, archives: heads), writer: writer,
                chunker: chunker),
            writer: writer, chunker: chunker,
            headSources: heads.map { head in head.manifest.sources.compactMap { sources.firstIndex(of: $0) } })
        let previousTimes = readTimes
        work.lastSeen = sources.enumerated().map { index, source in lastRead[source] ?? previousTimes[index] }

        var folders = TreeBuilder(.init(modified: .epoch))
        for position in conversations.indices {
            if let node = try finishConversation(at: position, &work) { folders.add(node) }
        }
        // The times tell which archive read a source later; they stand still while nothing new comes.
        if work.changed { for source in given { readTimes[source] = time } }

        var root = TreeBuilder(.init(modified: .epoch))
        let manifest = ArchiveManifest(zone: zone.name, sources: sources, readTimes: readTimes)
        root.addFile(ArchiveLayout.manifest, try work.store(manifest.encoded()))
        root.addFile(ArchiveLayout.people, try work.store(lines(people) { $0.encode(into: &$1) }))
        root.addFile(ArchiveLayout.conversations, try work.store(lines(conversations) { $0.encode(into: &$1) }))
        do throws(RepositoryError) {
            root.addDirectory(ArchiveLayout.conversationFolders, try folders.finish(writer))
        } catch { throw .repository(error) }
        if let media = try work.attachments.media.finish(writer) { root.addDirectory(ArchiveLayout.media, media) }

        account.attachmentsStored = work.attachments.stored
        account.attachmentsMissing = work.attachments.missing
        guard account.addsUp else { throw .accountDoesNotAddUp }
        let tree = try Archive.read { () throws(RepositoryError) in try root.finish(writer) }
        return Outcome(tree: tree, account: account)
    }

    /// Merges a conversation and gives its folder's node; nil when it has no messages at all.
    private mutating func finishConversation(
        at position: Int, _ work: inout ArchiveWork<some AttachmentProvider>
    ) throws(ArchiveError) -> Node? {
        let record = conversations[position]
        let keys = buckets.months(of: record.conversation.id)
        var earlier: [EarlierConversation] = []
        for (index, head) in heads.enumerated() {
            guard let folder = headFolders[index][record.conversation.id] else { continue }
            earlier.append(try EarlierConversation(folder, in: head, sources: work.headSources[index]))
        }
        // Nothing given now, nothing given before by a source of today, and only one archive knows it: it stays as it is.
        let concernsUs = !keys.isEmpty || given.contains { record.sources.contains($0) }
        if !concernsUs, earlier.count == 1, let node = earlier[0].node, earlier[0].keepsNumbers { return node }

        var months = Set(keys.map(\.month))
        for conversation in earlier { months.formUnion(conversation.folder.months.map(\.month)) }
        guard !months.isEmpty else { return nil }
        var folder = TreeBuilder(.init(modified: .epoch))
        var records: [MonthRecord] = []
        for month in months.sorted() {
            let (month, node) = try finishMonth(month, of: record, earlier, &work)
            records.append(month)
            folder.add(node)
        }
        conversations[position].messages = records.reduce(0) { $0 + $1.messages }
        conversations[position].attachments = records.reduce(0) { $0 + $1.attachments }
        if let first = records.map(\.span.lowerBound).min(), let last = records.map(\.span.upperBound).max() {
            conversations[position].span = first...last
        }
        conversations[position].sources = Set(records.flatMap(\.given.keys)).sorted()
        folder.addFile(ArchiveLayout.months, try work.store(lines(records) { $0.encode(into: &$1) }))
        var node = Node(
            name: Array(record.folder.utf8), kind: .directory, mode: FileMode(unixMode: 0o040700), modified: .epoch)
        node.subtree = try Archive.read { () throws(RepositoryError) in try folder.finish(work.writer) }
        return node
    }

    private mutating func finishMonth(
        _ month: Month, of conversation: ConversationRecord, _ earlier: [EarlierConversation],
        _ work: inout ArchiveWork<some AttachmentProvider>
    ) throws(ArchiveError) -> (MonthRecord, Node) {
        var rows: [Int: [UInt8]] = [:]
        for source in given {
            let key = MonthBuckets.Key(source: source, conversation: conversation.conversation.id, month: month)
            guard buckets.rowCount(key) > 0 else { continue }
            var lines = try buckets.lines(key)
            if buckets.hasAttachments(key) { lines = try work.attachments.resolve(lines, of: sources[source]) }
            rows[source] = lines
        }
        let digests = rows.mapValues { String(SHA256Digest(hashing: $0).hex.prefix(16)) }
        let known = earlier.compactMap { conversation in
            conversation.folder.months.first { $0.month == month }.map { (conversation, $0) }
        }
        if known.count == 1, let (before, record) = known.first, before.keepsNumbers, let node = before.folder.node(of: month),
            given.allSatisfy({ record.given[$0]?.digest == digests[$0] })
        {
            for source in given { countUnchanged(source, month, of: conversation, record) }
            return (record, node)
        }

        work.changed = true
        var merge = SegmentMerge(previous: try known.first.map { (before, _) throws(ArchiveError) in try before.lines(of: month) } ?? [])
        var givenBefore = known.first.map { $0.0.renumbered($0.1.given) } ?? [:]
        for (other, record) in known.dropFirst() {
            let isNewer = { (source: Int) in other.readTime(of: source) > (known[0].0.readTime(of: source)) }
            merge.merge(try other.lines(of: month), isNewer: isNewer) { work.lastSeen[$0] }
            for (source, given) in other.renumbered(record.given) where isNewer(source) { givenBefore[source] = given }
        }
        for source in given {
            let before = merge.counts.duplicates
            merge.give(try MonthBuckets.rows(rows[source] ?? []), from: source, lastSeen: work.lastSeen[source])
            givenBefore[source] = digests[source].map {
                MonthRecord.Given(digest: $0, duplicates: merge.counts.duplicates - before)
            }
        }
        count(merge.counts)
        return try store(merge.lines, month, conversation, givenBefore, &work)
    }

    private func store(
        _ lines: [MessageLine], _ month: Month, _ conversation: ConversationRecord, _ given: [Int: MonthRecord.Given],
        _ work: inout ArchiveWork<some AttachmentProvider>
    ) throws(ArchiveError) -> (MonthRecord, Node) {
        var writer = JSONWriter()
        InterchangeLine.conversation(Conversation(id: conversation.conversation.id, title: "", kind: .unknown, app: ""))
            .encode(into: &writer)
        var first = lines[0].message.time
        var last = first
        for line in lines {
            line.encode(into: &writer)
            first = min(first, line.message.time)
            last = max(last, line.message.time)
        }
        let content = try work.store(writer.bytes)
        var node = Node(
            name: Array(ArchiveLayout.segment(month.description).utf8), kind: .file, mode: FileMode(rawValue: 0o600),
            modified: GoTime(seconds: last.seconds))
        node.content = content.blobs
        node.size = content.size
        node.links = 1
        let attachments = lines.reduce(0) { $0 + $1.message.attachments.count }
        let record = MonthRecord(
            month: month, messages: lines.count, attachments: attachments, span: first...last, given: given)
        return (record, node)
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
        _ source: Int, _ month: Month, of conversation: ConversationRecord, _ record: MonthRecord
    ) {
        let key = MonthBuckets.Key(source: source, conversation: conversation.conversation.id, month: month)
        let duplicates = record.given[source]?.duplicates ?? 0
        account.duplicates += duplicates
        account.alreadyArchived += buckets.rowCount(key) - duplicates
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
    /// For each head, our index of each of its sources.
    let headSources: [[Int]]
    /// When each source was last read before this backup.
    var lastSeen: [Timestamp] = []
    /// Whether any month has changed.
    var changed = false

    /// Stores a file of the archive.
    func store(_ bytes: [UInt8]) throws(ArchiveError) -> FileContent {
        do throws(RepositoryError) {
            var content = FileContentWriter(writer, chunker: chunker, group: .records)
            try content.append(bytes)
            return try content.finish()
        } catch { throw .repository(error) }
    }
}

/// A conversation as an earlier archive has it, its sources counted as the new one does.
struct EarlierConversation {
    let archive: Archive
    let folder: ConversationFolder
    /// The folder's node.
    let node: Node?
    private let sources: [Int]

    init(_ name: String, in archive: Archive, sources: [Int]) throws(ArchiveError) {
        self.archive = archive
        self.sources = sources
        folder = try archive.folder(named: name)
        node = try archive.conversationNode(name)
    }

    /// Whether its lines can be taken as they are.
    var keepsNumbers: Bool { sources == Array(sources.indices) }

    /// When the archive last read one of our sources.
    func readTime(of source: Int) -> Timestamp {
        sources.firstIndex(of: source).map { archive.manifest.readTimes[$0] } ?? Timestamp(milliseconds: .min)
    }

    func lines(of month: Month) throws(ArchiveError) -> [MessageLine] {
        guard let node = folder.node(of: month) else { return [] }
        var lines = try archive.messages(of: node)
        guard !keepsNumbers else { return lines }
        for index in lines.indices {
            lines[index].sources = lines[index].sources.compactMap { $0 < sources.count ? sources[$0] : nil }.sorted()
        }
        return lines
    }

    func renumbered(_ given: [Int: MonthRecord.Given]) -> [Int: MonthRecord.Given] {
        var result: [Int: MonthRecord.Given] = [:]
        for (source, value) in given where source < sources.count { result[sources[source]] = value }
        return result
    }
}
