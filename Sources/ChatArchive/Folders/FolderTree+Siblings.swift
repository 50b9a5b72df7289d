import Synchronization

/// The months that were listed lately, to find what comes after a file in the order in which its folder was listed.
struct ListedMonths: Sendable {
    private var listings: [(id: UInt64, folder: InodeNumber, listing: MonthListing)] = []
    private var next: UInt64 = 1
    private static let kept = 4
    /// The folder in which a segment was listed last: the kernel keeps listings for longer than we do, and its readers need not list again.
    private var folders: [Int: InodeNumber] = [:]
    /// Some 8 MB. Beyond it, what was listed before counts as not listed.
    private static let folderLimit = 1 << 18

    mutating func note(_ listing: MonthListing, in folder: InodeNumber) {
        guard !listings.contains(where: { $0.listing === listing }) else { return }
        for segment in listing.segments {
            if folders.count >= Self.folderLimit { folders = [:] }
            folders[segment] = folder
        }
        listings.append((next, folder, listing))
        next += 1
        if listings.count > Self.kept { listings.removeFirst() }
    }

    func place(of inode: InodeNumber) -> (listing: UInt64, index: Int, count: Int)? {
        for (id, _, listing) in listings.reversed() {
            if let index = listing.position(of: inode) { return (id, index, listing.entries.count) }
        }
        return nil
    }

    func listing(of folder: InodeNumber) -> (listing: UInt64, count: Int)? {
        listings.last { $0.folder == folder }.map { ($0.id, $0.listing.entries.count) }
    }

    func folder(of file: InodeNumber) -> InodeNumber? {
        guard case .message(let segment, _, _) = InodeLayout.place(file) else { return nil }
        return folders[segment]
    }

    func entry(_ index: Int, of id: UInt64) -> MonthListing.Entry? {
        guard let listing = listings.first(where: { $0.id == id })?.listing, listing.entries.indices.contains(index)
        else { return nil }
        return listing.entries[index]
    }
}

extension FolderTree {
    func noteListed(_ listing: MonthListing, in folder: InodeNumber) {
        listed.withLock { $0.note(listing, in: folder) }
    }

    /// The month in which a file was listed, however long ago.
    public func listedFolder(of file: InodeNumber) -> InodeNumber? {
        listed.withLock { $0.folder(of: file) }
    }

    /// Makes a month one of those that were listed lately.
    public func remindListing(_ folder: InodeNumber, waiting: Waiting) throws(FolderTreeError) {
        guard case .month(let snapshot, let view, let conversation, let month) = try place(folder) else { return }
        noteListed(
            try listing(snapshot: snapshot, conversation: conversation, month, mediaOnly: view == .media, waiting),
            in: folder)
    }

    /// Where a file stands in a month that was listed lately, and how many files that has.
    public func place(of file: InodeNumber) -> (listing: UInt64, index: Int, count: Int)? {
        listed.withLock { $0.place(of: file) }
    }

    /// A month that was listed lately, and how many files it has.
    public func listing(of folder: InodeNumber) -> (listing: UInt64, count: Int)? {
        listed.withLock { $0.listing(of: folder) }
    }

    /// The file at a position of a listed month; nil beyond its end, and when the month is no longer remembered.
    public func file(at index: Int, in listing: UInt64) -> (inode: InodeNumber, size: UInt64, isText: Bool)? {
        listed.withLock { $0.entry(index, of: listing) }.map { entry in
            guard case .message(_, _, let part)? = InodeLayout.place(entry.inode) else {
                return (entry.inode, entry.size, false)
            }
            return (entry.inode, entry.size, part == 0)
        }
    }
}
