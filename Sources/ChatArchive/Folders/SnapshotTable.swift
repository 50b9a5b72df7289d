import ChatModel
import ResticRepository

/// The snapshots of a mount, numbered as they are met; a number is never given to another one.
struct SnapshotTable {
    struct Entry {
        let stored: StoredSnapshot
        /// Its name below `snapshots/`.
        var name: String
        /// Nil until somebody looked into it.
        var shape: SnapshotShape?
        var isVisible = true

        var time: Timestamp { stored.moment }
    }

    private(set) var entries: [Entry] = []
    private var numbers: [SnapshotID: Int] = [:]
    /// Numbers of those that are there, by their time.
    private(set) var visible: [Int] = []
    private var named: [String: Int] = [:]

    subscript(number: Int) -> Entry? { entries.indices.contains(number) ? entries[number] : nil }

    /// The newest, which `latest` points at.
    var newest: Int? { stored.newest(ofChats: true).flatMap { numbers[$0.id] } }

    /// Those that are there, by their time.
    private var stored: some BidirectionalCollection<StoredSnapshot> { visible.lazy.map { entries[$0].stored } }

    func number(named name: String) -> Int? { named[name] }

    /// A snapshot that was met before.
    func stored(_ id: SnapshotID) -> StoredSnapshot? { numbers[id].map { entries[$0].stored } }

    /// The newest one that is not later than a moment.
    func newest(notAfter moment: Timestamp) -> Int? {
        stored.newest(notAfter: moment, ofChats: true).flatMap { numbers[$0.id] }
    }

    func shape(of number: Int) -> SnapshotShape? { entries.indices.contains(number) ? entries[number].shape : nil }

    /// The archives of the snapshots that somebody looked into, by their time.
    var archives: [TreeID] {
        visible.compactMap { number in
            guard case .chats(let archive, _)? = entries[number].shape else { return nil }
            return archive
        }
    }

    mutating func setShape(_ shape: SnapshotShape, of number: Int) { entries[number].shape = shape }

    /// Takes the repository's snapshots; returns the names that came, went or changed.
    mutating func update(_ snapshots: [StoredSnapshot], in zone: Zone) -> Set<String> {
        let before = named
        for index in entries.indices { entries[index].isVisible = false }
        var order: [Int] = []
        for stored in snapshots {
            let number = numbers[stored.id] ?? entries.count
            if number == entries.count {
                guard number < InodeLayout.snapshotLimit else { continue }
                numbers[stored.id] = number
                entries.append(Entry(stored: stored, name: ""))
            }
            entries[number].isVisible = true
            order.append(number)
        }
        visible = order.sorted { (entries[$0].time, entries[$0].stored.id) < (entries[$1].time, entries[$1].stored.id) }
        var taken: Set<String> = []
        named = [:]
        for number in visible {
            let base = SnapshotNames.name(of: entries[number].time, in: zone)
            entries[number].name = SafeName.unique(base, taken: &taken)
            named[entries[number].name] = number
        }
        var changed: Set<String> = []
        for (name, number) in before where named[name] != number { changed.insert(name) }
        for (name, number) in named where before[name] != number { changed.insert(name) }
        return changed
    }
}

/// What a snapshot holds.
enum SnapshotShape {
    /// One of ours: the tree of `archive/`, and that of `original/` if it is there.
    case chats(archive: TreeID, original: TreeID?)
    /// Any other: its root tree.
    case plain(TreeID)
}
