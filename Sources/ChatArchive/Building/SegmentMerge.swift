import ChatModel
import JSON

/// What one month of a conversation becomes when sources are read again: the rules of "the archive only grows".
///
/// - A wording that the archive has is kept as it is; the source is noted as having it.
/// - A wording that it does not have is added; if the platform's id was known, that is an edit.
/// - A wording that the source had and does not give any more loses the source; when none is left, it is marked `gone`.
/// - A wording that comes back loses the mark.
/// - Where `raw` is a `PlatformRow`, whole, it decides before the words that were made of it: people are renamed, and
///   importers learn. The words made last stay.
///
/// Rows without a platform's id are a multiset: the n-th of equal rows of one export is the n-th of equal lines. Rows of two
/// exports of one source are the same messages; rows of one export are not. What one export left out and another one has
/// unites in the same way, after everything else has found its line: see `OmittedFile`.
struct SegmentMerge {
    /// A row as a source gives it now.
    struct Row {
        var message: Message
        /// Which of the source's exports it stood in; the rows of one come together.
        var export: Int

        /// Appends the line of a bucket: the export stands where an archive's line has its sources.
        func encode(into writer: inout JSONWriter) {
            MessageLine(message, sources: [export]).encode(into: &writer)
        }
    }

    /// What happened to the rows and the lines.
    struct Counts: Equatable {
        var stored = 0
        /// Rows whose line was there before this backup.
        var alreadyArchived = 0
        /// Rows whose line another row of this backup has already met.
        var duplicates = 0
        /// Of the stored ones, those that are another wording of a known message.
        var edited = 0
        /// Lines that this backup marked, but for the earlier wordings of edited ones; and lines whose mark it took.
        var nowGone = 0
        var cameBack = 0
    }

    /// How the rows of one export, or the lines of another archive, have found their lines so far.
    private struct Matching {
        /// Whether two rows may be the same line because they say the same platform's id.
        let idsRepeat: Bool
        var used: Set<Int> = []
        /// Of the lines of a wording, those before are used.
        var cursors: [Wording: Int] = [:]
        /// The same of the lines of one place.
        var placeCursors: [OmittedFile.Place: Int] = [:]
    }

    private var unsorted: [MessageLine]
    private var rowCounts = Counts()
    /// Of the lines that were there before this backup, whether they were marked.
    private var wasGone: [Bool]
    /// When the sources that have lost a line in this backup had it last.
    private var lost: [Int: Timestamp] = [:]
    private var positions: [Wording: [Int]] = [:]
    /// The lines whose file another export may leave out, or may have.
    private var places: [OmittedFile.Place: [Int]] = [:]
    private var knownIDs: Set<MessageID> = []
    /// The lines of a platform's id; made when a known one has another wording.
    private var linesOfIDs: [MessageID: [Int]]?

    /// Starts from what the archive has of the month.
    init(previous: [MessageLine]) {
        unsorted = previous
        wasGone = previous.map { $0.gone != nil }
        for (index, line) in previous.enumerated() { note(Wording(line.message), line.message, at: index) }
    }

    /// The lines by time; those of one moment as they were before, then as they came.
    var lines: [MessageLine] {
        let isSorted = zip(unsorted, unsorted.dropFirst()).allSatisfy { $0.message.time <= $1.message.time }
        guard !isSorted else { return unsorted }
        return unsorted.indices
            .sorted { (unsorted[$0].message.time, $0) < (unsorted[$1].message.time, $1) }
            .map { unsorted[$0] }
    }

    /// What happened so far.
    var counts: Counts {
        var counts = rowCounts
        var gone: [Int] = []
        for (index, wasGone) in wasGone.enumerated() where wasGone != (unsorted[index].gone != nil) {
            if wasGone { counts.cameBack += 1 } else { gone.append(index) }
        }
        counts.nowGone = gone.count - earlierWordings(among: gone)
        return counts
    }

    /// How many of some lines that are gone have a later wording.
    private func earlierWordings(among gone: [Int]) -> Int {
        var orders: [MessageID: WordingOrder] = [:]
        for index in gone { if let id = unsorted[index].message.id { orders[id] = WordingOrder() } }
        guard !orders.isEmpty else { return 0 }
        for line in unsorted { if let id = line.message.id { orders[id]?.note((line.message.kind, line.gone)) } }
        return gone.count { index in
            let line = unsorted[index]
            return line.message.id.flatMap { orders[$0] }?.hasLater((line.message.kind, line.gone)) ?? false
        }
    }

    // MARK: What a source gives

