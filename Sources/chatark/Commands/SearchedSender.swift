import ChatArchive
import ChatModel

/// Everybody who is, or was, called by a name: everywhere, or by the members of a group.
struct SearchedSender {
    /// As it was given.
    let name: String
    private let wanted: String
    /// Who is called so.
    private(set) var people: Set<PersonID> = []
    /// Names that contain it, in order; only when nobody is called so.
    private(set) var similar: [String] = []

    init(_ name: String, people records: [PersonRecord], _ conversations: [ConversationRecord]) {
        self.name = name
        wanted = name.lowercased()
        var names: Set<String> = []
        func note(_ name: String, of person: PersonID) {
            if name.lowercased() == wanted { people.insert(person) } else { names.insert(name) }
        }
        for record in records {
            for name in [record.person.name] + record.earlierNames { note(name, of: record.person.id) }
        }
        for record in conversations {
            for (person, name) in record.conversation.names { note(name, of: person) }
        }
        if people.isEmpty { similar = names.filter { [wanted] in $0.lowercased().contains(wanted) }.sorted() }
    }

    /// Whether it is one of them; who has no name is called by the identifier.
    func accepts(_ person: PersonID) -> Bool { people.contains(person) || person.text.lowercased() == wanted }
}
