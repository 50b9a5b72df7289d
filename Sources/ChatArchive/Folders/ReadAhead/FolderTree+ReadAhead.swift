import ChatModel
import ResticRepository
import Synchronization

/// Loading ahead of readers. What fails here is met again, and told, by whoever asks for it.
extension FolderTree {
    /// Blobs that are fetched together: enough for one request to be worth its round trip.
    private static let fetchSize: UInt64 = 4 << 20
    /// The same for segments, which take some ten times as much memory as they do in the store.
    private static let batchSize = 1 << 20

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
        background.start { [self] in
            var next = MediaAhead(load)
            collect(&next, for: reader, chats)
            mediaWalks.withLock { $0.loaded(load, upTo: next.end, bytes: next.bytes) }
            for batch in repository.neighbours(next.ids, .data, limit: Int(Self.fetchSize)) {
                background.start { [self] in preload(batch) }
            }
        }
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

    /// Notes that a month is looked into, and loads the following ones for one who goes on: their segments, and what a view
    /// lists of them.
    func noteMonth(_ month: Month, of shown: ShownConversation, _ key: FolderKey, in view: View) {
        noteConversation(month, of: shown, key, in: view)
        let folder = shown.folder
        guard let position = folder.months.firstIndex(where: { $0.month == month }) else { return }
        let wanted = conversationWalks.withLock { $0.months(key.archive) }
        let positions = monthWalks.withLock { $0.note(key, position: position, of: folder.months.count) }
            .filter { wanted?.contains(folder.months[$0].month) ?? true }
        guard !positions.isEmpty else { return }
        background.start { [self] in
            var left = segments.budget / 4
            var numbers: [Int] = []
            var months: [Month] = []
            for position in positions {
                guard let place = place(of: folder.months[position].node, key.archive),
                    let number = registry.withLock({ $0.number(ofSegment: place) })
                else { continue }
                left -= place.blobs.reduce(0) { $0 + (repository.length(of: $1, .data) ?? 0) }
                guard left > 0 else { break }
                numbers.append(number)
                months.append(folder.months[position].month)
            }
            let found = months
            preload(segments: numbers) { [self] in preload(listingsOf: found, of: shown, key, in: view) }
        }
    }

    /// Notes that a conversation's months are listed, and loads the lists of the following ones for one who goes on.
    func noteFolder(_ key: FolderKey, _ view: ChatView) {
        guard prefetch != .conversation, let place = view.place(ofConversation: key.conversation) else { return }
        // Which months are wanted plays no part yet.
        let any = Month(number: 0)
        let load = folderWalks.withLock {
            $0.note(key.archive, place, any, of: any...any, count: view.conversations.count)
        }
        guard let load else { return }
        background.start { [self] in
            preload(
                folders: load.positions.map {
                    FolderKey(archive: key.archive, conversation: view.conversation(at: $0, in: load.order))
                }, view)
        }
    }

    /// Loads months of the following conversations for one who goes from one to the next.
    private func noteConversation(_ month: Month, of shown: ShownConversation, _ key: FolderKey, in shownIn: View) {
        // What is brought by whole conversations needs nobody who goes on.
        guard prefetch != .conversation, let view = views.cached(key.archive),
            let place = view.place(ofConversation: key.conversation),
            let first = shown.months.first?.month, let last = shown.months.last?.month
        else { return }
        let load = conversationWalks.withLock {
            $0.note(key.archive, place, month, of: first...last, count: view.conversations.count)
        }
        guard let load else { return }
        background.start { [self] in
            let keys = load.positions.map {
                FolderKey(archive: key.archive, conversation: view.conversation(at: $0, in: load.order))
            }
            preload(folders: keys, view)
            var left = segments.budget / 4
            var numbers: [Int] = []
            var loaded: [FolderKey] = []
            for (position, key) in zip(load.positions, keys) {
                let places = folders.cached(key).map { segmentPlaces(in: $0, load.months, key.archive) } ?? []
                guard left > 0 else {
                    conversationWalks.withLock { $0.stopped(key.archive, load, at: position) }
                    break
                }
                // What is left of a long one is loaded as its months are walked through.
                numbers += places.prefix(Self.count(of: places.map(\.size), within: &left)).compactMap { place in
                    registry.withLock { $0.number(ofSegment: place.segment) }
                }
                loaded.append(key)
            }
            let found = loaded
            preload(segments: numbers) { [self] in
                for key in found {
                    guard let shown = folders.cached(key) else { continue }
                    let months = shown.months.map(\.month).filter { load.months?.contains($0) ?? true }
                    preload(listingsOf: months, of: shown, key, in: shownIn)
                }
            }
        }
    }

