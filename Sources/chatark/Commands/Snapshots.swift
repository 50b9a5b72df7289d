import ArgumentParser
import ChatModel
import ResticRepository

/// Lists snapshots.
struct Snapshots: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the snapshots in the repository.",
        discussion: """
            Examples:
              chatark snapshots
              chatark snapshots --host laptop --json
            """)

    @OptionGroup var options: RepositoryOptions
    @OptionGroup var filter: SnapshotFilter

    @Option(help: ArgumentHelp("The zone of the times shown (default: this machine's).", valueName: "zone"))
    var tz: String?

    func run() throws {
        let zone = try Dates.zone(tz)
        try options.withReadableRepository { repository in
            let snapshots = try repository.snapshots().filter(filter.accepts)
            if options.json { return Self.printJSON(snapshots) }
            var table = Table([
                ("ID", .left), ("Time", .left), ("Host", .left), ("Tags", .left), ("Size", .right), ("Paths", .left),
            ])
            for (id, snapshot) in snapshots.map({ ($0.id, $0.snapshot) }) {
                let size = snapshot.summary.map { Words.bytes($0.totalBytesProcessed) } ?? ""
                table.add([
                    id.short, Dates.text(snapshot.time, in: zone), snapshot.hostname,
                    snapshot.tags.joined(separator: ","), size,
                    snapshot.paths.joined(separator: ", "),
                ])
            }
            if !snapshots.isEmpty { table.lines.forEach(Output.line) }
            if !options.quiet { Output.line(Words.count(snapshots.count, "snapshot")) }
        }
    }

    /// An array of what is stored, with `id` and `short_id`, as restic prints it.
    private static func printJSON(_ snapshots: [StoredSnapshot]) {
        Output.json { json in
            json.beginArray()
            for stored in snapshots { json.raw(stored.json) }
            json.endArray()
        }
    }
}

extension StoredSnapshot {
    /// The stored JSON object with `id` and `short_id` at its end.
    var json: [UInt8] {
        Array(snapshot.encoded().dropLast()) + Array(#","id":"\#(id.hex)","short_id":"\#(id.short)"}"#.utf8)
    }
}

/// Which snapshots are meant.
struct SnapshotFilter: ParsableArguments {
    @Option(help: ArgumentHelp("Only snapshots of this host; may be repeated.", valueName: "name"))
    var host: [String] = []

    @Option(
        help: ArgumentHelp(
            "Only snapshots with all of these tags, separated by commas; may be repeated.", valueName: "tags"))
    var tag: [String] = []

    @Option(help: ArgumentHelp("Only snapshots of this path; may be repeated.", valueName: "path"))
    var path: [String] = []

    func accepts(_ stored: StoredSnapshot) -> Bool {
        let snapshot = stored.snapshot
        guard host.isEmpty || host.contains(snapshot.hostname) else { return false }
        guard path.allSatisfy({ snapshot.paths.contains($0) }) else { return false }
        let wanted = tag.map { Set($0.split(separator: ",").map(String.init)) }
        return wanted.isEmpty || wanted.contains { $0.isSubset(of: snapshot.tags) }
    }
}