    /// Merges all rows that a source gives for the month.
    ///
    /// - Parameter lastSeen: when the source was read the time before; nil when it was not read whole this time, so that
    ///   what it did not give may be there all the same.
    /// - Returns: how many rows repeat another row of the same source.
    @discardableResult
    mutating func give(_ rows: [Row], from source: Int, lastSeen: Timestamp?) -> Int {
        var held: Set<Int> = []
        var repeats = 0
        var start = 0
        while start < rows.count {
            let end = rows[start...].firstIndex { $0.export != rows[start].export } ?? rows.count
            repeats += give(rows[start..<end], from: source, &held)
            start = end
        }
        guard let lastSeen else { return repeats }
        for index in unsorted.indices where !held.contains(index) && unsorted[index].sources.contains(source) {
            unsorted[index].sources.removeAll { $0 == source }
            let time = max(lost[index] ?? lastSeen, lastSeen)
            lost[index] = time
            if unsorted[index].sources.isEmpty { unsorted[index].gone = time }
        }
        return repeats
    }

    /// Merges the rows of one export. Those that match exactly go first, so that one whose file is missing does not take
    /// the line of another; those whose file was left out go last.
    private mutating func give(_ rows: ArraySlice<Row>, from source: Int, _ held: inout Set<Int>) -> Int {
        var repeats = 0
        var matching = Matching(idsRepeat: true)
        let wordings = rows.map { Wording($0.message) }
        var matches = zip(rows, wordings).map { line(of: $0.message, $1, exactly: true, heldBy: source, &matching) }
        for (position, row) in rows.enumerated() where matches[position] == nil && row.message.id == nil {
            matches[position] = line(
                of: row.message, wordings[position], exactly: false, heldBy: source, &matching)
        }
        for (position, row) in rows.enumerated() {
            // Rows with an id may meet the line of a row before them.
            let match =
                matches[position]
                ?? (row.message.id == nil
                    ? lineWithOtherFile(for: row.message, &matching)
                    : line(of: row.message, wordings[position], exactly: false, heldBy: source, &matching)
                        ?? lineMadeOfTheSame(as: row.message, takingWords: true, &matching))
            guard let index = match else {
                if let id = row.message.id, knownIDs.contains(id) { rowCounts.edited += 1 }
                rowCounts.stored += 1
                held.insert(append(MessageLine(row.message, sources: [source]), wordings[position], &matching))
                continue
            }
            let isFirst = held.insert(index).inserted
            if !isFirst { repeats += 1 }
            if isFirst, index < wasGone.count { rowCounts.alreadyArchived += 1 } else { rowCounts.duplicates += 1 }
            found(index, row.message, source)
        }
        return repeats
    }

    private mutating func found(_ index: Int, _ message: Message, _ source: Int) {
        complete(index, from: message)
        // The moment of a wall time is an assumption; the latest one counts.
        if let wallTime = message.wallTime, wallTime == unsorted[index].message.wallTime {
            unsorted[index].message.time = message.time
        }
        unsorted[index].gone = nil
        if !unsorted[index].sources.contains(source) {
            unsorted[index].sources.append(source)
            unsorted[index].sources.sort()
        }
    }

    // MARK: What another archive has

    /// Merges the same month of another archive, whose lines already count sources as ours do.
    ///
    /// Who has a message is believed of each source as the archive says that read it later.
    ///
    /// - Parameters:
    ///   - ours: when we last read a source.
    ///   - theirs: when the other one did.
    mutating func merge(_ other: [MessageLine], ours: (Int) -> Timestamp, theirs: (Int) -> Timestamp) {
        let ownCount = unsorted.count
        var matching = Matching(idsRepeat: false)
        let wordings = other.map { Wording($0.message) }
        var matches = zip(other, wordings).map { line(of: $0.message, $1, exactly: true, heldBy: nil, &matching) }
        for (position, theirLine) in other.enumerated() where matches[position] == nil {
            matches[position] = line(
                of: theirLine.message, wordings[position], exactly: false, heldBy: nil, &matching)
        }
        for (position, theirLine) in other.enumerated() {
            let index =
                matches[position] ?? lineWithOtherFile(for: theirLine.message, &matching)
                ?? lineMadeOfTheSame(as: theirLine.message, takingWords: false, &matching)
                ?? append(MessageLine(theirLine.message), wordings[position], &matching)
            complete(index, from: theirLine.message)
            settle(index, theirLine.sources, theirLine.gone, ours, theirs)
        }
        for index in 0..<ownCount where !matching.used.contains(index) { settle(index, [], nil, ours, theirs) }
        wasGone = unsorted.map { $0.gone != nil }
    }