    /// Makes the lists of months whose segments are in memory, so that who lists them next has an answer at once.
    private func preload(listingsOf months: [Month], of shown: ShownConversation, _ key: FolderKey, in view: View) {
        // A month's media are brought when somebody looks into it for the first time.
        guard view != .transcripts, prefetch != .month, let chats = views.cached(key.archive) else { return }
        for month in months where shown.part(month, in: view) != nil {
            let key = ListingKey(folder: key, month: month, mediaOnly: view == .media)
            _ = try? listing(of: key, chats, .never, isAhead: true)
        }
    }

    /// How many of the first of some segments, by their sizes in bytes, are loaded into memory of which so much is left. The
    /// last one may go beyond, so that one is loaded where there is any.
    static func count(of sizes: [Int], within left: inout Int) -> Int {
        var count = 0
        while count < sizes.count, left > 0 {
            left -= sizes[count]
            count += 1
        }
        return count
    }

    /// The segments of some months, and their sizes in bytes.
    private func segmentPlaces(
        in shown: ShownConversation, _ months: ClosedRange<Month>?, _ archive: TreeID
    ) -> [(segment: Registry.SegmentPlace, size: Int)] {
        let parts = shown.months.filter { months?.contains($0.month) ?? true }
        return Set(parts.flatMap(\.segments)).sorted().compactMap { index in
            let record = shown.folder.months[index]
            return place(of: record.node, archive).map { ($0, Int(clamping: record.size)) }
        }
    }

    private func preload(folders keys: [FolderKey], _ view: ChatView) {
        folders.preload(keys) { missing, deliver in
            let names = missing.map { view.conversations[$0.conversation].folder }
            guard let found = try? view.archive.folders(named: names) else { return }
            for (key, folder) in zip(missing, found) {
                let shown = ShownConversation(folder, in: zone)
                deliver(key, shown, shown.cost)
            }
        }
    }

    /// Loads segments, the first ones first, those that lie together with one request, and several requests at a time.
    /// Returns before they are there; `then` is called when all are, or could not be had.
    private func preload(segments numbers: [Int], then: @escaping @Sendable () -> Void) {
        let places = registry.withLock { registry in numbers.map { registry.segments[$0] } }
        var wanted: [BlobID: [Int]] = [:]
        for (position, place) in places.enumerated() {
            if let first = place.blobs.first { wanted[first, default: []].append(position) }
        }
        let batches = repository.neighbours(wanted.keys, .data, limit: Self.batchSize)
            .map { batch in batch.flatMap { wanted[$0] ?? [] }.sorted() }
            .sorted { ($0.first ?? 0) < ($1.first ?? 0) }
            .map { batch in batch.map { (number: numbers[$0], place: places[$0]) } }
        let work = SharedBatches(batches)
        for _ in 0..<min(background.atOnce, batches.count) {
            background.start { [self] in
                while let batch = work.take() {
                    preload(segments: batch)
                    if work.done() { then() }
                }
            }
        }
    }

    private func preload(segments batch: SharedBatches.Batch) {
        let found = Dictionary(batch.map { ($0.number, $0.place) }, uniquingKeysWith: { $1 })
        segments.preload(Array(found.keys)) { missing, deliver in
            let places = missing.compactMap { number in found[number].map { (number, $0) } }
            var parts: [BlobID: [UInt8]] = [:]
            var waiting: [BlobID: [Int]] = [:]
            for (index, place) in places.enumerated() {
                for blob in Set(place.1.blobs) { waiting[blob, default: []].append(index) }
            }
            // Each is decoded as soon as its text is there, so that no more than one text is held.
            try? repository.blobs(waiting.keys, .data, retention: .metadata, windowed: false) {
                (id, bytes) throws(RepositoryError) in
                parts[id] = bytes
                for (number, place) in (waiting[id] ?? []).map({ places[$0] }) {
                    let texts = place.blobs.compactMap { parts[$0] }
                    guard texts.count == place.blobs.count else { continue }
                    for blob in place.blobs { parts[blob] = nil }
                    guard
                        let segment = try? Segment(
                            parsing: texts.count == 1 ? texts[0] : Array(texts.joined()), name: place.name)
                    else { continue }
                    deliver(number, segment, segment.cost)
                }
            }
        }
    }
}

/// Batches of segments that several jobs load, each taking the next one.
private final class SharedBatches: Sendable {
    typealias Batch = [(number: Int, place: Registry.SegmentPlace)]

    private let state: Mutex<(waiting: ArraySlice<Batch>, left: Int)>

    init(_ batches: [Batch]) { state = Mutex((batches[...], batches.count)) }

    func take() -> Batch? { state.withLock { $0.waiting.popFirst() } }

    /// Notes that one has been loaded; whether it was the last one.
    func done() -> Bool {
        state.withLock { state in
            state.left -= 1
            return state.left == 0
        }
    }
}
