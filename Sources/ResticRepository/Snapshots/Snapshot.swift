import JSON
import Storage

/// What was stored when, and from where: the record that makes a tree findable.
public struct Snapshot: Hashable, Sendable {
    /// When the backup was made.
    public var time: GoTime
    /// The snapshot that unchanged files were taken from.
    public var parent: SnapshotID?
    /// The root directory.
    public var tree: TreeID
    /// What was backed up, absolute paths.
    public var paths: [String]
    /// The host that was backed up.
    public var hostname: String
    /// Who made the backup.
    public var username: String
    /// Their user number.
    public var uid: UInt32
    /// Their group number.
    public var gid: UInt32
    /// Patterns of what was left out.
    public var excludes: [String]
    /// Words that the user gave it.
    public var tags: [String]
    /// The snapshot that this one was first rewritten from.
    public var original: SnapshotID?
    /// The writer's name and version.
    public var programVersion: String
    /// What the backup did; restic writes it since 0.17.
    public var summary: SnapshotSummary?

    /// Makes a snapshot.
    public init(
        time: GoTime, parent: SnapshotID? = nil, tree: TreeID, paths: [String], hostname: String = "",
        username: String = "", uid: UInt32 = 0, gid: UInt32 = 0, excludes: [String] = [], tags: [String] = [],
        original: SnapshotID? = nil, programVersion: String = "", summary: SnapshotSummary? = nil
    ) {
        self.time = time
        self.parent = parent
        self.tree = tree
        self.paths = paths
        self.hostname = hostname
        self.username = username
        self.uid = uid
        self.gid = gid
        self.excludes = excludes
        self.tags = tags
        self.original = original
        self.programVersion = programVersion
        self.summary = summary
    }

    /// The JSON that restic would store.
    public func encoded() -> [UInt8] {
        var writer = JSONWriter(escaping: .go)
        writer.beginObject()
        writer.key("time")
        writer.string(time.text)
        writer.text("parent", parent?.hex ?? "")
        writer.key("tree")
        writer.string(tree.hex)
        writer.key("paths")
        writer.strings(paths)
        writer.text("hostname", hostname)
        writer.text("username", username)
        writer.number("uid", UInt64(uid))
        writer.number("gid", UInt64(gid))
        writer.texts("excludes", excludes)
        writer.texts("tags", tags)
        writer.text("original", original?.hex ?? "")
        writer.text("program_version", programVersion)
        if let summary {
            writer.key("summary")
            summary.encode(into: &writer)
        }
        writer.endObject()
        return writer.bytes
    }

    /// Reads a stored snapshot, passing over keys that it does not know.
    public init(parsing text: UnsafeRawBufferPointer) throws(Damage) {
        var reader = JSONReader(text)
        var time: GoTime?
        var tree: TreeID?
        self.init(time: .epoch, tree: TreeID(.zero), paths: [])
        try Damage.reading(&reader) { (reader) throws(JSONError) in try reader.beginObject() }
        while true {
            let key: Key?
            do throws(JSONError) {
                guard let spelling = try reader.nextKey() else { break }
                key = Key(rawValue: spelling.string)
                if key == nil {
                    try reader.skipValue()
                    continue
                }
                if try reader.readNullIfPresent() { continue }
            } catch { throw .badJSON(error) }
            guard let key else { continue }
            switch key {
            case .time: time = try reader.converted(key) { GoTime($0) }
            case .parent: parent = try reader.converted(key) { SnapshotID(hexBytes: $0) }
            case .tree: tree = try reader.converted(key) { TreeID(hexBytes: $0) }
            case .paths: paths = try reader.texts()
            case .hostname: hostname = try reader.text()
            case .username: username = try reader.text()
            case .uid: uid = try reader.unsigned(key)
            case .gid: gid = try reader.unsigned(key)
            case .excludes: excludes = try reader.texts()
            case .tags: tags = try reader.texts()
            case .original: original = try reader.converted(key) { SnapshotID(hexBytes: $0) }
            case .programVersion: programVersion = try reader.text()
            case .summary: summary = try SnapshotSummary(reading: &reader)
            }
        }
        try Damage.reading(&reader) { (reader) throws(JSONError) in
            guard try !reader.isAtEnd() else { return }
            throw JSONError(.unexpected(byte: text[reader.offset], expected: "the end"), at: reader.offset)
        }
        guard let time else { throw .badField("time") }
        guard let tree else { throw .badField("tree") }
        self.time = time
        self.tree = tree
    }

    /// Reads a stored snapshot.
    public init(parsing text: [UInt8]) throws(Damage) {
        self = try text.withUnsafeBufferPointer { (text) throws(Damage) in
            try Snapshot(parsing: UnsafeRawBufferPointer(text))
        }
    }

    private enum Key: String {
        case time, parent, tree, paths, hostname, username, uid, gid, excludes, tags, original
        case programVersion = "program_version"
        case summary
    }
}
