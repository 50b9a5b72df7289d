import ChatModel
import ResticRepository
import Synchronization

/// Loading months and conversations ahead of readers. What fails here is met again, and told, by whoever asks for it.
extension FolderTree {
    /// Segments that are fetched together, in bytes as they are stored: in memory they take some ten times as much.
    private static let batchSize = 1 << 20

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
        let load = folderWalks.withLock { $0.note(key.archive, place, count: view.conversations.count) }
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
