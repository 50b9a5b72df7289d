import ChatModel

/// What one month of a conversation becomes when a source is read again: the rules of "the archive only grows".
///
/// - A wording that the archive has is kept as it is; the source is noted as having it.
/// - A wording that it does not have is added; if the platform's id was known, that is an edit.
/// - A wording that the source had and does not give any more loses the source; when none is left, it is marked `gone`.
/// - A wording that comes back loses the mark.
struct SegmentMerge {
    /// A row as a source gives it now.
    struct Row {
        var message: Message
        /// Which of the source's exports it stood in; ordinals count within one.
        var export: Int
    }

    /// What happened to the rows and the lines.
    struct Counts: Equatable {
        var stored = 0
        var alreadyArchived = 0
        var duplicates = 0
        /// Of the stored ones, those that are another wording of a known message.
        var edited = 0
        var nowGone = 0
        var cameBack = 0
    }

    /// One wording of a message: the same identity with other content is an edit.
    private struct Wording: Hashable {
        let identity: MessageIdentity
        let content: MessageContent
    }

    private(set) var lines: [MessageLine]
    private(set) var counts = Counts()
    private var positions: [Wording: [Int]] = [:]
    private var knownIdentities: Set<MessageIdentity> = []

    /// Starts from what the archive has of the month.
    init(previous: [MessageLine]) {
        lines = previous
        var ordinals = IdentityCounter()
        for (index, line) in previous.enumerated() {
            note(Wording(identity: ordinals.identity(of: line.message), content: MessageContent(of: line.message)), at: index)
        }
    }

    /// Merges all rows that a source gives for the month. `lastSeen` is when the source was read the time before.
    mutating func give(_ rows: [Row], from source: Int, lastSeen: Timestamp) {
        var seen: Set<Int> = []
        var ordinals: [Int: IdentityCounter] = [:]
        for row in rows {
            let identity = ordinals[row.export, default: IdentityCounter()].identity(of: row.message)
            let wording = Wording(identity: identity, content: MessageContent(of: row.message))
            if let index = positions[wording]?.first(where: { isSame(lines[$0].message, row.message) }) {
                if seen.insert(index).inserted {
                    found(index, row.message, source)
                } else {
                    counts.duplicates += 1
                }
            } else {
                if knownIdentities.contains(identity) { counts.edited += 1 }
                counts.stored += 1
                seen.insert(lines.count)
                note(wording, at: lines.count)
                lines.append(MessageLine(row.message, sources: [source]))
            }
        }
        for index in lines.indices where !seen.contains(index) && lines[index].sources.contains(source) {
            lines[index].sources.removeAll { $0 == source }
            guard lines[index].sources.isEmpty else { continue }
            lines[index].gone = lastSeen
            counts.nowGone += 1
        }
        sort()
    }

    /// Merges the same month of another archive, whose lines already count sources as ours do.
    ///
    /// Who has a message is believed of each source as the archive says that read it later: `isNewer` says whether the
    /// other did.
    mutating func merge(_ other: [MessageLine], isNewer: (Int) -> Bool, lastSeen: (Int) -> Timestamp) {
        var met: Set<Int> = []
        var ordinals = IdentityCounter()
        for line in other {
            let wording = Wording(identity: ordinals.identity(of: line.message), content: MessageContent(of: line.message))
            let index: Int
            if let known = positions[wording]?.first(where: { isSame(lines[$0].message, line.message) }) {
                index = known
                adopt(line.message.attachments, at: index)
            } else {
                index = lines.count
                note(wording, at: index)
                lines.append(MessageLine(line.message, gone: line.gone))
            }
            met.insert(index)
            let theirs = line.sources.filter(isNewer)
            settle(index, sources: lines[index].sources.filter { !isNewer($0) } + theirs, gone: line.gone, lastSeen)
        }
        for index in lines.indices where !met.contains(index) && lines[index].sources.contains(where: isNewer) {
            settle(index, sources: lines[index].sources.filter { !isNewer($0) }, gone: nil, lastSeen)
        }
        sort()
    }

    /// Sets who has a line; one that loses its last source is gone since that one was last read.
    private mutating func settle(
        _ index: Int, sources: [Int], gone: Timestamp?, _ lastSeen: (Int) -> Timestamp
    ) {
        let lost = lines[index].sources.map(lastSeen)
        lines[index].sources = Set(sources).sorted()
        lines[index].gone = sources.isEmpty ? (lost + [lines[index].gone, gone].compactMap { $0 }).max() : nil
    }

    private mutating func note(_ wording: Wording, at index: Int) {
        positions[wording, default: []].append(index)
        knownIdentities.insert(wording.identity)
    }

    private mutating func found(_ index: Int, _ message: Message, _ source: Int) {
        counts.alreadyArchived += 1
        adopt(message.attachments, at: index)
        if lines[index].gone != nil {
            lines[index].gone = nil
            counts.cameBack += 1
        }
        if !lines[index].sources.contains(source) {
            lines[index].sources.append(source)
            lines[index].sources.sort()
        }
    }

    /// Takes files that were missing before; never the other way.
    private mutating func adopt(_ attachments: [Attachment], at index: Int) {
        for (position, attachment) in attachments.enumerated() {
            if case .missing = lines[index].message.attachments[position].content, case .stored = attachment.content {
                lines[index].message.attachments[position] = attachment
            }
        }
    }

    /// Whether two of one wording also have the same files, as far as both have them.
    private func isSame(_ left: Message, _ right: Message) -> Bool {
        zip(left.attachments, right.attachments).allSatisfy { left, right in
            guard case .stored(let one, _) = left.content, case .stored(let other, _) = right.content else { return true }
            return one == other
        }
    }

    private mutating func sort() {
        let isSorted = zip(lines, lines.dropFirst()).allSatisfy { $0.message.time <= $1.message.time }
        guard !isSorted else { return }
        let order = lines.indices.sorted { (lines[$0].message.time, $0) < (lines[$1].message.time, $1) }
        lines = order.map { lines[$0] }
        positions = [:]
        knownIdentities = []
        var ordinals = IdentityCounter()
        for (index, line) in lines.enumerated() {
            note(Wording(identity: ordinals.identity(of: line.message), content: MessageContent(of: line.message)), at: index)
        }
    }
}
