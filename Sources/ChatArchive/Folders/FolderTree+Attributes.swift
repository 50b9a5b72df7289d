import ChatModel
import Glibc
import ResticRepository

extension FolderTree {
    /// Modes are those that a copy should have: that nothing can be written here is the mount's to say, and `cp -r` would make
    /// folders that their owner cannot change.
    static let fileMode: UInt16 = 0o644
    static let folderMode: UInt16 = 0o755

    /// What `stat` says of a file or folder.
    public func attributes(of inode: InodeNumber, waiting: Waiting) throws(FolderTreeError) -> FileAttributes {
        try attributes(of: place(inode), waiting)
    }

    func attributes(of place: InodePlace, _ waiting: Waiting) throws(FolderTreeError) -> FileAttributes {
        switch place {
        case .root, .snapshots, .dates:
            let newest = registry.withLock { registry in
                registry.snapshots.newest.flatMap { registry.snapshots[$0]?.time }
            }
            return directory(place, newest ?? Timestamp(milliseconds: 0))
        case .link(let number, let fromDates):
            let target = try target(ofLinkTo: number, fromDates: fromDates)
            return FileAttributes(
                self.number(place), .symlink, permissions: 0o777, size: UInt64(target.count), owner: owner,
                modified: time(try snapshot(number).time))
        case .snapshot(let number): return directory(place, try snapshot(number).time)
        case .view(let number, _):
            guard case .chats = try shape(of: number, waiting) else { throw .notFound }
            return directory(place, try snapshot(number).time)
        case .conversation(let snapshot, _, let conversation):
            let view = try view(ofSnapshot: snapshot, waiting)
            guard view.conversations.indices.contains(conversation) else { throw .notFound }
            return directory(place, view.conversations[conversation].span?.upperBound ?? Timestamp(milliseconds: 0))
        case .month(let snapshot, let viewKind, let conversation, let month):
            let view = try view(ofSnapshot: snapshot, waiting)
            let folder = try folder(FolderKey(archive: view.archive.tree, conversation: conversation), view, waiting)
            guard let part = folder.part(month, in: viewKind) else { throw .notFound }
            return directory(place, part.newest)
        case .transcript(let snapshot, let conversation, let month):
            let text = try transcript(snapshot: snapshot, conversation: conversation, month, waiting)
            return file(place, size: UInt64(text.bytes.count), text.newest)
        case .contact(let snapshot, let person):
            let view = try view(ofSnapshot: snapshot, waiting)
            guard view.people.indices.contains(person) else { throw .notFound }
            let size = UInt64(ContactCard.size(view.people[person]))
            return file(place, size: size, try self.snapshot(snapshot).time)
        case .message(let segment, let line, let part):
            let (_, found, attachment) = try message(segment: segment, line: line, part: part, waiting)
            let size = attachment.map { AttachmentFile.size($0, of: found.kind) } ?? UInt64(found.text.count)
            return FileAttributes(
                InodeLayout.number(place), .file, permissions: Self.fileMode, size: size, owner: owner,
                modified: time(found.time, tie: found.tie))
        case .plainFolder(let number): return try plainFolderAttributes(number, waiting)
        case .plainFile(let tree, let index): return try plainAttributes(of: plainNode(tree, index, waiting), place)
        }
    }

    func directory(_ place: InodePlace, _ modified: Timestamp) -> FileAttributes {
        FileAttributes(
            number(place), .directory, permissions: Self.folderMode, size: 0, owner: owner, modified: time(modified))
    }

    func file(_ place: InodePlace, size: UInt64, _ modified: Timestamp) -> FileAttributes {
        FileAttributes(
            InodeLayout.number(place), .file, permissions: Self.fileMode, size: size, owner: owner,
            modified: time(modified))
    }

    /// - Parameter tie: nanoseconds after the moment, below a millisecond.
    func time(_ moment: Timestamp, tie: UInt16 = 0) -> FileAttributes.Time {
        let seconds = moment.seconds
        return FileAttributes.Time(
            seconds: seconds,
            nanoseconds: UInt32(
                truncatingIfNeeded: (moment.milliseconds &- seconds &* 1000) &* 1_000_000 &+ Int64(tie)))
    }

    /// Where a symbolic link points.
    public func target(of inode: InodeNumber, waiting: Waiting) throws(FolderTreeError) -> [UInt8] {
        switch try place(inode) {
        case .link(let number, let fromDates): return try target(ofLinkTo: number, fromDates: fromDates)
        case .plainFile(let tree, let index):
            let node = try plainNode(tree, index, waiting)
            guard node.kind == .symlink else { throw .notASymlink }
            return node.linkTarget
        default: throw .notASymlink
        }
    }

    private func target(ofLinkTo number: Int, fromDates: Bool) throws(FolderTreeError) -> [UInt8] {
        Array("\(fromDates ? "../" : "")snapshots/\(try snapshot(number).name)".utf8)
    }

    /// What a message's file is beyond its content: `user.chatark.id`, `.sender`, `.type`, `.sha256` and `.decode`
    /// of the file as it is stored; `.forwarded-from`, a name; `.reply-to`, an identifier; `.edited`, and `.last-seen` of what is no
    /// longer at the source (RFC 3339); `.wording`, `earlier` of what was edited into another one, and `later` of that.
    public func extendedAttributes(
        of inode: InodeNumber, waiting: Waiting
    ) throws(FolderTreeError) -> [(name: String, value: [UInt8])] {
        guard case .message(let segment, let line, let part) = try place(inode) else { return [] }
        let (decoded, found, attachment) = try message(segment: segment, line: line, part: part, waiting)
        var values: [(name: String, value: [UInt8])] = []
        if !found.id.isEmpty { values.append(("user.chatark.id", Array(decoded.slice(found.id)))) }
        if found.sender >= 0 {
            values.append(("user.chatark.sender", Array(decoded.senders[Int(found.sender)].text.utf8)))
        }
        values.append(("user.chatark.type", Array(found.kind.rawValue.utf8)))
        if case .stored(let sha256, _)? = attachment?.content {
            values.append(("user.chatark.sha256", Array(sha256.utf8)))
            if let decoding = attachment?.decoding {
                values.append(("user.chatark.decode", Array(decoding.text.utf8)))
            }
        }
        if let mark = decoded.mark(of: found) {
            if let name = mark.forwardedFrom {
                values.append(("user.chatark.forwarded-from", Array(decoded.slice(name))))
            }
            if let id = mark.replyTo { values.append(("user.chatark.reply-to", Array(decoded.slice(id)))) }
            if let edited = mark.edited { values.append(("user.chatark.edited", Array(edited.rfc3339.utf8))) }
        }
        if found.isEarlierWording {
            values.append(("user.chatark.wording", Array("earlier".utf8)))
        } else if decoded.mark(of: found)?.isEdited == true {
            values.append(("user.chatark.wording", Array("later".utf8)))
        }
        if let gone = found.gone { values.append(("user.chatark.last-seen", Array(gone.rfc3339.utf8))) }
        return values
    }
}
