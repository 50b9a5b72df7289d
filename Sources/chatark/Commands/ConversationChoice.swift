import ChatArchive

/// Finds the conversations that the user names: by their folders, or by a title that one alone has.
enum ConversationChoice {
    /// The records of these names, in the archive's order; all when no name is given. Names are the same however their accents are
    /// written.
    static func records(
        named names: [String], among all: [ConversationRecord]
    ) throws(CommandError) -> [ConversationRecord] {
        guard !names.isEmpty else { return all }
        var chosen: Set<Int> = []
        for name in names { chosen.insert(try index(of: name, among: all)) }
        return chosen.sorted().map { all[$0] }
    }

    private static func index(of name: String, among all: [ConversationRecord]) throws(CommandError) -> Int {
        // Two folders may differ by how their accents are written alone; and what one is called counts before what another one's
        // title is.
        let ways: [(ConversationRecord) -> Bool] = [
            { $0.folder.utf8.elementsEqual(name.utf8) }, { $0.folder == name },
            { $0.conversation.title == name && !name.isEmpty },
        ]
        for isMeant in ways {
            let found = all.indices.filter { isMeant(all[$0]) }
            if found.count > 1 { throw .ambiguousConversation(name, folders: found.map { all[$0].folder }) }
            if let index = found.first { return index }
        }
        throw .noSuchConversation(name)
    }
}

extension ConversationRecord {
    /// What people call it: the title, and the folder when it is called otherwise.
    var shownName: String {
        let title = conversation.title
        return title.isEmpty || title == folder ? folder : "\(title) (\(folder))"
    }
}
