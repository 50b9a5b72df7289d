import Storage

/// One damaged file takes nothing from the others: what is sound is used, and what was left out is told.
extension Repository {
    /// Snapshots and index files that were found damaged when all of them were read, by their names.
    public var leftOut: [RepositoryError] {
        damagedFiles.withLock { $0.sorted { $0.key.path < $1.key.path }.map(\.value) }
    }

    /// Reads the index as `loadIndex` does; damaged files are left out.
    public func loadSoundIndex(_ extent: IndexExtent = .whole) throws(RepositoryError) {
        try leavingOut { () throws(RepositoryError) in try loadIndex(extent) }
    }

    /// Reads the rest of the index as `completeIndex` does; damaged files are left out.
    public func completeSoundIndex() throws(RepositoryError) {
        try leavingOut { () throws(RepositoryError) in try completeIndex() }
    }

    /// Notes a damaged file.
    func leaveOut(_ name: ObjectName, _ damage: Damage) {
        damagedFiles.withLock { $0[name] = .damaged(name, damage) }
    }

    private func leavingOut(_ load: () throws(RepositoryError) -> Void) throws(RepositoryError) {
        do throws(RepositoryError) { try load() } catch {
            // Noted when it was read.
            guard case .damaged(let name, _) = error, name.kind == .index else { throw error }
        }
    }
}
