import ChatModel
import ResticRepository

/// Loading files and media ahead of readers. What fails here is met again, and told, by whoever asks for it.
extension FolderTree {
    /// Blobs that are fetched together: enough for one request to be worth its round trip.
    private static let fetchSize: UInt64 = 4 << 20

    /// Notes a read of a stored file, and loads what follows for one who reads on.
    func noteRead(_ file: MediaFile, _ range: Range<UInt64>) {
        guard file.blobs.count > 1, let first = file.blobs.first else { return }
        guard let ahead = sequentialReads.withLock({ $0.note(first, read: range, size: file.size) }) else { return }
        var position = file.blob(at: ahead.lowerBound)
        while position < file.blobs.count, file.offsets[position] < ahead.upperBound {
            let begin = position
            repeat {
                position += 1
            } while position < file.blobs.count && file.offsets[position] < ahead.upperBound
                && file.offsets[position + 1] - file.offsets[begin] <= Self.fetchSize
            let ids = Array(file.blobs[begin..<position])
            background.start { [self] in preload(ids) }
        }
    }

    /// Larger files are read ahead of by themselves.
    private static let mediaLimit = 2 << 20

    /// Notes a read of a message's medium, and loads the next ones for one who goes through a conversation.
    func noteMedium(_ inode: InodeNumber, size: UInt64) {
        guard let folder = listedFolder(of: inode), let index = place(of: inode)?.index,
            case .month(let snapshot, let view, let conversation, let month)? = InodeLayout.place(folder),
            let chats = try? self.view(ofSnapshot: snapshot, .never)
        else { return }
        let archive = chats.archive.tree
        let order = conversationWalks.withLock { $0.order(archive) } ?? .listed
        let key = FolderKey(archive: archive, conversation: conversation)
        guard let stored = folders.cached(key), let place = chats.place(ofConversation: conversation),
            let position = stored.months(in: view).firstIndex(where: { $0.month == month })
        else { return }
        // The views number months and files each in its own way, and so do orders conversations.
        let reader = MediaReader(archive: archive, view: view, order: order)
        let load = mediaWalks.withLock {
            $0.note(
                reader, .init(conversation: place[order], month: position, file: index), size: Int(clamping: size))
        }
        guard let load else { return }
        let isStarted = background.start { [self] in
            var next = MediaAhead(load)
            collect(&next, for: reader, chats)
            mediaWalks.withLock { $0.loaded(load, upTo: next.end, bytes: next.bytes) }
            for batch in repository.neighbours(next.ids, .data, limit: Int(Self.fetchSize)) {
                background.start { [self] in preload(batch) }
            }
        }
        // Nothing came of it; the reader's next file tries again.
        if !isStarted { mediaWalks.withLock { $0.loaded(load, upTo: load.after, bytes: 0) } }
    }

    /// The media that follow a position.
    private struct MediaAhead {
        let load: MediaWalks<MediaReader>.Load
        var end: MediaWalks<MediaReader>.Position?
        var bytes = 0
        var ids: [BlobID] = []
        /// Months that were looked into: where there are few media among many texts, another load goes on from there.
        var months = 0
        private static let monthLimit = 64

        init(_ load: MediaWalks<MediaReader>.Load) { self.load = load }

        var isFull: Bool { bytes >= load.bytes || months >= Self.monthLimit }
    }

    private func collect(_ next: inout MediaAhead, for reader: MediaReader, _ chats: ChatView) {
        let first = next.load.after
        let count = chats.conversations.count
        for place in first.conversation..<max(first.conversation, next.load.goesOn ? count : first.conversation + 1)
        where !next.isFull {
            let conversation = chats.conversation(at: place, in: reader.order)
            let key = FolderKey(archive: reader.archive, conversation: conversation)
            guard chats.conversations[conversation].attachments > 0 else { continue }
            guard let stored = try? folder(key, chats, .until(.now + .seconds(60))) else { return }
            for (position, part) in stored.months(in: reader.view).enumerated() where !next.isFull {
                let isFirst = place == first.conversation && position == first.month
                guard isFirst || place > first.conversation || position > first.month,
                    stored.part(part.month, in: .media) != nil
                else { continue }
                let month = ListingKey(folder: key, month: part.month, mediaOnly: reader.view == .media)
                guard let listing = try? listing(of: month, chats, .until(.now + .seconds(60)), isAhead: true) else {
                    return
                }
                next.months += 1
                for file in listing.entries.indices.dropFirst(isFirst ? first.file + 1 : 0) where !next.isFull {
                    next.end = .init(conversation: place, month: position, file: file)
                    guard let blob = smallMedium(listing.entries[file]) else { continue }
                    next.ids.append(blob)
                    next.bytes += Int(clamping: listing.entries[file].size)
                }
            }
        }
    }

    /// The blob of a medium that is one blob, and no large one.
    private func smallMedium(_ entry: MonthListing.Entry) -> BlobID? {
        guard entry.size <= Self.mediaLimit,
            case .message(let segment, let line, let part)? = InodeLayout.place(entry.inode),
            part > 0,
            let attachment = try? message(segment: segment, line: line, part: part, .until(.now + .seconds(60)))
                .attachment,
            case .stored(let sha256, _) = attachment.content, let blob = BlobID(hex: sha256)
        else { return nil }
        return repository.length(of: blob, .data) == nil ? nil : blob
    }

    /// Loads blobs that are not in memory, together.
    func preload(_ ids: [BlobID]) {
        blobs.preload(ids) { missing, deliver in
            try? repository.blobs(missing, .data) { (id, bytes) throws(RepositoryError) in
                deliver(id, bytes, bytes.count + 100)
            }
        }
    }
}
