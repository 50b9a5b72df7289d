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

        var folders = TreeBuilder(.init(modified: .epoch))
        var lists = TreeBuilder(.init(modified: .epoch))
        let isChanged = try finishConversations(work) { (folder, list) in
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

    func lines<Record>(_ records: [Record], _ encode: (Record, inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        for record in records { encode(record, &writer) }
        return writer.bytes
    }
}