    /// Sets who has a line; one that loses its last source is gone since the latest reading that found it.
    private mutating func settle(
        _ index: Int, _ theirSources: [Int], _ theirMark: Timestamp?, _ ours: (Int) -> Timestamp,
        _ theirs: (Int) -> Timestamp
    ) {
        let ourSources = unsorted[index].sources
        var kept: Set<Int> = []
        var readings = [unsorted[index].gone, theirMark].compactMap { $0 }
        for source in Set(ourSources).union(theirSources) {
            let (isOurs, isTheirs) = (ourSources.contains(source), theirSources.contains(source))
            if ours(source) < theirs(source) ? isTheirs : isOurs { kept.insert(source) }
            readings.append(
                isOurs && isTheirs ? max(ours(source), theirs(source)) : isOurs ? ours(source) : theirs(source))
        }
        unsorted[index].sources = kept.sorted()
        unsorted[index].gone = kept.isEmpty ? readings.max() : nil
    }

    // MARK: Which line a row is

    /// The line that a message is, or nil for a new one.
    ///
    /// Of lines with the same wording it is the first one with the same files; when not `exactly`, also one whose files do
    /// not contradict, as where either lacks one. Then one that the source had is better.
    private mutating func line(
        of message: Message, _ wording: Wording, exactly: Bool, heldBy source: Int?, _ matching: inout Matching
    ) -> Int? {
        guard let known = positions[wording] else { return nil }
        let isOwn = !(matching.idsRepeat && message.id != nil)
        var start = 0
        if isOwn {
            start = matching.cursors[wording, default: 0]
            while start < known.count, matching.used.contains(known[start]) { start += 1 }
            matching.cursors[wording] = start
        }
        var found: Int?
        for index in known[start...] where !(isOwn && matching.used.contains(index)) {
            switch Wording.compare(unsorted[index].message, message) {
            case .same:
                matching.used.insert(index)
                return index
            case .compatible where !exactly:
                let wasHeld = source.map { unsorted[index].sources.contains($0) } ?? false
                let isBetter = wasHeld && !(found.map { unsorted[$0].sources.contains(source ?? -1) } ?? false)
                if found == nil || isBetter { found = index }
            default: break
            }
        }
        if let found { matching.used.insert(found) }
        return found
    }

    /// The first line of the place that no other row has taken, of which this message has the file, or the other way round.
    private mutating func lineWithOtherFile(for message: Message, _ matching: inout Matching) -> Int? {
        guard let place = OmittedFile.Place(message), let known = places[place] else { return nil }
        var start = matching.placeCursors[place, default: 0]
        while start < known.count, matching.used.contains(known[start]) { start += 1 }
        matching.placeCursors[place] = start
        let found = known[start...].first {
            !matching.used.contains($0) && OmittedFile.unites(unsorted[$0].message, message)
        }
        if let found { matching.used.insert(found) }
        return found
    }

    /// The line of a message that the platform has word for word, of which other words were made.
    private mutating func lineMadeOfTheSame(
        as message: Message, takingWords: Bool, _ matching: inout Matching
    ) -> Int? {
        guard let id = message.id, let raw = message.raw, knownIDs.contains(id), PlatformRow.isWhole(raw) else {
            return nil
        }
        if linesOfIDs == nil {
            linesOfIDs = unsorted.indices.reduce(into: [:]) { lines, index in
                if let id = unsorted[index].message.id { lines[id, default: []].append(index) }
            }
        }
        let found = linesOfIDs?[id]?.first { index in
            let line = unsorted[index].message
            return line.raw == raw && line.sender == message.sender
                && Wording.compareFiles(line, message) != .different
        }
        guard let found else { return nil }
        matching.used.insert(found)
        if takingWords {
            unsorted[found].message.kind = message.kind
            unsorted[found].message.text = message.text
            positions[Wording(unsorted[found].message), default: []].append(found)
        }
        return found
    }

    /// Gives a line what it lacked; with its file it has another wording, under which the next row finds it.
    private mutating func complete(_ index: Int, from message: Message) {
        let before = OmittedFile.Place(unsorted[index].message) == nil ? nil : Wording(unsorted[index].message)
        Wording.complete(&unsorted[index].message, from: message)
        guard let before else { return }
        let wording = Wording(unsorted[index].message)
        if wording != before { positions[wording, default: []].append(index) }
    }

    private mutating func append(_ line: MessageLine, _ wording: Wording, _ matching: inout Matching) -> Int {
        let index = unsorted.count
        note(wording, line.message, at: index)
        matching.used.insert(index)
        unsorted.append(line)
        return index
    }

    private mutating func note(_ wording: Wording, _ message: Message, at index: Int) {
        positions[wording, default: []].append(index)
        if let place = OmittedFile.Place(message) { places[place, default: []].append(index) }
        if let id = message.id {
            knownIDs.insert(id)
            linesOfIDs?[id, default: []].append(index)
        }
    }
}
