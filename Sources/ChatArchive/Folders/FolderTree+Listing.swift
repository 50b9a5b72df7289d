import ChatModel
import ResticRepository

/// The entries of one folder, made one at a time as they are asked for.
struct FolderListing {
    let count: Int
    /// The name and the place of the entry at a position.
    let entry: (Int) throws(FolderTreeError) -> (name: [UInt8], place: InodePlace)
    /// The position of a name.
    let position: ([UInt8]) throws(FolderTreeError) -> Int?
}

extension FolderTree {
    /// What a name in a folder stands for; nil when there is no such name.
    public func entry(
        named name: UnsafeRawBufferPointer, in directory: InodeNumber, waiting: Waiting
    ) throws(FolderTreeError) -> FolderEntry? {
        let place = try place(directory)
        if case .month(let snapshot, let view, let conversation, let month) = place {
            let listing = try listing(
                snapshot: snapshot, conversation: conversation, month, mediaOnly: view == .media, waiting)
            guard let position = listing.position(of: name) else { return nil }
            return FolderEntry(attributes: attributes(of: listing.entries[position]), lifetime: .endless)
        }
        let name = Array(name)
        if place == .dates { return try dateEntry(String(decoding: name, as: UTF8.self), waiting) }
        let listing = try listing(of: place, waiting)
        guard let position = try listing.position(name) else { return nil }
        let found = try listing.entry(position).place
        return FolderEntry(attributes: try attributes(of: found, waiting), lifetime: lifetime(of: found))
    }

    /// Lists a folder from an offset, `.` and `..` first, until `body` returns false. `next` is the offset after an entry.
    ///
    /// Transcripts that are not in memory are listed without their sizes: these cost their months, which who asks for names
    /// alone must not pay.
    public func list(
        _ directory: InodeNumber, from offset: Int, waiting: Waiting,
        _ body: (_ name: UnsafeRawBufferPointer, _ attributes: FileAttributes, _ next: Int) -> Bool
    ) throws(FolderTreeError) {
        guard offset >= 0 else { throw .notFound }
        let place = try place(directory)
        let own = try attributes(of: place, waiting)
        guard own.kind == .directory else { throw .notADirectory }
        var offset = offset
        var parent = own
        parent.inode = number(self.parent(of: place))
        for (name, attributes) in [(StaticString("."), own), ("..", parent)].dropFirst(offset) {
            offset += 1
            let bytes = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            guard body(bytes, attributes, offset) else { return }
        }
        if case .month(let snapshot, let view, let conversation, let month) = place {
            let listing = try listing(
                snapshot: snapshot, conversation: conversation, month, mediaOnly: view == .media, waiting)
            noteListed(listing, in: directory)
            for entry in listing.entries.dropFirst(offset - 2) {
                offset += 1
                guard listing.withName(entry, { body($0, attributes(of: entry), offset) }) else { return }
            }
            return
        }
        let listing = try listing(of: place, waiting)
        while offset - 2 < listing.count {
            let (name, found) = try listing.entry(offset - 2)
            offset += 1
            let attributes = try listedAttributes(of: found, waiting)
            guard name.withUnsafeBytes({ body($0, attributes, offset) }) else { return }
        }
    }

    private func listedAttributes(of place: InodePlace, _ waiting: Waiting) throws(FolderTreeError) -> FileAttributes {
        guard case .transcript = place, texts.cached(number(place)) == nil else {
            return try attributes(of: place, waiting)
        }
        var attributes = file(place, size: 0, Timestamp(milliseconds: 0))
        attributes.isComplete = false
        return attributes
    }

    /// The folder that a folder is in; the root is in itself.
    private func parent(of place: InodePlace) -> InodePlace {
        switch place {
        case .snapshot where isSingle: place
        case .snapshot: .snapshots
        case .view(let snapshot, _): .snapshot(snapshot)
        case .conversation(let snapshot, let view, _): .view(snapshot: snapshot, view)
        case .month(let snapshot, let view, let conversation, _): .conversation(snapshot: snapshot, view, conversation)
        case .plainFolder(let number):
            registry.withLock { $0.plainFolders[number]?.parent }.flatMap { InodeLayout.place($0) } ?? .root
        default: .root
        }
    }

    private func attributes(of entry: MonthListing.Entry) -> FileAttributes {
        FileAttributes(
            entry.inode, .file, permissions: Self.fileMode, size: entry.size, owner: owner,
            modified: time(entry.time, tie: entry.tie))
    }

    /// Links move when snapshots come; all else stands for as long as the mount.
    private func lifetime(of place: InodePlace) -> Lifetime {
        switch place {
        case .link: .seconds(1)
        default: .endless
        }
    }

    /// For how long a name that a folder does not have stays absent: where snapshots appear, not for long.
    public func lifetimeOfAbsence(in directory: InodeNumber) -> Lifetime {
        guard !isSingle else { return .endless }
        switch InodeLayout.place(directory) {
        case .root, .snapshots, .dates: return .seconds(1)
        default: return .endless
        }
    }

