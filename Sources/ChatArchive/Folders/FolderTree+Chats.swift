import ChatModel
import ResticRepository

extension FolderTree {
    /// The months in which a conversation has messages, in the tree's zone, ascending. In the media view, those with attachments.
    func months(of folder: ConversationFolder, _ view: View) -> [Month] {
        var months: Set<Month> = []
        for record in folder.months where view != .media || record.attachments > 0 {
            // A segment lies within one month of its own clocks: by ours in the months of its first and its last message, and
            // between the two only where its clocks differed among themselves.
            let shown = shownMonths(of: record)
            months.formUnion([shown.lowerBound, shown.upperBound])
            if shown.contains(record.month) { months.insert(record.month) }
        }
        return months.sorted()
    }

    func shownMonths(of record: MonthRecord) -> ClosedRange<Month> {
        let first = Segment.plausible(record.span.lowerBound)
        return zone.month(of: first)...zone.month(of: max(first, Segment.plausible(record.span.upperBound)))
    }

    func folder(_ key: FolderKey, _ view: ChatView, _ waiting: Waiting) throws(FolderTreeError) -> ConversationFolder {
        try folders.value(key, waiting: waiting) { () throws(FolderTreeError) in
            guard view.conversations.indices.contains(key.conversation) else { throw .notFound }
            do throws(ArchiveError) {
                let folder = try view.archive.folder(named: view.conversations[key.conversation].folder)
                prefetch(folder, of: view.archive)
                return (folder, folder.months.count * 300 + 200)
            } catch { throw FolderTreeError(error) }
        }
    }

    /// The segments that have messages of a month, with their numbers, ascending.
    private func segments(
        of month: Month, in folder: ConversationFolder, _ key: FolderKey, _ waiting: Waiting, isAhead: Bool = false
    ) throws(FolderTreeError) -> [(number: Int, segment: Segment)] {
        var result: [(number: Int, segment: Segment)] = []
        for record in folder.months where shownMonths(of: record).contains(month) {
            guard let place = place(of: record.node, key.archive),
                let number = registry.withLock({ $0.number(ofSegment: place) })
            else { continue }
            result.append((number, try segment(number, waiting)))
        }
        if !isAhead { noteMonth(month, of: folder, key) }
        return result
    }

    func place(of node: Node, _ archive: TreeID) -> Registry.SegmentPlace? {
        guard let content = node.content else { return nil }
        return .init(blobs: content, name: String(decoding: node.name, as: UTF8.self), archive: archive)
    }

    func segment(_ number: Int, _ waiting: Waiting) throws(FolderTreeError) -> Segment {
        try segments.value(number, waiting: waiting) { () throws(FolderTreeError) in
            guard let place = registry.withLock({ $0.segments.indices.contains(number) ? $0.segments[number] : nil })
            else { throw .notFound }
            var text: [UInt8] = []
            for blob in place.blobs {
                text += try read { () throws(RepositoryError) in try repository.blob(blob, .data, retention: .metadata)
                }
            }
            do throws(ArchiveError) {
                let segment = try Segment(parsing: text, name: place.name)
                return (segment, segment.cost)
            } catch { throw FolderTreeError(error) }
        }
    }

    func listing(
        snapshot: Int, conversation: Int, _ month: Month, mediaOnly: Bool, _ waiting: Waiting
    ) throws(FolderTreeError) -> MonthListing {
        let view = try view(ofSnapshot: snapshot, waiting)
        let key = ListingKey(
            folder: FolderKey(archive: view.archive.tree, conversation: conversation), month: month,
            mediaOnly: mediaOnly)
        return try listing(of: key, view, waiting)
    }

    /// - Parameter isAhead: whether nobody has asked for it yet.
    func listing(
        of key: ListingKey, _ view: ChatView, _ waiting: Waiting, isAhead: Bool = false
    ) throws(FolderTreeError) -> MonthListing {
        try listings.value(key, waiting: waiting) { () throws(FolderTreeError) in
            let folder = try folder(key.folder, view, waiting)
            let segments = try segments(of: key.month, in: folder, key.folder, waiting, isAhead: isAhead)
            if !isAhead { prefetch(key.month, folder, of: view.archive) }
            guard !segments.isEmpty else { throw .notFound }
            let listing = MonthListing(
                of: key.month, in: zone, from: segments, mediaOnly: key.mediaOnly
            ) { view.safeName($0, in: key.folder.conversation) }
            return (listing, listing.cost)
        }
    }

    func transcript(
        snapshot: Int, conversation: Int, _ month: Month, _ waiting: Waiting
    ) throws(FolderTreeError) -> RenderedTranscript {
        let inode = InodeLayout.number(.transcript(snapshot: snapshot, conversation: conversation, month))
        return try texts.value(inode, waiting: waiting) { () throws(FolderTreeError) in
            let view = try view(ofSnapshot: snapshot, waiting)
            let key = FolderKey(archive: view.archive.tree, conversation: conversation)
            let folder = try folder(key, view, waiting)
            let segments = try segments(of: month, in: folder, key, waiting)
            guard !segments.isEmpty else { throw .notFound }
            var transcript = Transcript(of: month, in: zone)
            transcript.add(segments.map(\.segment)) { view.name($0, in: conversation) }
            return (transcript.rendered, transcript.rendered.bytes.capacity + 100)
        }
    }

    /// The time of a month's newest message. Where a segment goes on into the next month, as it may when the archive's
    /// zone is another, only reading it would tell: then the month's last moment, which no message of it is after.
    func newest(_ month: Month, _ folder: ConversationFolder) -> Timestamp? {
        folder.months.filter { shownMonths(of: $0).contains(month) }.map { record in
            let last = Segment.plausible(record.span.upperBound)
            return zone.month(of: last) == month ? last : zone.end(of: month)
        }.max()
    }

    /// A message's line, and the attachment of a part above 0.
    func message(
        segment number: Int, line: Int, part: Int, _ waiting: Waiting
    ) throws(FolderTreeError) -> (segment: Segment, line: Segment.Line, attachment: Attachment?) {
        let segment = try segment(number, waiting)
        guard segment.lines.indices.contains(line) else { throw .notFound }
        let found = segment.lines[line]
        guard part > 0 || found.hasTextFile else { throw .notFound }
        guard part > 0 else { return (segment, found, nil) }
        guard part <= found.attachments.count else { throw .notFound }
        return (segment, found, segment.attachments[Int(found.attachments.lowerBound) + part - 1])
    }
}
