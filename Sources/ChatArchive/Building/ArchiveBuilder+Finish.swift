public import ChatModel
import JSON
public import ResticRepository
import Storage

extension ArchiveBuilder {
    /// Months that are merged at the same time, each in memory: as many as there are cores, within reason.
    private static let monthsAtOnce = min(ProcessorCount.current, 8)

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
        try endRows()
        nameFolders()
        let chunker = try Archive.read { () throws(RepositoryError) in try repository.makeChunker() }
        let media = try MediaFolder(repository: repository, archives: heads.map(\.archive))
        let work = MonthMerger(
            buckets, from: sources, given: given,
            lastSeen: sources.indices.map { index in
                readWithLoss.contains(index) || !readings[index].lacking.isEmpty
                    ? nil : lastRead[sources[index]] ?? readings[index].time
            },
            attachments: AttachmentStore(provider: attachments, media: media, writer: writer, chunker: chunker),
            into: writer, chunker)
        var isChanged = false

        var folders = TreeBuilder(.init(modified: .epoch))
        var lists = TreeBuilder(.init(modified: .epoch))
        for position in conversations.indices {
            guard let (folder, list) = try finishConversation(at: position, work, &isChanged) else { continue }
            folders.add(folder)
            lists.add(list)
        }
        for position in people.indices {
            guard let (avatar, source) = try avatars.avatar(of: people[position].person.id) else { continue }
            let place = sources[source]
            let stored = try work.withAttachments { (store) throws(ArchiveError) in
                try store.avatar(avatar, of: place)
            }
            if let stored { people[position].person.avatar = stored }
        }
        // The readings tell which archive knows more; they stand still while nothing new comes.
        for source in given {
            if isChanged { readings[source] = readings[source].next(at: time) }
            readings[source].isWhole = !readWithLoss.contains(source) && !isChangedMeanwhile
        }

        var root = TreeBuilder(.init(modified: .epoch))
        let manifest = ArchiveManifest(zone: zone.name, sources: sources, readings: readings)
        root.addFile(ArchiveLayout.manifest, try work.store(manifest.encoded(), .head))
        root.addFile(ArchiveLayout.people, try work.store(lines(people) { $0.encode(into: &$1) }, .head))
        root.addFile(
            ArchiveLayout.conversations, try work.store(lines(conversations) { $0.encode(into: &$1) }, .head))
        let folderTree = try Archive.read { () throws(RepositoryError) in try folders.finish(writer) }
        root.addDirectory(ArchiveLayout.conversationFolders, folderTree)
        let listTree = try Archive.read { () throws(RepositoryError) in try lists.finish(writer, group: .head) }
        root.addDirectory(ArchiveLayout.monthLists, listTree)
        let (mediaTree, stored, missing) = try work.withAttachments { (store) throws(ArchiveError) in
            (try store.media.finish(writer), store.stored, store.missing)
        }
        if let mediaTree { root.addDirectory(ArchiveLayout.media, mediaTree) }

        account.attachmentsStored = stored
        account.attachmentsMissing = missing
        guard account.addsUp else { throw .accountDoesNotAddUp }
        let tree = try Archive.read { () throws(RepositoryError) in try root.finish(writer, group: .head) }
        return Outcome(tree: tree, account: account)
    }

    /// Merges a conversation and gives the nodes of its folder and of the list of its months; nil when it has no messages at all.
    private mutating func finishConversation(
        at position: Int, _ work: MonthMerger<some AttachmentProvider>, _ isChanged: inout Bool
    ) throws(ArchiveError) -> (folder: Node, list: Node)? {
        let record = conversations[position]
        let keys = buckets.months(of: position)
        let zone = zone
        var earlier: [EarlierConversation] = []
        for head in heads { earlier.append(try head.conversation(record.conversation.id, in: zone)) }
        // Nothing given now, nothing given before by a source of today, and all archives have the same: it stays.
        let concernsUs = !keys.isEmpty || given.contains { record.sources.contains($0) }
        if !concernsUs, var node = earlier.shared(by: \.node), var list = earlier.shared(by: \.list),
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
        let outcomes = try concurrently(months.sorted(), atOnce: Self.monthsAtOnce) {
            [earlier, id = record.conversation.id] (month) throws(ArchiveError) in
            try work.merge(month, of: id, at: position, earlier)
        }
        for outcome in outcomes {
            isChanged = isChanged || outcome.isChanged
            account.add(outcome.account)
            guard let month = outcome.record else { continue }
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
        let stored = try work.store(lines(records) { $0.encode(into: &$1) }, .lists)
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

    private func lines<Record>(_ records: [Record], _ encode: (Record, inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        for record in records { encode(record, &writer) }
        return writer.bytes
    }
}
