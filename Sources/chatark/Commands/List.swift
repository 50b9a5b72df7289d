import ArgumentParser
import ChatArchive
import ChatModel
import JSON
import ResticRepository

/// Lists what a snapshot holds.
struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the files or the conversations of a snapshot.",
        discussion: """
            Examples:
              chatark ls latest
              chatark ls latest /original -l
              chatark ls --conversations
              chatark ls --conversations --at 2021-09-04 --json
            """)

    @OptionGroup var options: RepositoryOptions

    @Argument(help: "The snapshot: an id, the start of one, or 'latest' (default).")
    var snapshot: String?

    @Argument(help: "Only what lies at this path.")
    var path: String?

    @Option(help: ArgumentHelp("The newest snapshot that is not later than this date.", valueName: "date"))
    var at: String?

    @Option(help: ArgumentHelp("The zone of all times (default: this machine's).", valueName: "zone"))
    var tz: String?

    @Flag(name: .shortAndLong, help: "Show modes, owners, sizes and times.")
    var long = false

    @Flag(help: "List the conversations instead of the files.")
    var conversations = false

    func run() throws {
        let zone = try Dates.zone(tz)
        let choice = try SnapshotChoice(id: snapshot, at: at)
        try options.withReadableRepository { repository in
            let stored = try choice.find(in: repository, zone: zone, ofChats: conversations)
            try Progress.showing(!options.quiet && !options.json) {
                Progress.Reading(words: "reading the index")
            } _: {
                try repository.loadSoundIndex(.beginning)
            }
            if conversations {
                try listConversations(repository, stored, zone)
            } else {
                try listFiles(repository, stored, zone)
            }
        }
    }

    // MARK: Files

    private func listFiles(_ repository: Repository, _ stored: StoredSnapshot, _ zone: Zone) throws {
        if options.json {
            Output.json {
                $0.raw(
                    Array(stored.json.dropLast()) + Array(#","message_type":"snapshot","struct_type":"snapshot"}"#.utf8)
                )
            }
        } else if !options.quiet {
            Output.note(
                "snapshot \(stored.id.short) of \(stored.snapshot.paths.joined(separator: ", ")) at \(Dates.text(stored.snapshot.time, in: zone))"
            )
        }
        let wanted = path.map { $0.utf8.split(separator: UInt8(ascii: "/")).map { Array($0) } } ?? []
        var tree = stored.snapshot.tree
        for (depth, name) in wanted.enumerated() {
            guard let node = try repository.tree(tree).node(named: name) else {
                throw CommandError.noSuchPath(path ?? "")
            }
            guard let subtree = node.subtree else {
                guard depth == wanted.count - 1 else { throw CommandError.noSuchPath(path ?? "") }
                return show(node, "/" + text(Array(wanted.joined(separator: [UInt8(ascii: "/")]))), zone)
            }
            tree = subtree
        }
        try list(repository, tree, wanted.map { "/" + text($0) }.joined(), zone, above: [])
    }

    private func list(_ repository: Repository, _ tree: TreeID, _ prefix: String, _ zone: Zone, above: Set<TreeID>)
        throws
    {
        // A directory that contains itself ends here.
        guard !above.contains(tree), above.count < 500 else { return }
        for node in try repository.tree(tree).nodes {
            let path = "\(prefix)/\(text(node.name))"
            show(node, path, zone)
            if let subtree = node.subtree { try list(repository, subtree, path, zone, above: above.union([tree])) }
        }
    }

    private func show(_ node: Node, _ path: String, _ zone: Zone) {
        if options.json {
            Output.json { Self.write(node, path, &$0) }
        } else if long {
            let columns = [
                node.permissionText, DisplayWidth.rightAligned(String(node.uid), to: 5),
                DisplayWidth.rightAligned(String(node.gid), to: 5),
                DisplayWidth.rightAligned(String(node.size), to: 10), Dates.text(node.modified, in: zone),
            ]
            let target = node.kind == .symlink ? " -> \(Table.printable(text(node.linkTarget)))" : ""
            Output.line(columns.joined(separator: " ") + " " + Table.printable(path) + target)
        } else {
            Output.line(Table.printable(path))
        }
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func write(_ node: Node, _ path: String, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("name")
        json.string(String(decoding: node.name, as: UTF8.self))
        json.key("type")
        json.string(node.kind.text)
        json.key("path")
        json.string(path)
        json.key("uid")
        json.int(node.uid)
        json.key("gid")
        json.int(node.gid)
        if node.kind == .file {
            json.key("size")
            json.int(node.size)
        }
        json.key("permissions")
        json.string(node.permissionText)
        json.key("mtime")
        json.string(node.modified.text)
        json.key("message_type")
        json.string("node")
        json.key("struct_type")
        json.string("node")
        json.endObject()
    }
}

extension Node {
    /// `-rw-r--r--`, `drwxr-xr-x`: kind and permissions as `ls -l` shows them.
    var permissionText: String {
        let letter =
            switch kind {
            case .directory: "d"
            case .symlink: "l"
            case .blockDevice: "b"
            case .characterDevice: "c"
            case .fifo: "p"
            case .socket: "s"
            case .file: "-"
            case .irregular, .other: "?"
            }
        let bits = mode.unixPermissions
        let letters = Array("rwxrwxrwx")
        return letter + String((0..<9).map { bits >> UInt32(8 - $0) & 1 == 1 ? letters[$0] : "-" })
    }
}
