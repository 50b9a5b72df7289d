import ArgumentParser
import ChatArchive
import ChatModel
import Dispatch
import Glibc
import JSON
import ResticRepository
import Search
import Synchronization

/// Finds messages by their words, without a mount and without an index on disk.
struct SearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find messages by their words.",
        discussion: """
            All words must stand in a message's text or in the names of its files; the case of letters does not matter. Only the \
            messages' segments are read, in few large ranges, and nothing is written.

            Examples:
              chatark search 西湖
              chatark search contract signed --since 2021-01-01 --conversation 张伟
              chatark search lunch --sender Emma --json
            """)

    @OptionGroup var options: RepositoryOptions

    @Argument(help: "Words that a message must all have.")
    var words: [String]

    @Option(help: ArgumentHelp("The snapshot: an id, the start of one, or 'latest' (default).", valueName: "id"))
    var snapshot: String?

    @Option(help: ArgumentHelp("The newest snapshot that is not later than this date.", valueName: "date"))
    var at: String?

    @Option(help: ArgumentHelp("Only this conversation, by its folder's name; may be repeated.", valueName: "name"))
    var conversation: [String] = []

    @Option(help: ArgumentHelp("Only what somebody of this name sent.", valueName: "name"))
    var sender: String?

    @Option(help: ArgumentHelp("Only messages of this kind: text, image, file, link …", valueName: "kind"))
    var kind: String?

    @Option(help: ArgumentHelp("Only what was sent at this time or later.", valueName: "date"))
    var since: String?

    @Option(help: ArgumentHelp("Only what was sent until the end of this day, minute or second.", valueName: "date"))
    var until: String?

    @Option(help: ArgumentHelp("The zone of all times (default: this machine's).", valueName: "zone"))
    var tz: String?

    @Flag(help: "Print only how many messages match.")
    var count = false

    func run() throws {
        guard let query = TextQuery(words: words) else { throw CommandError.noWords }
        let zone = try Dates.zone(tz)
        let from = try since.map { try Dates.range($0, in: zone).lowerBound } ?? Timestamp(milliseconds: .min)
        let to = try until.map { try Dates.range($0, in: zone).upperBound } ?? Timestamp(milliseconds: .max)
        var wanted: Message.Kind?
        if let kind {
            guard let known = Message.Kind(rawValue: kind) else { throw CommandError.badKind(kind) }
            wanted = known
        }
        let choice = try SnapshotChoice(id: snapshot, at: at)
        let repository = try options.open(anticipating: true)
        let snapshots = try repository.snapshotsWithIndex()
        let stored = try choice.find(among: snapshots, zone: zone)
        guard try SnapshotLayout(of: stored.snapshot.tree, in: repository) != nil else {
            throw CommandError.noArchive(snapshot: stored.id.short)
        }
        let archive = try Archive(repository: repository, snapshotTree: stored.snapshot.tree)
        let tree = try FolderTree(
            repository: repository, root: .snapshot(stored.id), snapshots: snapshots, zone: zone,
            owner: (getuid(), getgid()))
        let all = try archive.conversations()
        for name in conversation where !all.contains(where: { $0.folder == name }) {
            throw CommandError.noSuchConversation(name)
        }
        var search = SegmentSearch(
            query: query, archive: archive, tree: tree, zone: zone, isJSON: options.json, isCounting: count)
        search.span = from..<max(from, to)
        search.sender = sender?.lowercased()
        search.kind = wanted
        var found = 0
        for record in all where conversation.isEmpty || conversation.contains(record.folder) {
            found += try search.run(in: record)
        }
        if count { Output.line(String(found)) }
        if !count, !options.json, !options.quiet { Output.note(Words.count(found, "message")) }
    }
}

/// Looks through the segments of conversations, some at a time on all cores, and prints what matches in their order.
private struct SegmentSearch {
    let query: TextQuery
    let archive: Archive
    let tree: FolderTree
    let zone: Zone
    let isJSON: Bool
    let isCounting: Bool
    var span = Timestamp(milliseconds: .min)..<Timestamp(milliseconds: .max)
    var sender: String?
    var kind: Message.Kind?

