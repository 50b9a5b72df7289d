import ArgumentParser
import ChatArchive
import ChatModel
import Glibc
import ResticRepository
import Search

/// Finds messages by their words, without a mount and without an index on disk.
struct SearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find messages by their words.",
        discussion: """
            All words must stand in a message's text or in the names of its files; the case of letters does not matter. With \
            '--regex' they are regular expressions as Perl writes them, and all must match. Only the messages' segments are read, in \
            few large ranges, and nothing is written. What was forwarded, edited or has left its source since is marked.

            Examples:
              chatark search 西湖
              chatark search contract signed --since 2021-01-01 --conversation 张伟
              chatark search lunch --sender Emma --json
              chatark search --regex '(转账|红包).*[0-9]'
              chatark search --regex 'invoice (no|number)' --since 2021-02 --until 2021-06
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

    @Option(help: ArgumentHelp("Only this conversation, by its folder or title; may be repeated.", valueName: "name"))
    var conversation: [String] = []

    @Option(
        help: ArgumentHelp(
            "Only what somebody of this name or identifier sent: anywhere, in a group, or formerly.", valueName: "name")
    )
    var sender: String?

    @Option(help: ArgumentHelp("Only messages of this kind: text, image, file, link …", valueName: "kind"))
    var kind: String?

    @Option(help: ArgumentHelp("Only what was sent at this time or later.", valueName: "date"))
    var since: String?

    @Option(
        help: ArgumentHelp("Only what was sent until the end of this month, day, minute or second.", valueName: "date"))
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
        let chosen = try ConversationChoice.records(named: conversation, among: all)
        var search = SegmentSearch(
            query: query, archive: archive, tree: tree,
            report: SearchReport(
                query: query, tree: tree, zone: zone, isJSON: options.json, isCounting: count))
        search.span = from..<to
        search.sender = try sender.map { SearchedSender($0, people: try archive.people(), all) }
        search.kind = wanted
        let progress = search.progress
        let found = try Progress.showing(!options.quiet && !options.json) {
            let (done, whole) = progress.values
            return Progress.Reading(words: "searching: \(Words.count(done)) of \(Words.count(whole, "conversation"))")
        } _: {
            try search.run(in: chosen)
        }
        if found == 0, let sender = search.sender { noteUnknown(sender) }
        if count { Output.line(String(found)) }
        if !count, !options.json, !options.quiet { Output.note(Words.count(found, "message")) }
        let isWhole = noteFailures(progress.failures)
        if !isWhole || !repository.leftOut.isEmpty { throw CommandError.partial }
    }

    /// Says what could not be looked through, and returns whether there was nothing.
    private func noteFailures(_ failures: [String]) -> Bool {
        let shown = options.verbose ? failures.count : 20
        for failure in failures.prefix(shown) { Output.note(Table.printable(failure)) }
        if failures.count > shown {
            Output.note("… and \(failures.count - shown) more; '--verbose' shows them.")
        }
        return failures.isEmpty
    }

    /// Says it when nobody is known by a name, in any conversation.
    private func noteUnknown(_ sender: SearchedSender) {
        guard sender.people.isEmpty, !options.quiet else { return }
        let similar = sender.similar.prefix(5)
        let known = similar.isEmpty ? "" : " There is \(similar.map { "'\($0)'" }.joined(separator: ", "))."
        Output.note(Table.printable("No person in the snapshot is called '\(sender.name)'.\(known)"))
    }
}
