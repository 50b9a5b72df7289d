public import ChatModel
import JSON
public import ResticRepository
import Synchronization

/// The archive of one snapshot, read piece by piece: opening costs three small reads, a conversation two more, a month one.
public struct Archive: Sendable {
    /// The repository that holds it; its index is loaded.
    public let repository: Repository
    /// The tree of `archive/`.
    public let tree: TreeID
    /// What holds for the whole archive.
    public let manifest: ArchiveManifest
    let root: Tree
    private let kept = KeptTrees()

    /// Opens the archive of a snapshot's root tree. Throws `notAnArchive` when the snapshot has none.
    public init(repository: Repository, snapshotTree: TreeID) throws(ArchiveError) {
        let snapshot = try Self.read { () throws(RepositoryError) in try repository.tree(snapshotTree) }
        guard let tree = snapshot.node(named: Array(ArchiveLayout.archive.utf8))?.subtree else { throw .notAnArchive }
        try self.init(repository: repository, tree: tree)
    }

    /// Opens an archive by the tree of its folder.
    public init(repository: Repository, tree: TreeID) throws(ArchiveError) {
        self.repository = repository
        self.tree = tree
        let root = try Self.read { () throws(RepositoryError) in try repository.tree(tree) }
        self.root = root
        guard let node = root.node(named: Array(ArchiveLayout.manifest.utf8)) else { throw .notAnArchive }
        // All three lists are read soon, and may lie in packs of different backups. What fails here is told by who reads it.
        let lists = [ArchiveLayout.manifest, ArchiveLayout.people, ArchiveLayout.conversations].compactMap {
            root.node(named: Array($0.utf8))?.content
        }
        try? repository.fetch(lists.joined(), .data, retention: .metadata, windowed: false)
        manifest = try ArchiveManifest(parsing: try repository.content(of: node))
    }

    /// Whether another program has stored it, as files that were restored: it may have cut the segments elsewhere than their
    /// lists say. What this program makes lies in no file system.
    private var isCopy: Bool { root.nodes.contains { $0.inode != 0 } }

    /// Reads all that a new archive takes over but the months; throws when a part of it is damaged or gone.
    func readBeginning() throws(ArchiveError) {
        _ = try people()
        _ = try conversations()
        _ = try subtree(of: root, named: ArchiveLayout.conversationFolders)
    }

    /// The zone by whose months segments are cut.
    public func zone() throws(ArchiveError) -> Zone {
        guard let zone = Zone(named: manifest.zone, knowsAbbreviations: true) else { throw .unknownZone(manifest.zone) }
        return zone
    }

    /// Everybody the history knows.
    public func people() throws(ArchiveError) -> [PersonRecord] {
        try lines(of: ArchiveLayout.people, in: root) { (reader) throws(JSONError) in try PersonRecord(reading: &reader)
        }
    }

    /// All conversations, in the order in which they were first seen.
    public func conversations() throws(ArchiveError) -> [ConversationRecord] {
        try lines(of: ArchiveLayout.conversations, in: root) { (reader) throws(JSONError) in
            try ConversationRecord(reading: &reader)
        }
    }

    /// A conversation's months and where their segments are; none when it has no messages. Costs one small read.
    public func folder(named name: String) throws(ArchiveError) -> ConversationFolder {
        let list = try monthList(of: name)
        var months: [MonthRecord] = []
        if let list {
            months = try Self.months(in: try repository.content(of: list), of: name)
            if !isCopy { return ConversationFolder(months: months) }
        }
        // Older archives have the list beside the segments, and the folder tells where these are.
        let folders = try keptSubtree(named: ArchiveLayout.conversationFolders)
        guard let folders, let tree = try subtree(of: folders, named: name) else {
            return ConversationFolder(months: [])
        }
        if list == nil {
            months = try lines(of: ArchiveLayout.monthsOfOld, in: tree) { (reader) throws(JSONError) in
                try MonthRecord(reading: &reader)
            }
        }
        for index in months.indices {
            let file = ArchiveLayout.segment(months[index].month.description)
            guard let node = tree.node(named: Array(file.utf8)) else { throw .missingFile(file) }
            months[index].blobs = node.content ?? []
            months[index].size = node.size
        }
        return ConversationFolder(months: months)
    }

    /// The same for many conversations, in their order, with few reads.
    public func folders(named names: [String]) throws(ArchiveError) -> [ConversationFolder] {
        if isCopy { return try names.map { (name) throws(ArchiveError) in try folder(named: name) } }
        var lists: [String: Node] = [:]
        for name in Set(names) { lists[name] = try monthList(of: name) }
        let found = lists
        var texts: [BlobID: [UInt8]] = [:]
        try Self.read { () throws(RepositoryError) in
            try repository.blobs(found.values.flatMap { $0.content ?? [] }, .data, retention: .metadata) {
                (id, bytes) throws(RepositoryError) in texts[id] = bytes
            }
        }
        var folders: [ConversationFolder] = []
        for name in names {
            let parts = lists[name]?.content?.compactMap { texts[$0] }
            guard let parts, parts.count == lists[name]?.content?.count else {
                folders.append(try folder(named: name))
                continue
            }
            folders.append(ConversationFolder(months: try Self.months(in: Array(parts.joined()), of: name)))
        }
        return folders
    }

