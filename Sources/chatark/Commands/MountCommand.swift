import ArgumentParser
import ChatArchive
import ChatModel
import Glibc
import Mount
import ResticRepository

/// Shows the repository as files.
struct MountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mount",
        abstract: "Show the history as read-only files.",
        discussion: """
            The mount shows all snapshots: latest/, at/<any date>/ and snapshots/<date>_<time>/, each with conversations/, media/, \
            transcripts/, contacts/ and original/. With '--snapshot' or '--at' it shows one of them. It returns when the mount can be \
            used and serves it in the background until 'chatark umount', or in the foreground until Ctrl-C. It holds no lock.

            Examples:
              chatark mount ~/chats
              chatark mount --at 2021-09-04 ~/then
              chatark mount --at "2021-09-04 15:00" --tz Asia/Shanghai ~/then
              grep -r contract ~/chats/latest/transcripts
              chatark umount ~/chats
            """)

    @OptionGroup var options: RepositoryOptions

    @Argument(help: "An empty directory.", completion: .directory)
    var mountpoint: String

    @Option(help: ArgumentHelp("Only this snapshot: an id, the start of one, or 'latest'.", valueName: "id"))
    var snapshot: String?

    @Option(help: ArgumentHelp("Only the newest snapshot that is not later than this date.", valueName: "date"))
    var at: String?

    @Option(help: ArgumentHelp("The zone of all times shown (default: this machine's).", valueName: "zone"))
    var tz: String?

    @Flag(name: .shortAndLong, help: "Stay in the foreground.")
    var foreground = false

    @Flag(help: "Let other users of this machine see the files.")
    var allowOther = false

    @Flag(help: "Mount over a directory that is not empty.")
    var nonempty = false

    @Flag(help: "Show id, sender, type, last-seen and more as extended attributes. Makes 'ls -l' slower.")
    var extendedAttributes = false

    @Option(help: ArgumentHelp("How much memory to use for what was read, for example 64M.", valueName: "size"))
    var memory = "192M"

    @Option(
        help: ArgumentHelp(
            "Fetch before it is read: the media of a 'month' that is looked into, the 'conversation', or 'all'.",
            valueName: "what"))
    var prefetch: Prefetch?

    @Option(
        help: ArgumentHelp(
            "Seconds between two looks for new snapshots; 0 for none (default: 30, on a network 300).",
            valueName: "seconds"))
    var refresh: Int?

    /// Where a mount in the background says that it can be used. Not for people.
    @Option(help: .private)
    var readyDescriptor: Int32?

    func run() throws {
        let zone = try Dates.zone(tz)
        let choice = snapshot != nil || at != nil ? try SnapshotChoice(id: snapshot, at: at) : nil
        let memoryLimit = try ByteSize.parse(memory)
        if prefetch != nil, options.access.noCache || options.access.offline { throw CommandError.prefetchWithoutCache }
        guard foreground else { return try Background.start(self) }
        if readyDescriptor != nil { Background.closeInherited() }
        Heap.limitCount()

        let location = try options.location()
        let (repository, snapshots) = try options.openForReading(.beginning)
        repository.warnOfLeftOut()
        let root =
            try choice.map { FolderTree.Root.snapshot(try $0.find(among: snapshots, zone: zone).id) } ?? .allSnapshots
        let tree = try FolderTree(
            repository: repository, root: root, snapshots: snapshots, zone: zone, memoryLimit: memoryLimit,
            prefetch: prefetch, owner: (getuid(), getgid()))
        let mounted = try MountedFileSystem.mount(tree, at: mountpoint, mountOptions(snapshots, location))
        tree.startPrefetch()
        if let readyDescriptor { Background.announce(on: readyDescriptor) }
        let isTalkative = readyDescriptor == nil && !options.quiet
        if isTalkative { Output.note("Mounted at \(mounted.path); Ctrl-C or 'chatark umount \(mountpoint)' ends it.") }
        let end = try Interruption.replacing(by: { mounted.requestStop() }) { try mounted.run() }
        if isTalkative { Output.note(end == .unmounted ? "Unmounted by another program." : "Unmounted.") }
        if readyDescriptor == nil { report(mounted.statistics) }
    }

    /// What the kernel asked of a mount in the foreground, for who asks: `--verbose` in words, `--json` for programs.
    private func report(_ statistics: MountStatistics) {
        let kinds = RequestKind.allCases.filter { statistics[$0] > 0 }
        if options.json {
            Output.json { json in
                json.beginObject()
                json.key("requests")
                json.beginObject()
                for kind in kinds {
                    json.key("\(kind)")
                    json.int(statistics[kind])
                }
                json.endObject()
                for (key, value) in [
                    ("waited", statistics.waited), ("failed", statistics.failed),
                    ("pushed_files", statistics.pushedFiles), ("pushed_bytes", statistics.pushedBytes),
                ] {
                    json.key(key)
                    json.int(value)
                }
                json.endObject()
            }
        } else if options.verbose {
            let requests = kinds.map { "\(Words.count(statistics[$0])) \($0)" }.joined(separator: ", ")
            Output.note("Requests: \(requests); \(Words.count(statistics.waited)) waited, \(statistics.failed) failed.")
            Output.note(
                "Read ahead: \(Words.count(statistics.pushedFiles, "file")), \(Words.bytes(statistics.pushedBytes)).")
        }
    }

    private func mountOptions(_ snapshots: [StoredSnapshot], _ location: RepositoryLocation) -> MountOptions {
        var result = MountOptions()
        result.allowOther = allowOther
        result.allowNonEmpty = nonempty
        result.extendedAttributes = extendedAttributes
        result.sourceName = "chatark:\(location.words)"
        result.repositoryPath = location.folder
        result.sourcePaths = Self.sourcesOfThisHost(snapshots)
        let refresh = options.access.offline ? 0 : refresh ?? (location.folder == nil ? 300 : 30)
        result.refreshInterval = refresh > 0 ? .seconds(refresh) : nil
        if readyDescriptor == nil { result.log = { Output.note($0) } }
        return result
    }

    /// What is backed up from this machine: a mount over it would hide it from the next backup.
    private static func sourcesOfThisHost(_ snapshots: [StoredSnapshot]) -> [String] {
        let ours = snapshots.map(\.snapshot).filter { $0.hostname == Maker.current.hostname }
        return Array(Set(ours.flatMap(\.paths)))
    }
}

extension Prefetch: ExpressibleByArgument {}
