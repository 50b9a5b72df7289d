public import ResticRepository

/// Which archives of a repository a new one continues.
///
/// Usually the newest alone. Two hosts that backed up at the same time leave two, neither of which has all; the next
/// backup merges them.
public enum ArchiveHeads {
    /// The archives that no other one continues, newest first; of equal ones the newest.
    ///
    /// What counts is when an archive read each source and what it had read before, so it makes no difference which old
    /// snapshots have been forgotten.
    ///
    /// - Parameter archives: ordered by the time of their snapshots, oldest first.
    public static func heads(of archives: [Archive]) -> [Archive] {
        heads(of: archives.map(\.manifest)).map { archives[$0] }
    }

    /// The same for manifests: indices of the heads.
    static func heads(of manifests: [ArchiveManifest]) -> [Int] {
        var heads: [Int] = []
        for index in manifests.indices.reversed() {
            guard !heads.contains(where: { manifests[$0].continues(manifests[index]) }) else { continue }
            // Clocks differ: a newer snapshot may have known less.
            heads.removeAll { manifests[index].continues(manifests[$0]) }
            heads.append(index)
        }
        return heads
    }

    /// The archives that `heads` needs to see: of the snapshots that no other one with an archive names as its parent.
    ///
    /// - Parameter snapshots: oldest first; so is the result.
    /// - Returns: the archives, and the snapshots whose archive is damaged, in the stead of which those before them are taken.
    public static func candidates(
        in snapshots: [StoredSnapshot], of repository: Repository
    ) throws(ArchiveError) -> (archives: [Archive], damaged: [SnapshotID]) {
        var archives: [SnapshotID: Archive] = [:]
        var damaged: [SnapshotID] = []
        let leaves = try leaves(of: snapshots.map { ($0.id, $0.snapshot.parent) }) { (index) throws(ArchiveError) in
            do throws(ArchiveError) {
                let stored = snapshots[index]
                let archive = try Archive(repository: repository, snapshotTree: stored.snapshot.tree)
                try archive.readBeginning()
                archives[stored.id] = archive
                return true
            } catch {
                switch error {
                // Snapshots of other programs take no part.
                case .notAnArchive: return false
                case .repository(let error) where error.concernsContent:
                    damaged.append(snapshots[index].id)
                    return false
                default: throw error
                }
            }
        }
        return (leaves.compactMap { archives[snapshots[$0].id] }, damaged)
    }

    /// Indices, ascending, of the snapshots with an archive that no other one with an archive names as its parent.
    ///
    /// - Parameter hasArchive: asked for leaves only, and for the parent of one that has none.
    static func leaves(
        of snapshots: [(id: SnapshotID, parent: SnapshotID?)], hasArchive: (Int) throws(ArchiveError) -> Bool
    ) throws(ArchiveError) -> [Int] {
        let indices = Dictionary(
            snapshots.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        var children = [Int](repeating: 0, count: snapshots.count)
        for parent in snapshots.compactMap(\.parent) {
            if let index = indices[parent] { children[index] += 1 }
        }
        var open = snapshots.indices.filter { children[$0] == 0 }
        var leaves: [Int] = []
        while let index = open.popLast() {
            if try hasArchive(index) {
                leaves.append(index)
            } else if let parent = snapshots[index].parent.flatMap({ indices[$0] }) {
                children[parent] -= 1
                if children[parent] == 0 { open.append(parent) }
            }
        }
        return leaves.sorted()
    }
}
