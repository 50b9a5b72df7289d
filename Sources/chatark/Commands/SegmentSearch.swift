import ChatArchive
import ChatModel
import JSON
import ResticRepository
import Search
import Synchronization

/// Looks through the segments of conversations, some at a time on all cores, and shows what matches in their order.
///
/// A segment that cannot be read is told of, and the others are looked through; a store that does not answer ends it.
struct SegmentSearch {
    let query: TextQuery
    let archive: Archive
    let tree: FolderTree
    let report: SearchReport
    var span = Timestamp(milliseconds: .min)..<Timestamp(milliseconds: .max)
    var sender: SearchedSender?
    var kind: Message.Kind?
    let progress = Progress()

    /// How far it is, and what could not be looked through; readable from any thread.
    final class Progress: Sendable {
        private let state = Mutex((done: 0, whole: 0, failures: [String]()))

        /// Conversations.
        var values: (done: Int, whole: Int) { state.withLock { ($0.done, $0.whole) } }
        var failures: [String] { state.withLock { $0.failures } }

        func set(done: Int, of whole: Int) { state.withLock { ($0.done, $0.whole) = (done, whole) } }
        func add(failure: String) { state.withLock { $0.failures.append(failure) } }
    }

    /// Segments that one worker reads and looks through before it asks for more: some hundred KB in one range.
    private static let together = 256
    /// Segments whose matches are held until those before them have been printed.
    private static let held = 4096
    /// Conversations whose lists of months are read together.
    private static let lists = 64

    private struct Hit: Sendable {
        let line: Int
        /// Nil when only the number matters.
        let message: MessageLine?
    }

    private struct Segment: Sendable {
        let record: ConversationRecord
        let month: MonthRecord

        var words: String { "'\(record.folder)' \(month.month)" }
    }

    /// Returns how many messages match.
    func run(in conversations: [ConversationRecord]) throws -> Int {
        var found = 0
        var segments: [Segment] = []
        progress.set(done: 0, of: conversations.count)
        for start in stride(from: 0, to: conversations.count, by: Self.lists) {
            let part = Array(conversations[start..<min(start + Self.lists, conversations.count)])
            for (record, folder) in try folders(of: part) {
                segments += folder.months
                    .filter { $0.span.lowerBound < span.upperBound && $0.span.upperBound >= span.lowerBound }
                    .map { Segment(record: record, month: $0) }
            }
            guard segments.count >= Self.held || start + Self.lists >= conversations.count else { continue }
            found += try look(through: segments)
            progress.set(done: min(start + Self.lists, conversations.count), of: conversations.count)
            segments = []
        }
        return found
    }

    /// The lists of months, read together if they can be.
    private func folders(
        of records: [ConversationRecord]
    ) throws -> [(record: ConversationRecord, folder: ConversationFolder)] {
        do {
            return Array(zip(records, try archive.folders(named: records.map(\.folder))))
        } catch {
            guard Self.isOfOnePiece(error) else { throw error }
            return try records.compactMap { record in
                do {
                    return (record, try archive.folder(named: record.folder))
                } catch {
                    guard Self.isOfOnePiece(error) else { throw error }
                    note("'\(record.folder)'", error)
                    return nil
                }
            }
        }
    }

    private func look(through segments: [Segment]) throws -> Int {
        let found = try Self.inParallel(segments.count, atOnce: Self.together) { range in
            try hits(in: Array(segments[range]))
        }
        var count = 0
        for (segment, hits) in zip(segments, found) {
            for hit in hits where hit.message.map({ accepts($0.message) }) ?? true {
                count += 1
                if let message = hit.message { try show(message, hit.line, segment) }
            }
        }
        return count
    }

    /// What `work` gives for the ranges of `0..<count`, in order, on all cores.
    private static func inParallel<Value: Sendable>(
        _ count: Int, atOnce: Int, _ work: @escaping @Sendable (Range<Int>) throws -> [Value]
    ) throws -> [Value] {
        let ranges = stride(from: 0, to: count, by: atOnce).map { $0..<min($0 + atOnce, count) }
        return try concurrently(ranges, atOnce: ProcessorCount.current, work).flatMap { $0 }
    }

    /// The hits of each segment. Segments are read together; when that fails for one of them, those that are left one by one.
    private func hits(in segments: [Segment]) throws -> [[Hit]] {
        var hits = [[Hit]?](repeating: nil, count: segments.count)
        do {
            try archive.segments(segments.map(\.month)) { index, text in
                hits[index] = try self.hits(in: text, of: segments[index])
            }
        } catch {
            guard Self.isOfOnePiece(error) else { throw error }
            for (index, segment) in segments.enumerated() where hits[index] == nil {
                do {
                    try archive.segments([segment.month]) { _, text in
                        hits[index] = try self.hits(in: text, of: segment)
                    }
                } catch {
                    guard Self.isOfOnePiece(error) else { throw error }
                    note(segment.words, error)
                }
            }
        }
        return hits.map { $0 ?? [] }
    }

    private func hits(in text: [UInt8], of segment: Segment) throws -> [Hit] {
        let isNumberEnough = report.isCounting && kind == nil && sender == nil && isWholeSpan
        let matches = try query.matches(in: text)
        if let reason = matches.reason {
            progress.add(
                failure: "\(segment.words): \(Words.count(matches.givenUp, "message")) not looked through. \(reason)")
        }
        // The first line names the conversation.
        return try matches.lines.compactMap { found in
            if isNumberEnough { return Hit(line: found.number - 1, message: nil) }
            let line = try JSONReader.read(Array(text[found.range])) { (reader) throws(JSONError) in
                try InterchangeLine(reading: &reader)
            }
            guard case .message(let line) = line else { return nil }
            return Hit(line: found.number - 1, message: line)
        }
    }

    private var isWholeSpan: Bool { span.lowerBound.milliseconds == .min && span.upperBound.milliseconds == .max }

    private func accepts(_ message: Message) -> Bool {
        guard span.contains(message.time), kind == nil || message.kind == kind else { return false }
        guard let sender else { return true }
        return message.sender.map { sender.accepts($0) } ?? false
    }

    private func show(_ message: MessageLine, _ line: Int, _ segment: Segment) throws {
        guard !report.isCounting else { return }
        var shown = ShownMessage()
        do {
            shown = try tree.message(ofLine: line, in: segment.month, ofFolder: segment.record.folder)
        } catch {
            guard Self.isOfOnePiece(error) else { throw error }
            // Another segment of the same month cannot be read, so that the names of its files are not known.
            note(segment.words, error)
        }
        try report.show(message, as: shown, inFolder: segment.record.folder)
    }

    private func note(_ what: String, _ error: any Error) {
        let failure = "\(what): \(Failing.statusAndWords(of: error)?.1 ?? "\(error)")"
        if !progress.failures.contains(failure) { progress.add(failure: failure) }
    }

    /// Whether one piece of the repository is damaged, gone, or not on this machine, while others may be read.
    private static func isOfOnePiece(_ error: any Error) -> Bool {
        switch error {
        case let error as RepositoryError: isOfOnePiece(error)
        case .repository(let error) as ArchiveError: isOfOnePiece(error)
        case .repository(let error) as FolderTreeError: isOfOnePiece(error)
        case .archive(.damagedFile) as FolderTreeError, .archive(.missingFile) as FolderTreeError: true
        case .damagedFile as ArchiveError, .missingFile as ArchiveError, is JSONError: true
        default: false
        }
    }

    private static func isOfOnePiece(_ error: RepositoryError) -> Bool {
        if case .storage(.offline) = error { true } else { error.concernsContent }
    }
}