    private func dateEntry(_ name: String, _ waiting: Waiting) throws(FolderTreeError) -> FolderEntry? {
        guard let end = SnapshotNames.end(of: name, in: zone, now: .now),
            let number = registry.withLock({ $0.snapshots.newest(notAfter: end) })
        else { return nil }
        let place = InodePlace.link(snapshot: number, fromDates: true)
        return FolderEntry(attributes: try attributes(of: place, waiting), lifetime: .seconds(1))
    }

    private func listing(of place: InodePlace, _ waiting: Waiting) throws(FolderTreeError) -> FolderListing {
        switch place {
        case .root: return rootListing()
        case .dates:
            return FolderListing(
                count: 0, entry: { _ throws(FolderTreeError) in throw .notFound }, position: { _ in nil })
        case .snapshots: return snapshotsListing()
        case .snapshot(let number): return try snapshotListing(number, waiting)
        case .view(let snapshot, .contacts):
            let view = try view(ofSnapshot: snapshot, waiting)
            return FolderListing(
                count: view.people.count,
                entry: { (view.contactNames[$0], .contact(snapshot: snapshot, $0)) },
                position: { view.contact(named: $0) })
        case .view(let snapshot, let kind): return try conversationsListing(snapshot, kind, waiting)
        case .conversation(let snapshot, let kind, let conversation):
            return try monthsListing(snapshot, kind, conversation, waiting)
        case .plainFolder(let number): return try plainListing(number, waiting)
        case .month, .link, .transcript, .contact, .message, .plainFile: throw .notADirectory
        }
    }

    private func fixed(_ entries: [(name: [UInt8], place: InodePlace)]) -> FolderListing {
        FolderListing(
            count: entries.count, entry: { entries[$0] }, position: { name in entries.firstIndex { $0.name == name } })
    }

    private func rootListing() -> FolderListing {
        var entries: [(name: [UInt8], place: InodePlace)] = [(Array("at".utf8), .dates)]
        if let newest = registry.withLock({ $0.snapshots.newest }) {
            entries.append((Array("latest".utf8), .link(snapshot: newest, fromDates: false)))
        }
        entries.append((Array("snapshots".utf8), .snapshots))
        return fixed(entries)
    }

    private func snapshotsListing() -> FolderListing {
        let (visible, names) = registry.withLock { registry in
            let visible = registry.snapshots.visible
            return (visible, visible.map { Array((registry.snapshots[$0]?.name ?? "").utf8) })
        }
        return FolderListing(
            count: visible.count, entry: { (names[$0], .snapshot(visible[$0])) },
            position: { name in names.firstIndex(of: name) })
    }

    private func snapshotListing(_ number: Int, _ waiting: Waiting) throws(FolderTreeError) -> FolderListing {
        switch try shape(of: number, waiting) {
        case .chats(_, let original):
            var entries = View.allCases.map { view in
                (name: Array(view.name.utf8), place: InodePlace.view(snapshot: number, view))
            }
            if let original {
                let folder = registry.withLock {
                    $0.plainFolders.number(at: 0, of: self.number(.snapshot(number)), original, nil)
                }
                entries.append((Array(ArchiveLayout.original.utf8), .plainFolder(folder)))
            }
            return fixed(entries.sorted { $0.name.lexicographicallyPrecedes($1.name) })
        case .plain(let tree): return try plainListing(tree, in: self.number(.snapshot(number)), waiting)
        }
    }

    private func conversationsListing(
        _ snapshot: Int, _ kind: View, _ waiting: Waiting
    ) throws(FolderTreeError) -> FolderListing {
        let view = try view(ofSnapshot: snapshot, waiting)
        // An empty conversation is still one; without messages or media there is nothing to list in the other views.
        let shown = view.conversations.indices.filter { index in
            let record = view.conversations[index]
            return kind == .media ? record.attachments > 0 : kind == .transcripts ? record.messages > 0 : true
        }
        return FolderListing(
            count: shown.count,
            entry: {
                (Array(view.conversations[shown[$0]].folder.utf8), .conversation(snapshot: snapshot, kind, shown[$0]))
            },
            position: { name in view.conversation(inFolder: name).flatMap { shown.firstIndex(of: $0) } })
    }

    private func monthsListing(
        _ snapshot: Int, _ kind: View, _ conversation: Int, _ waiting: Waiting
    ) throws(FolderTreeError) -> FolderListing {
        let view = try view(ofSnapshot: snapshot, waiting)
        let key = FolderKey(archive: view.archive.tree, conversation: conversation)
        let months = try folder(key, view, waiting).months(in: kind)
        noteFolder(key, view)
        let suffix = kind == .transcripts ? ".txt" : ""
        let names = months.map { Array(($0.month.description + suffix).utf8) }
        return FolderListing(
            count: months.count,
            entry: { index in
                kind == .transcripts
                    ? (names[index], .transcript(snapshot: snapshot, conversation: conversation, months[index].month))
                    : (names[index], .month(snapshot: snapshot, kind, conversation: conversation, months[index].month))
            },
            position: { name in names.firstIndex(of: name) })
    }
}
