import ChatModel
import JSON
import ResticRepository
import Storage
import Synchronization

/// Merges what the sources of a backup give for a month with what earlier archives have of it, and stores the segment.
///
/// Months do not depend on each other: several threads merge one each.
final class MonthMerger<Provider: AttachmentProvider>: Sendable {
    /// What became of a month.
    struct Outcome: Sendable {
        /// Nil when it turned out to have no messages.
        var record: MonthRecord?
        /// Whether the segment is another one than before.
        var isChanged = false
        var account = BackupAccount()
    }

    let writer: RepositoryWriter
    let chunker: Chunker
    private let buckets: MonthBuckets
    private let sources: [ArchiveSource]
    /// Indices of the sources of this backup.
    private let given: [Int]
    /// When each source was last read before this backup; nil for one that was not read whole this time.
    private let lastSeen: [Timestamp?]
    private let attachments: Mutex<AttachmentStore<Provider>>

    init(
        _ buckets: MonthBuckets, from sources: [ArchiveSource], given: [Int], lastSeen: [Timestamp?],
        attachments: sending AttachmentStore<Provider>, into writer: RepositoryWriter, _ chunker: Chunker
    ) {
        self.buckets = buckets
        self.sources = sources
        self.given = given
        self.lastSeen = lastSeen
        self.attachments = Mutex(attachments)
        self.writer = writer
        self.chunker = chunker
    }

    /// Uses the attachments alone.
    func withAttachments<Value: Sendable>(
        _ body: (inout sending AttachmentStore<Provider>) throws(ArchiveError) -> sending Value
    ) throws(ArchiveError) -> Value {
        try attachments.withLock(body)
    }

    /// Stores a file of the archive.
    func store(_ bytes: [UInt8], _ group: PackGroup = .records) throws(ArchiveError) -> FileContent {
        do throws(RepositoryError) {
            var content = FileContentWriter(writer, chunker: chunker, group: group)
            try content.append(bytes)
            return try content.finish()
        } catch { throw .repository(error) }
    }

    /// Merges a month of a conversation, which has a position among those of the new archive.
    ///
    /// Cost: when all sources gave the same before, one pass over the rows' bytes, and decoding of the rows that have
    /// attachments, to look these up.
    func merge(
        _ month: Month, of conversation: ConversationID, at position: Int, _ earlier: [EarlierConversation]
    ) throws(ArchiveError) -> Outcome {
        var outcome = Outcome()
        var rows: [Int: Rows] = [:]
        for source in given {
            let key = MonthBuckets.Key(source: source, conversation: position, month: month)
            if buckets.rowCount(key) > 0 { rows[source] = try readRows(key) }
        }
        let isShared =
            earlier.shared { $0.record(of: month) } != nil && earlier.allSatisfy(\.earlier.keepsNumbers)
        if isShared, let record = earlier[0].record(of: month),
            given.allSatisfy({ record.given[$0]?.digest == rows[$0]?.digest }), isHeld(record, by: earlier[0])
        {
            for (source, rows) in rows {
                let duplicates = min(record.given[source]?.duplicates ?? 0, rows.count)
                outcome.account.duplicates += duplicates
                outcome.account.alreadyArchived += rows.count - duplicates
            }
            outcome.record = record
            return outcome
        }

        outcome.isChanged = true
        var (merge, givenNow) = try combine(isShared ? Array(earlier.prefix(1)) : earlier, month, &outcome.account)
        for source in given {
            let repeats = merge.give(
                try rows[source]?.decoded() ?? [], from: source, lastSeen: lastSeen[source])
            // After a part of what a source has, the next reading is compared message by message.
            let isWhole = lastSeen[source] != nil
            givenNow[source] = rows[source].map {
                MonthRecord.Given(digest: isWhole ? $0.digest : "", duplicates: repeats)
            }
        }
        outcome.account.add(merge.counts)
        outcome.record = try store(merge.lines, month, conversation, givenNow)
        return outcome
    }

    /// What a source gave for a month, its attachments looked up.
    private struct Rows {
        let lines: [UInt8]
        let count: Int
        let digest: String

        func decoded() throws(ArchiveError) -> [SegmentMerge.Row] { try MonthBuckets.rows(lines) }
    }

    private func readRows(_ key: MonthBuckets.Key) throws(ArchiveError) -> Rows {
        var lines = try buckets.lines(key)
        if buckets.hasAttachments(key) { lines = try resolved(lines, of: sources[key.source]) }
        return Rows(
            lines: lines, count: buckets.rowCount(key), digest: String(SHA256Digest(hashing: lines).hex.prefix(16)))
    }

