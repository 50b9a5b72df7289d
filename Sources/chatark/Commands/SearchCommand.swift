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
            All words must stand in a message's text or in the names of its files; the case of letters does not matter. With \
            '--regex' they are regular expressions as Perl writes them, and all must match. Only the messages' segments are read, in \
            few large ranges, and nothing is written.

            Examples:
              chatark search 西湖
              chatark search contract signed --since 2021-01-01 --conversation 张伟
              chatark search lunch --sender Emma --json
              chatark search --regex '转账.*[0-9]+ ?元' 'invoice (no|number)'
            """)

    @OptionGroup var options: RepositoryOptions

    @Argument(help: "Words that a message must all have.")
    var words: [String]

    @Flag(name: [.customShort("E"), .long], help: "The words are regular expressions.")
    var regex = false

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
        let terms = regex ? try TextQuery(patterns: words) : TextQuery(words: words)
        guard let query = terms else { throw CommandError.noWords }
        let zone = try Dates.zone(tz)
        let from = try since.map { try Dates.range($0, in: zone).lowerBound } ?? Timestamp(milliseconds: .min)
        let to = try until.map { try Dates.range($0, in: zone).upperBound } ?? Timestamp(milliseconds: .max)
        guard from < to else { throw CommandError.datesReversed }
        var wanted: Message.Kind?
        if let kind {
            guard let known = Message.Kind(rawValue: kind) else { throw CommandError.badKind(kind) }
            wanted = known
        }
        let choice = try SnapshotChoice(id: snapshot, at: at)
        let (repository, snapshots) = try options.openForReading(.whole)
        defer { repository.warnOfLeftOut() }
        let stored = try choice.find(among: snapshots, zone: zone, ofChats: true)
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
        search.span = from..<to
        search.sender = sender?.lowercased()
        search.kind = wanted
        let found = try search.run(in: all.filter { conversation.isEmpty || conversation.contains($0.folder) })
        if found == 0, let sender { try noteUnknown(sender, in: archive, all) }
        if count { Output.line(String(found)) }
        if !count, !options.json, !options.quiet { Output.note(Words.count(found, "message")) }
        if !repository.leftOut.isEmpty { throw CommandError.partial }
    }

    /// Says it when nobody is known by a name, in any conversation.
    private func noteUnknown(_ sender: String, in archive: Archive, _ conversations: [ConversationRecord]) throws {
        var names = Set(try archive.people().map(\.person.name))
        for record in conversations { names.formUnion(record.conversation.names.values) }
        let wanted = sender.lowercased()
        guard !names.contains(where: { $0.lowercased() == wanted }), !options.quiet else { return }
        let similar = names.filter { $0.lowercased().contains(wanted) }.sorted().prefix(5)
        let known = similar.isEmpty ? "" : " There is \(similar.map { "'\($0)'" }.joined(separator: ", "))."
        Output.note(Table.printable("No person in the snapshot is called '\(sender)'.\(known)"))
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

    /// Segments that one worker reads and looks through before it asks for more: some hundred KB in one range.
    private static let together = 256
    /// Segments whose matches are held until those before them have been printed.
    private static let held = 4096
    /// Conversations whose lists of months are read together.
    private static let lists = 64

    private struct Hit: Sendable {
        let line: Int
        /// Nil when only the number matters.
        let message: Message?
    }

    private struct Segment: Sendable {
        let record: ConversationRecord
        let month: MonthRecord
    }

    func run(in conversations: [ConversationRecord]) throws -> Int {
        var found = 0
        var segments: [Segment] = []
        for start in stride(from: 0, to: conversations.count, by: Self.lists) {
            let part = Array(conversations[start..<min(start + Self.lists, conversations.count)])
            for (record, folder) in zip(part, try archive.folders(named: part.map(\.folder))) {
                segments += folder.months
                    .filter { $0.span.lowerBound < span.upperBound && $0.span.upperBound >= span.lowerBound }
                    .map { Segment(record: record, month: $0) }
            }
            guard segments.count >= Self.held || start + Self.lists >= conversations.count else { continue }
            found += try look(through: segments)
            segments = []
        }
        return found
    }

    private func look(through segments: [Segment]) throws -> Int {
        let hits = try Self.inParallel(segments.count, atOnce: Self.together) { range in
            var hits = [[Hit]](repeating: [], count: range.count)
            try archive.segments(range.map { segments[$0].month }) { index, text in
                hits[index] = try self.hits(in: text)
            }
            return hits
        }
        var found = 0
        for (segment, hits) in zip(segments, hits) {
            for hit in hits where try hit.message.map({ try accepts($0, segment.record) }) ?? true {
                found += 1
                if !isCounting, let message = hit.message { try print(message, hit.line, segment) }
            }
        }
        return found
    }

    /// What `work` gives for the ranges of `0..<count`, in order, on all cores.
    private static func inParallel<Value: Sendable>(
        _ count: Int, atOnce: Int, _ work: @escaping @Sendable (Range<Int>) throws -> [Value]
    ) throws -> [Value] {
        let ranges = stride(from: 0, to: count, by: atOnce).map { $0..<min($0 + atOnce, count) }
        return try concurrently(ranges, atOnce: ProcessorCount.current, work).flatMap { $0 }
    }

    private func hits(in text: [UInt8]) throws -> [Hit] {
        let isNumberEnough = isCounting && kind == nil && sender == nil && isWholeSpan
        // The first line names the conversation.
        return try query.matches(in: text).compactMap { found in
            if isNumberEnough { return Hit(line: found.number - 1, message: nil) }
            let line = try JSONReader.read(Array(text[found.range])) { (reader) throws(JSONError) in
                try InterchangeLine(reading: &reader)
            }
            guard case .message(let line) = line else { return nil }
            return Hit(line: found.number - 1, message: line.message)
        }
    }

    private var isWholeSpan: Bool { span.lowerBound.milliseconds == .min && span.upperBound.milliseconds == .max }

    private func accepts(_ message: Message, _ record: ConversationRecord) throws -> Bool {
        guard span.contains(message.time), kind == nil || message.kind == kind else { return false }
        guard let sender else { return true }
        guard let person = message.sender else { return false }
        return try tree.name(of: person, inFolder: record.folder).lowercased() == sender
    }

    private func print(_ message: Message, _ line: Int, _ segment: Segment) throws {
        let record = segment.record
        let path = try tree.path(ofLine: line, in: segment.month, ofFolder: record.folder)
        let name = try message.sender.map { try tree.name(of: $0, inFolder: record.folder) } ?? ""
        let names = message.attachments.map(\.name).filter { !$0.isEmpty }
        guard !isJSON else {
            return Output.json { json in
                json.beginObject()
                for (key, value) in [
                    ("conversation", record.folder), ("sender", name), ("kind", message.kind.rawValue),
                    ("text", message.text), ("path", path ?? ""),
                ] {
                    json.key(key)
                    json.string(value)
                }
                json.key("time")
                json.int(message.time.milliseconds)
                json.optionalStrings("files", names)
                json.endObject()
            }
        }
        let text = ([message.text] + names).filter { !$0.isEmpty }.joined(separator: " ")
        let line = String(text.map { $0.isNewline ? " " : $0 })
        Output.line("\(path ?? record.folder)\n  [\(Dates.text(message.time, in: zone))] \(name): \(line)")
    }
}
