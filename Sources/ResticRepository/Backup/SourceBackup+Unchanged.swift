import Glibc

extension SourceBackup {
    /// Of each path, whether a backup of it would store nothing new, told from names, sizes, times and inodes alone: no content
    /// is read.
    ///
    /// Costs a `stat` an entry and the parent's trees; of a path, up to the first difference. False also where something cannot
    /// be looked at, and of all when `parent` is of other paths.
    public static func areUnchanged(
        _ paths: [String], since parent: TreeID, in repository: Repository, options: Options = Options()
    ) throws(RepositoryError) -> [Bool] {
        let comparison = SourceComparison(repository: repository, options: options)
        do throws(RepositoryError) {
            let tree = try repository.tree(parent)
            guard tree.nodes.count == paths.count else { return paths.map { _ in false } }
            var unchanged: [Bool] = []
            for (path, name) in zip(paths, names(of: paths)) {
                guard let previous = tree.node(named: name) else {
                    unchanged.append(false)
                    continue
                }
                unchanged.append(try comparison.isSame(path, previous))
            }
            return unchanged
        } catch {
            // A backup stores again what is damaged or gone.
            guard error.concernsContent else { throw error }
            return paths.map { _ in false }
        }
    }
}

/// Compares a source with its last backup.
private struct SourceComparison {
    let repository: Repository
    let options: SourceBackup.Options

    func isSame(_ path: String, _ previous: Node) throws(RepositoryError) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        return try isSame(Array(path.utf8), AT_FDCWD, status, previous, depth: 0)
    }

    private func isSame(
        _ name: [UInt8], _ directory: Int32, _ status: stat, _ previous: Node, depth: Int
    ) throws(RepositoryError) -> Bool {
        let node = Node(name: previous.name, status: status, recordsAccessTime: options.recordsAccessTime)
        guard node.kind == previous.kind, node.mode == previous.mode, node.uid == previous.uid,
            node.gid == previous.gid,
            node.size == previous.size, node.inode == previous.inode, node.links == previous.links,
            node.device == previous.device, node.modified.isSameInstant(as: previous.modified),
            node.changed.isSameInstant(as: previous.changed)
        else { return false }
        switch node.kind {
        case .file:
            return previous.content?.allSatisfy { repository.contains($0, .data) } ?? false
        case .symlink:
            // What lies behind a link is read through it, and may have changed where the link has not.
            if Self.leadsToFile(name, directory) { return false }
            do throws(SystemError) {
                return try Descriptor.linkTarget(of: name, in: directory) == previous.linkTarget
            } catch { return false }
        case .directory:
            guard depth < SourceBackup.depthLimit, let subtree = previous.subtree else { return false }
            return try isSame(name, directory, try repository.tree(subtree), depth: depth)
        default: return true
        }
    }

    private func isSame(_ name: [UInt8], _ directory: Int32, _ tree: Tree, depth: Int) throws(RepositoryError) -> Bool {
        guard let opened = Self.open(name, directory, depth == 0 ? 0 : O_NOFOLLOW) else { return false }
        let names: [[UInt8]]
        do throws(SystemError) { names = try opened.names() } catch { return false }
        var nodes = tree.nodes[...]
        for name in names {
            let status: stat
            do throws(SystemError) { status = try opened.status(of: name) } catch { return false }
            // Never stored, so never in the tree.
            if Node.Kind(unixMode: status.st_mode) == .socket { continue }
            if options.excludedDirectories.contains(FileIdentity(status)) { continue }
            guard let previous = nodes.popFirst(), previous.name == name else { return false }
            guard try isSame(name, opened.raw, status, previous, depth: depth + 1) else { return false }
        }
        return nodes.isEmpty
    }

    private static func leadsToFile(_ name: [UInt8], _ directory: Int32) -> Bool {
        do throws(SystemError) {
            return Node.Kind(unixMode: try Descriptor.target(of: name, in: directory).st_mode) == .file
        } catch { return false }
    }

    private static func open(_ name: [UInt8], _ directory: Int32, _ flags: Int32) -> Descriptor? {
        do throws(SystemError) {
            return try Descriptor.open(name, in: directory, O_RDONLY | O_DIRECTORY | flags)
        } catch { return nil }
    }
}
