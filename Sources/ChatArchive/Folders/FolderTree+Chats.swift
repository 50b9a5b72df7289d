public import ChatModel
import ResticRepository

extension FolderTree {
    func folder(_ key: FolderKey, _ view: ChatView, _ waiting: Waiting) throws(FolderTreeError) -> ShownConversation {
        try folders.value(key, waiting: waiting) { () throws(FolderTreeError) in
            guard view.conversations.indices.contains(key.conversation) else { throw .notFound }
            do throws(ArchiveError) {
                let folder = try view.archive.folder(named: view.conversations[key.conversation].folder)
                prefetch(folder, of: view.archive)
                let shown = ShownConversation(folder, in: zone)
                return (shown, shown.cost)
            } catch { throw FolderTreeError(error) }
        }
    }

    /// The segments that have messages of a month, with their numbers, ascending.
    private func segments(
        of month: Month, in shown: ShownConversation, _ key: FolderKey, _ waiting: Waiting
    ) throws(FolderTreeError) -> [(number: Int, segment: Segment)] {
        var result: [(number: Int, segment: Segment)] = []
        for index in shown.part(month, in: .conversations)?.segments ?? [] {
            guard let place = place(of: shown.folder.months[index].node, key.archive),
                let number = registry.withLock({ $0.number(ofSegment: place) })
            else { continue }
            result.append((number, try segment(number, waiting)))
        }
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
        let listing = try listing(of: key, view, waiting)
        // Also of those that were made ahead: who looks into them goes on.
        if let shown = folders.cached(key.folder) {
            noteMonth(month, of: shown, key.folder, in: mediaOnly ? .media : .conversations)
        }
        return listing
    }

    /// Lines that are listed for who must not wait: about a millisecond.
    private static let linesAtOnce = 4096

    /// - Parameter isAhead: whether nobody has asked for it yet.
    func listing(
        of key: ListingKey, _ view: ChatView, _ waiting: Waiting, isAhead: Bool = false
    ) throws(FolderTreeError) -> MonthListing {
        func make() throws(FolderTreeError) -> (MonthListing, Int) {
            let folder = try folder(key.folder, view, waiting)
            let segments = try segments(of: key.month, in: folder, key.folder, waiting)
            if case .never = waiting, segments.reduce(0, { $0 + $1.segment.lines.count }) > Self.linesAtOnce {
                throw .mustWait
            }
            if !isAhead { prefetch(key.month, folder, of: view.archive) }
            guard !segments.isEmpty else { throw .notFound }
            let names = view.names(in: key.folder.conversation)
            let listing = MonthListing(
                of: key.month, in: zone, from: segments, mediaOnly: key.mediaOnly, name: names.safeName)
            return (listing, listing.cost)
        }
        // From pieces that were loaded ahead there is little to compute.
        if case .never = waiting { return try listings.valueFromMemory(key, make: make) }
        return try listings.value(key, waiting: waiting, load: make)
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
            noteMonth(month, of: folder, key, in: .transcripts)
            guard !segments.isEmpty else { throw .notFound }
            var transcript = Transcript(of: month, in: zone)
            transcript.add(segments.map(\.segment), view.names(in: conversation).name)
            return (transcript.rendered, transcript.rendered.bytes.capacity + 100)
        }
    }

    /// A month's transcript of the messages sent in a span of time only, by the number of its file; and who sent them.
    public func transcript(
        _ file: InodeNumber, within span: Range<Timestamp>, waiting: Waiting
    ) throws(FolderTreeError) -> RenderedTranscript {
        guard case .transcript(let snapshot, let conversation, let month) = try place(file) else { throw .notFound }
        let view = try view(ofSnapshot: snapshot, waiting)
        let key = FolderKey(archive: view.archive.tree, conversation: conversation)
        let segments = try segments(of: month, in: folder(key, view, waiting), key, waiting)
        var transcript = Transcript(of: month, in: zone)
        transcript.add(segments.map(\.segment), within: span, view.names(in: conversation).name)
        return transcript.rendered
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
