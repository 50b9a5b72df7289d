import ChatModel

/// The pictures of people that sources have given, until they are stored. Bytes from inside of databases wait in a
/// temporary file, as a large account has more of them than fit in memory.
struct WaitingAvatars {
    private struct Entry {
        var avatar: Attachment
        /// Where the bytes of a contained one are.
        var extent: SpillFile.Extent?
        let source: Int
    }

    private var entries: [PersonID: Entry] = [:]
    private var spill: SpillFile?

    /// Takes a person's picture, instead of an earlier one.
    mutating func add(_ avatar: Attachment, of person: PersonID, source: Int) throws(ArchiveError) {
        var entry = Entry(avatar: avatar, extent: nil, source: source)
        if case .contained(let bytes) = avatar.content {
            let file: SpillFile
            if let spill { file = spill } else { file = try SpillFile() }
            spill = file
            entry.extent = try file.append(bytes)
            entry.avatar.content = .contained([])
        }
        entries[person] = entry
    }

    /// A person's picture and the index of the source that gave it.
    func avatar(of person: PersonID) throws(ArchiveError) -> (avatar: Attachment, source: Int)? {
        guard var entry = entries[person] else { return nil }
        if let extent = entry.extent, let spill { entry.avatar.content = .contained(try spill.read(extent)) }
        return (entry.avatar, entry.source)
    }
}