    /// Brings the lists of all conversations' months to this machine with few reads, for one who goes through them in turn.
    /// What fails here is told by who reads it.
    func fetchMonthLists() throws(ArchiveError) {
        let lists = try keptSubtree(named: ArchiveLayout.monthLists)?.nodes ?? []
        try? repository.fetch(lists.lazy.flatMap { $0.content ?? [] }, .data, retention: .metadata)
    }

    private static func months(in list: [UInt8], of folder: String) throws(ArchiveError) -> [MonthRecord] {
        try parseLines(list, name: ArchiveLayout.months(of: folder)) { (reader) throws(JSONError) in
            try MonthRecord(reading: &reader)
        }
    }

    /// The list of a conversation's months, by its folder's name; nil when there is none at this place.
    func monthList(of folder: String) throws(ArchiveError) -> Node? {
        try keptSubtree(named: ArchiveLayout.monthLists)?
            .node(named: Array(ArchiveLayout.months(of: folder).utf8))
    }

    /// The message lines of a segment, as stored, header included; no copy is kept.
    public func segment(_ node: Node) throws(ArchiveError) -> [UInt8] { try repository.content(of: node) }

    /// The decoded messages of a segment.
    public func messages(of node: Node) throws(ArchiveError) -> [MessageLine] {
        let text = try segment(node)
        return try Self.parseLines(text, name: String(decoding: node.name, as: UTF8.self)) {
            (reader) throws(JSONError) in
            guard case .message(let line) = try InterchangeLine(reading: &reader) else { return nil }
            return line
        }
    }

    /// The stored file of an attachment, or nil when the archive lacks it.
    public func mediaNode(sha256: String) throws(ArchiveError) -> Node? {
        guard let media = try keptSubtree(named: ArchiveLayout.media),
            let folder = try subtree(of: media, named: String(sha256.prefix(2)))
        else { return nil }
        let prefix = Array(sha256.utf8)
        return folder.nodes.first { $0.name.starts(with: prefix) }
    }

    func subtree(of tree: Tree, named name: String) throws(ArchiveError) -> Tree? {
        guard let id = tree.node(named: Array(name.utf8))?.subtree else { return nil }
        return try Self.read { () throws(RepositoryError) in try repository.tree(id) }
    }

    /// A folder of the archive's own, which has an entry a conversation or the like: who goes through all of them would read
    /// it as many times as it has entries.
    private func keptSubtree(named name: String) throws(ArchiveError) -> Tree? {
        guard let id = root.node(named: Array(name.utf8))?.subtree else { return nil }
        if let tree = kept.tree(id) { return tree }
        let tree = try Self.read { () throws(RepositoryError) in try repository.tree(id) }
        kept.keep(tree, id)
        return tree
    }

    private func lines<Line>(
        of name: String, in tree: Tree, _ parse: (inout JSONReader) throws(JSONError) -> Line?
    ) throws(ArchiveError) -> [Line] {
        guard let node = tree.node(named: Array(name.utf8)) else { throw .missingFile(name) }
        return try Self.parseLines(try repository.content(of: node), name: name, parse)
    }

    /// Reads JSON Lines; what `parse` turns into nil is left out.
    static func parseLines<Line>(
        _ text: [UInt8], name: String, _ parse: (inout JSONReader) throws(JSONError) -> Line?
    ) throws(ArchiveError) -> [Line] {
        var lines: [Line] = []
        do throws(JSONError) {
            try JSONReader.read(text) { (reader) throws(JSONError) in
                while try !reader.isAtEnd() {
                    if let line = try parse(&reader) { lines.append(line) }
                    reader.beginNextText()
                }
            }
        } catch {
            let line = text.prefix(error.offset).reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
            throw .damagedFile(name, line: line, error)
        }
        return lines
    }

    static func read<Value>(_ body: () throws(RepositoryError) -> Value) throws(ArchiveError) -> Value {
        do throws(RepositoryError) { return try body() } catch { throw .repository(error) }
    }
}

/// The few trees of an archive that are read once, all copies of the value together.
private final class KeptTrees: Sendable {
    private let trees = Mutex<[TreeID: Tree]>([:])

    func tree(_ id: TreeID) -> Tree? { trees.withLock { $0[id] } }

    func keep(_ tree: Tree, _ id: TreeID) { trees.withLock { $0[id] = tree } }
}

/// A conversation's folder in an archive.
public struct ConversationFolder: Sendable {
    /// Ascending.
    public let months: [MonthRecord]

    /// The segment's file of a month.
    public func node(of month: Month) -> Node? { months.first { $0.month == month }?.node }
}

extension Repository {
    /// The whole content of a stored file, in memory.
    func content(of node: Node) throws(ArchiveError) -> [UInt8] {
        let blobs = node.content ?? []
        return try Archive.read { () throws(RepositoryError) in
            if blobs.count == 1 { return try blob(blobs[0], .data, retention: .metadata) }
            var bytes: [UInt8] = []
            for id in blobs { bytes += try blob(id, .data, retention: .metadata) }
            return bytes
        }
    }
}