    /// Looks up the attachments of encoded rows. Those without any, which are most, are taken as they are.
    private func resolved(_ lines: [UInt8], of source: ArchiveSource) throws(ArchiveError) -> [UInt8] {
        let places = MonthBuckets.linesWithAttachments(in: lines)
        var rows = try MonthBuckets.rows(places.flatMap { lines[$0] })
        rows = try resolved(rows, of: source)
        var writer = JSONWriter(reserving: lines.count + lines.count / 4)
        var done = 0
        for (place, row) in zip(places, rows) {
            writer.bytes += lines[done..<place.lowerBound]
            row.encode(into: &writer)
            done = place.upperBound
        }
        writer.bytes += lines[done...]
        return writer.bytes
    }

    private func resolved(
        _ rows: [SegmentMerge.Row], of source: ArchiveSource
    ) throws(ArchiveError) -> [SegmentMerge.Row] {
        try withAttachments { (store) throws(ArchiveError) in
            var rows = rows
            try store.resolve(&rows, of: source)
            return rows
        }
    }

    /// What all earlier archives have of a month, and what their latest readings gave for it.
    private func combine(
        _ earlier: [EarlierConversation], _ month: Month, _ account: inout BackupAccount
    ) throws(ArchiveError) -> (SegmentMerge, [Int: MonthRecord.Given]) {
        guard let first = earlier.first else { return (SegmentMerge(previous: []), [:]) }
        var merge = SegmentMerge(previous: try lines(of: month, in: first, &account))
        var given = first.given(for: month)
        var times = sources.indices.map { first.earlier.readTime(of: $0) }
        for other in earlier.dropFirst() {
            let theirs = { (source: Int) in other.earlier.readTime(of: source) }
            let ours = { (source: Int) in
                times.indices.contains(source) ? times[source] : Timestamp(milliseconds: .min)
            }
            merge.merge(try lines(of: month, in: other, &account), ours: ours, theirs: theirs)
            let givenThere = other.given(for: month)
            for source in times.indices where times[source] < theirs(source) {
                times[source] = theirs(source)
                given[source] = givenThere[source]
            }
        }
        return (merge, given)
    }

    /// Whether the repository has a month's messages, as far as its index tells.
    private func isHeld(_ record: MonthRecord, by earlier: EarlierConversation) -> Bool {
        record.blobs.allSatisfy { earlier.earlier.archive.repository.contains($0, .data) }
    }

    /// The messages of a month; none when the repository has lost them, so that what sources still have is stored anew.
    private func lines(
        of month: Month, in earlier: EarlierConversation, _ account: inout BackupAccount
    ) throws(ArchiveError) -> [MessageLine] {
        do throws(ArchiveError) {
            return try earlier.lines(of: month)
        } catch {
            guard case .repository(let error) = error, error.concernsContent else { throw error }
            account.monthsLost += 1
            return []
        }
    }

    private func store(
        _ lines: [MessageLine], _ month: Month, _ conversation: ConversationID, _ given: [Int: MonthRecord.Given]
    ) throws(ArchiveError) -> MonthRecord? {
        guard var first = lines.first?.message.time else { return nil }
        var writer = JSONWriter()
        InterchangeLine.conversation(Conversation(id: conversation, title: "", kind: .unknown, app: ""))
            .encode(into: &writer)
        var last = first
        var holders: Set<Int> = []
        for line in lines {
            line.encode(into: &writer)
            first = min(first, line.message.time)
            last = max(last, line.message.time)
            holders.formUnion(line.sources)
        }
        let content = try store(writer.bytes)
        // What a source gave in another zone's months has no digest here; the next reading is compared line by line.
        let unknown = MonthRecord.Given(digest: "", duplicates: 0)
        return MonthRecord(
            month: month, messages: lines.count, attachments: lines.reduce(0) { $0 + $1.message.attachments.count },
            span: first...last,
            given: Dictionary(uniqueKeysWithValues: holders.map { ($0, given[$0] ?? unknown) }),
            blobs: content.blobs, size: content.size)
    }
}

extension [EarlierConversation] {
    /// What all of them have, when they have the same.
    func shared<Value: Equatable>(by value: (EarlierConversation) -> Value?) -> Value? {
        guard let first = first.flatMap(value), dropFirst().allSatisfy({ value($0) == first }) else { return nil }
        return first
    }
}
