import ResticRepository

/// Folders of stored trees that the kernel knows. They cannot be computed, as the same tree may stand in many places and
/// a folder must have one number a place; the kernel says when it has forgotten one.
struct PlainFolderTable {
    struct Folder {
        let parent: InodeNumber
        let index: Int
        let tree: TreeID
        /// Its node in the parent; nil for the root of a snapshot or of `original/`.
        let node: Node?
        var lookups: UInt64
    }

    private struct Place: Hashable {
        let parent: InodeNumber
        let index: Int
    }

    private var folders: [Int: Folder] = [:]
    private var numbers: [Place: Int] = [:]
    private var next = 0

    subscript(number: Int) -> Folder? { folders[number] }

    /// The number of the entry at `index` of a folder.
    mutating func number(at index: Int, of parent: InodeNumber, _ tree: TreeID, _ node: Node?) -> Int {
        let place = Place(parent: parent, index: index)
        if let number = numbers[place] { return number }
        defer { next += 1 }
        folders[next] = Folder(parent: parent, index: index, tree: tree, node: node, lookups: 0)
        numbers[place] = next
        return next
    }

    mutating func remember(_ number: Int) { folders[number]?.lookups += 1 }

    mutating func forget(_ number: Int, lookups: UInt64) {
        guard var folder = folders[number] else { return }
        folder.lookups -= min(folder.lookups, lookups)
        folders[number] = folder
        guard folder.lookups == 0 else { return }
        folders[number] = nil
        numbers[Place(parent: folder.parent, index: folder.index)] = nil
    }
}
