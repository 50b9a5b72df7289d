import ChatModel
import ResticRepository

extension FolderTree {
    func plainNode(_ tree: Int, _ index: Int, _ waiting: Waiting) throws(FolderTreeError) -> Node {
        guard let id = registry.withLock({ $0.trees.indices.contains(tree) ? $0.trees[tree] : nil }) else {
            throw .notFound
        }
        let tree = try self.tree(id, waiting)
        guard tree.nodes.indices.contains(index) else { throw .notFound }
        return tree.nodes[index]
    }

    func plainListing(_ number: Int, _ waiting: Waiting) throws(FolderTreeError) -> FolderListing {
        guard let folder = registry.withLock({ $0.plainFolders[number] }) else { throw .notFound }
        return try plainListing(folder.tree, in: InodeLayout.number(.plainFolder(number)), waiting)
    }

    /// Entries with a name that no file system could have are left out.
    func plainListing(
        _ id: TreeID, in directory: InodeNumber, _ waiting: Waiting
    ) throws(FolderTreeError) -> FolderListing {
        // Files are as large as their blobs are.
        try completeIndex(waiting)
        let tree = try tree(id, waiting)
        let number = registry.withLock { $0.number(ofTree: id) }
        // Usually all of them; then no list of positions is made.
        let shown = tree.isOrdered && tree.nodes.allSatisfy(\.hasSafeName) ? nil : Self.usable(tree)
        return FolderListing(
            count: shown?.count ?? tree.nodes.count,
            entry: { [self] position in
                let index = shown?[position] ?? position
                let node = tree.nodes[index]
                guard node.kind == .directory, let subtree = node.subtree else {
                    return (node.name, .plainFile(tree: number, index: index))
                }
                // Position 0 of a snapshot is `original/`, so entries count from 1.
                let folder = registry.withLock { $0.plainFolders.number(at: index + 1, of: directory, subtree, node) }
                return (node.name, .plainFolder(folder))
            },
            position: { name in
                if let shown { return shown.firstIndex { tree.nodes[$0].name == name } }
                var low = 0
                var high = tree.nodes.count
                while low < high {
                    let middle = (low + high) / 2
                    if tree.nodes[middle].name.lexicographicallyPrecedes(name) {
                        low = middle + 1
                    } else {
                        high = middle
                    }
                }
                return low < tree.nodes.count && tree.nodes[low].name == name ? low : nil
            })
    }

    /// The first of equal names, safe ones only.
    private static func usable(_ tree: Tree) -> [Int] {
        var seen: Set<[UInt8]> = []
        return tree.nodes.indices.filter { tree.nodes[$0].hasSafeName && seen.insert(tree.nodes[$0].name).inserted }
    }

    func plainFolderAttributes(_ number: Int, _ waiting: Waiting) throws(FolderTreeError) -> FileAttributes {
        guard let folder = registry.withLock({ $0.plainFolders[number] }) else { throw .notFound }
        let place = InodePlace.plainFolder(number)
        guard let node = folder.node else { return directory(place, try rootTime(of: folder)) }
        return try plainAttributes(of: node, place)
    }

    private func rootTime(of folder: PlainFolderTable.Folder) throws(FolderTreeError) -> Timestamp {
        guard case .snapshot(let number) = try place(folder.parent) else { return Timestamp(milliseconds: 0) }
        return try snapshot(number).time
    }

    func plainAttributes(of node: Node, _ place: InodePlace) throws(FolderTreeError) -> FileAttributes {
        let kind: FileKind
        var size: UInt64 = 0
        switch node.kind {
        case .directory: kind = .directory
        case .symlink:
            kind = .symlink
            size = UInt64(node.linkTarget.count)
        case .blockDevice: kind = .other(mode: 0o060000)
        case .characterDevice: kind = .other(mode: 0o020000)
        case .fifo: kind = .other(mode: 0o010000)
        case .socket: kind = .other(mode: 0o140000)
        case .file, .irregular, .other:
            kind = .file
            size = plainSize(of: node, InodeLayout.number(place))
        }
        var attributes = FileAttributes(
            InodeLayout.number(place), kind, permissions: UInt16(node.mode.unixPermissions & 0o7777), size: size,
            owner: (node.uid, node.gid), modified: time(node.modified))
        attributes.atime = time(node.accessed)
        attributes.ctime = time(node.changed)
        attributes.deviceNumber = node.device
        return attributes
    }

    /// The size that reading gives: of the blobs, which a damaged node may contradict.
    private func plainSize(of node: Node, _ inode: InodeNumber) -> UInt64 {
        do throws(FolderTreeError) {
            return try plainFile(node, inode, .never).size
        } catch {
            // A blob that the index does not know; who reads the file is told.
            return node.size
        }
    }

    private func time(_ time: GoTime) -> FileAttributes.Time {
        FileAttributes.Time(seconds: time.seconds, nanoseconds: UInt32(truncatingIfNeeded: time.nanoseconds))
    }
}
