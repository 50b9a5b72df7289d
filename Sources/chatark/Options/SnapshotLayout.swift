import ResticRepository

/// The two trees of a snapshot that chatark wrote.
struct SnapshotLayout {
    /// The chat archive.
    let archive: TreeID
    /// The sources as they were; nil when the snapshot has none.
    let original: TreeID?

    /// Nil for a snapshot without a chat archive, as restic writes them.
    init?(of tree: TreeID, in repository: Repository) throws(RepositoryError) {
        let root = try repository.tree(tree)
        guard let archive = root.node(named: Array("archive".utf8))?.subtree,
            try repository.tree(archive).node(named: Array("archive.json".utf8)) != nil
        else { return nil }
        self.archive = archive
        original = root.node(named: Array("original".utf8))?.subtree
    }
}