    /// Segments that are read and looked through together.
    private static let together = 64

    private struct Hit: Sendable {
        let line: Int
        let message: Message
    }

    func run(in record: ConversationRecord) throws -> Int {
        let months = try archive.folder(named: record.folder).months.filter {
            $0.span.lowerBound < span.upperBound && $0.span.upperBound >= span.lowerBound
        }
        var found = 0
        for start in stride(from: 0, to: months.count, by: Self.together) {
            let part = Array(months[start..<min(start + Self.together, months.count)])
            for (month, hits) in zip(part, try hits(in: part)) {
                for hit in hits where try accepts(hit.message, record) {
                    found += 1
                    if !isCounting { try print(hit, month, record) }
                }
            }
        }
        return found
    }

    /// The messages of segments that match, a list a segment.
    private func hits(in months: [MonthRecord]) throws -> [[Hit]] {
        let workers = max(1, min(ProcessorCount.current, months.count))
        let results = Mutex<(hits: [Int: [Hit]], error: (any Error)?)>(([:], nil))
        let (query, archive) = (query, archive)
        DispatchQueue.concurrentPerform(iterations: workers) { worker in
            do {
                let mine = months.indices.filter { $0 * workers / months.count == worker }
                try archive.segments(mine.map { months[$0] }) { index, text in
                    let hits = try Self.hits(in: text, query)
                    results.withLock { $0.hits[mine[index]] = hits }
                }
            } catch {
                results.withLock { $0.error = $0.error ?? error }
            }
        }
        return try results.withLock { results in
            if let error = results.error { throw error }
            return months.indices.map { results.hits[$0] ?? [] }
        }
    }

    private static func hits(in text: [UInt8], _ query: TextQuery) throws -> [Hit] {
        try query.candidates(in: text).compactMap { candidate in
            let line = try JSONReader.read(Array(text[candidate.range])) { (reader) throws(JSONError) in
                try InterchangeLine(reading: &reader)
            }
            // The first line names the conversation.
            guard case .message(let found) = line, candidate.number > 0 else { return nil }
            let names = found.message.attachments.map(\.name)
            guard query.matches(([found.message.text] + names).joined(separator: "\n")) else { return nil }
            return Hit(line: candidate.number - 1, message: found.message)
        }
    }

    private func accepts(_ message: Message, _ record: ConversationRecord) throws -> Bool {
        guard span.contains(message.time), kind == nil || message.kind == kind else { return false }
        guard let sender else { return true }
        guard let person = message.sender else { return false }
        return try tree.name(of: person, inFolder: record.folder).lowercased() == sender
    }

    private func print(_ hit: Hit, _ month: MonthRecord, _ record: ConversationRecord) throws {
        let path = try tree.path(ofLine: hit.line, in: month, ofFolder: record.folder)
        let name = try hit.message.sender.map { try tree.name(of: $0, inFolder: record.folder) } ?? ""
        let names = hit.message.attachments.map(\.name).filter { !$0.isEmpty }
        guard !isJSON else {
            return Output.json { json in
                json.beginObject()
                for (key, value) in [
                    ("conversation", record.folder), ("sender", name), ("kind", hit.message.kind.rawValue),
                    ("text", hit.message.text), ("path", path ?? ""),
                ] {
                    json.key(key)
                    json.string(value)
                }
                json.key("time")
                json.int(hit.message.time.milliseconds)
                json.optionalStrings("files", names)
                json.endObject()
            }
        }
        let text = ([hit.message.text] + names).filter { !$0.isEmpty }.joined(separator: " ")
        let line = String(text.map { $0.isNewline ? " " : $0 })
        Output.line("\(path ?? record.folder)\n  [\(Dates.text(hit.message.time, in: zone))] \(name): \(line)")
    }
}

/// How many cores there are.
private enum ProcessorCount {
    static var current: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
