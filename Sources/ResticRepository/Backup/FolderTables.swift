/// Which directory has which: of the trees that list directories alone, the names and ids, small and flat.
///
/// Phones spread their media over tens of thousands of folders, two levels deep: who looks files up one by one would parse
/// the levels above again for each.
struct FolderTables {
    /// The directories of one tree, by name.
    private struct Table {
        var names: [[UInt8]]
        var subtrees: [TreeID]
    }

    private let limit: Int
    private var tables: [TreeID: Table] = [:]
    private var count = 0

    /// - Parameter limit: directories that are remembered at the most, some 100 bytes each; then all are forgotten.
    init(limit: Int = 1 << 17) { self.limit = limit }

    /// A directory of a tree that is known: its own tree, or nil when the tree has none of that name. Nil as a whole for a
    /// tree that is not known.
    func subtree(of tree: TreeID, named name: [UInt8]) -> TreeID?? {
        guard let table = tables[tree] else { return nil }
        var (low, high) = (0, table.names.count)
        while low < high {
            let middle = (low + high) / 2
            if table.names[middle].lexicographicallyPrecedes(name) { low = middle + 1 } else { high = middle }
        }
        return .some(low < table.names.count && table.names[low] == name ? table.subtrees[low] : nil)
    }

    /// Remembers a tree, if it has nothing but directories and names them in order, each once.
    mutating func insert(_ tree: Tree, for id: TreeID) {
        guard tables[id] == nil, tree.isOrdered, !tree.nodes.isEmpty, tree.nodes.count <= limit else { return }
        var table = Table(names: [], subtrees: [])
        for node in tree.nodes {
            guard node.kind == .directory, let subtree = node.subtree else { return }
            table.names.append(node.name)
            table.subtrees.append(subtree)
        }
        if count + tree.nodes.count > limit {
            tables = [:]
            count = 0
        }
        count += tree.nodes.count
        tables[id] = table
    }
}
