import Synchronization

/// The months that were listed lately, to find what comes after a file in the order in which its folder was listed.
struct ListedMonths: Sendable {
    private var listings: [(id: UInt64, listing: MonthListing, order: [Int32])] = []
    private var next: UInt64 = 1
    private static let kept = 4
    /// The folder in which a segment was listed last: the kernel keeps listings for longer than we do, and its readers need not list again.
    private var folders: [Int: InodeNumber] = [:]
    /// Some 8 MB. Beyond it, what was listed before counts as not listed.
    private static let folderLimit = 1 << 18

    mutating func note(_ listing: MonthListing, in folder: InodeNumber) {
        guard !listings.contains(where: { $0.listing === listing }) else { return }
        let order = listing.entries.indices.map(Int32.init).sorted {
            listing.entries[Int($0)].inode.rawValue < listing.entries[Int($1)].inode.rawValue
        }
        // In this order a segment's files stand together.
        var last = -1
        for index in order {
            guard case .message(let segment, _, _) = InodeLayout.place(listing.entries[Int(index)].inode),
                segment != last
            else { continue }
            last = segment
            if folders.count >= Self.folderLimit { folders = [:] }
            folders[segment] = folder
        }
        listings.append((next, listing, order))
        next += 1
        if listings.count > Self.kept { listings.removeFirst() }
    }

    func place(of inode: InodeNumber) -> (listing: UInt64, index: Int, count: Int)? {
        for (id, listing, order) in listings.reversed() {
            var low = 0
            var high = order.count
            while low < high {
                let middle = (low + high) / 2
                if listing.entries[Int(order[middle])].inode.rawValue < inode.rawValue {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            if low < order.count, listing.entries[Int(order[low])].inode == inode {
                return (id, Int(order[low]), order.count)
            }
        }
        return nil
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

    /// The file at a position of a listed month; nil beyond its end, and when the month is no longer remembered.
    public func file(at index: Int, in listing: UInt64) -> (inode: InodeNumber, size: UInt64)? {
        listed.withLock { $0.entry(index, of: listing) }.map { ($0.inode, $0.size) }
    }
}
