public import ResticRepository

/// Which archives of a repository a new one continues.
///
/// Usually the newest alone. Two hosts that backed up at the same time leave two, neither of which has all; the next
/// backup merges them. What counts is when an archive last read each source, not how snapshots hang together, so it makes
/// no difference which old snapshots have been forgotten.
public enum ArchiveHeads {
    /// The archives that no other one continues, newest first; of equal ones the newest.
    ///
    /// - Parameter archives: ordered by the time of their snapshots, oldest first.
    public static func heads(of archives: [Archive]) -> [Archive] {
        var heads: [Archive] = []
        for archive in archives.reversed() where !heads.contains(where: { $0.manifest.continues(archive.manifest) }) {
            heads.append(archive)
        }
        return heads
    }

    /// The archives that `heads` needs to see: of the snapshots that no other snapshot names as its parent.
    public static func candidates(
        in snapshots: [StoredSnapshot], of repository: Repository
    ) throws(ArchiveError) -> [Archive] {
        let parents = Set(snapshots.compactMap(\.snapshot.parent))
        var archives: [Archive] = []
        for stored in snapshots where !parents.contains(stored.id) {
            do throws(ArchiveError) {
                archives.append(try Archive(repository: repository, snapshotTree: stored.snapshot.tree))
            } catch {
                // Snapshots of other programs take no part.
                guard case .notAnArchive = error else { throw error }
            }
        }
        return archives
    }
}
