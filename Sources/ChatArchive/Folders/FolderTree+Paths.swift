public import ChatModel
import ResticRepository

/// How a tree shows a message of a segment.
public struct ShownMessage: Sendable {
    /// Where, below the snapshot: `conversations/<name>/<month>/<file>`; the text's file, else the first of its other files. Nil
    /// when there is none.
    public var path: String?
    /// Whether a later wording has taken its place at the source.
    public var isEarlierWording = false
    /// Whether it has itself taken the place of an earlier wording.
    public var isEdited = false

    /// A message of which nothing is known.
    public init() {}
}

extension FolderTree {
    /// How the tree shows a message. For a tree of one snapshot.
    ///
    /// - Parameters:
    ///   - line: the message's place among those of its segment, from 0.
    ///   - record: the segment.
    ///   - folder: of the conversation.
    public func message(
        ofLine line: Int, in record: MonthRecord, ofFolder folder: String
    ) throws(FolderTreeError) -> ShownMessage {
        var shown = ShownMessage()
        let waiting = Waiting.until(.now + .seconds(600))
        let view = try view(ofSnapshot: 0, waiting)
        guard let conversation = view.conversation(inFolder: Array(folder.utf8)),
            let place = place(of: record.node, view.archive.tree),
            let number = registry.withLock({ $0.number(ofSegment: place) })
        else { return shown }
        let segment = try segment(number, waiting)
        guard segment.lines.indices.contains(line) else { return shown }
        shown.isEarlierWording = segment.lines[line].isEarlierWording
        shown.isEdited = segment.mark(of: segment.lines[line])?.isEdited ?? false
        let month = zone.month(of: segment.lines[line].time)
        let key = ListingKey(
            folder: FolderKey(archive: view.archive.tree, conversation: conversation), month: month, mediaOnly: false)
        let listing = try listing(of: key, view, waiting, isAhead: true)
        let part = segment.lines[line].hasTextFile ? 0 : 1
        let inode = InodeLayout.number(.message(segment: number, line: line, part: part))
        guard let position = listing.position(of: inode) else { return shown }
        let name = listing.withName(listing.entries[position]) { String(decoding: $0, as: UTF8.self) }
        shown.path = "conversations/\(folder)/\(month)/\(name)"
        return shown
    }

    /// What a person is called in a conversation, told apart from others of this name there. For a tree of one snapshot.
    public func name(of person: PersonID, inFolder folder: String) throws(FolderTreeError) -> String {
        let view = try view(ofSnapshot: 0, .until(.now + .seconds(600)))
        guard let conversation = view.conversation(inFolder: Array(folder.utf8)) else { return person.text }
        return view.names(in: conversation).name(person)
    }
}
