/// Packs that a writer has stored and that are in no index file.
struct UnindexedPacks {
    fileprivate struct Item {
        let pack: Repository.WrittenPack
        /// Whether the repository knows of it.
        var isKnown: Bool
        let isHead: Bool
    }

    /// The packs of one index file.
    struct File {
        fileprivate let items: [Item]

        var packs: [Repository.WrittenPack] { items.map(\.pack) }
        /// Those that the repository does not know of.
        var unknown: [Repository.WrittenPack] { items.filter { !$0.isKnown }.map(\.pack) }
    }

    private var items: [Item] = []
    /// Blobs in all of them.
    private(set) var blobs = 0

    var isEmpty: Bool { items.isEmpty }

    mutating func add(_ pack: Repository.WrittenPack, isKnown: Bool, isHead: Bool) {
        items.append(Item(pack: pack, isKnown: isKnown, isHead: isHead))
        blobs += pack.entries.count
    }

    /// Those that the repository does not know of, and that it is told of now.
    mutating func takeUnknown() -> [Repository.WrittenPack] {
        defer { for index in items.indices { items[index].isKnown = true } }
        return items.filter { !$0.isKnown }.map(\.pack)
    }

    /// Takes all, for index files: one of what every opening reads and one of the rest, or a single one of little.
    mutating func take(isLittle: Bool) -> [File] {
        defer { self = UnindexedPacks() }
        let files = isLittle ? [items] : [items.filter { !$0.isHead }, items.filter { $0.isHead }]
        return files.filter { !$0.isEmpty }.map { File(items: $0) }
    }

    /// Takes back those whose index files could not be written.
    mutating func putBack(_ files: [File]) {
        items = files.flatMap(\.items) + items
        blobs = items.reduce(0) { $0 + $1.pack.entries.count }
    }
}
