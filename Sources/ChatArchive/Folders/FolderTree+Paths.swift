public import ChatModel
import ResticRepository

extension FolderTree {
    /// Where the tree shows a message, below the snapshot: `conversations/<name>/<month>/<file>`. For a tree of one snapshot.
    ///
    /// - Parameters:
    ///   - line: the message's place among those of its segment, from 0.
    ///   - record: the segment.
    ///   - folder: of the conversation.
    /// - Returns: the text's file, else the first of its other files; nil when there is none.
    public func path(ofLine line: Int, in record: MonthRecord, ofFolder folder: String) throws(FolderTreeError)
        -> String?
    {
        let waiting = Waiting.until(.now + .seconds(600))
        let view = try view(ofSnapshot: 0, waiting)
        guard let conversation = view.conversation(inFolder: Array(folder.utf8)),
            let place = place(of: record.node, view.archive.tree),
            let number = registry.withLock({ $0.number(ofSegment: place) })
        else { return nil }
        let segment = try segment(number, waiting)
        guard segment.lines.indices.contains(line) else { return nil }
        let month = zone.month(of: segment.lines[line].time)
        let key = ListingKey(
            folder: FolderKey(archive: view.archive.tree, conversation: conversation), month: month, mediaOnly: false)
        let listing = try listing(of: key, view, waiting, isAhead: true)
        let part = segment.lines[line].hasTextFile ? 0 : 1
        let inode = InodeLayout.number(.message(segment: number, line: line, part: part))
        guard let position = listing.position(of: inode) else { return nil }
        let name = listing.withName(listing.entries[position]) { String(decoding: $0, as: UTF8.self) }
        return "conversations/\(folder)/\(month)/\(name)"
    }

    /// What a person is called in a conversation. For a tree of one snapshot.
    public func name(of person: PersonID, inFolder folder: String) throws(FolderTreeError) -> String {
        let view = try view(ofSnapshot: 0, .until(.now + .seconds(600)))
        guard let conversation = view.conversation(inFolder: Array(folder.utf8)) else { return person.text }
        return view.name(person, in: conversation)
    }
}
