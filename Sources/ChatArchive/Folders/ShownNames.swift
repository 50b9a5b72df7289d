import ChatModel
import Synchronization

/// What the people of an archive are called in its conversations.
///
///     张伟              who alone is called so there
///     张伟@8x2kq1       one of two: the end of the identifier
///
/// Members are told apart from each other. Somebody who is no known member is told apart from everybody in the archive, as only
/// reading all messages would tell who else has sent some. So a name depends on the archive's lists alone: it is the same in
/// all months, and the same in all snapshots until somebody of this name comes.
final class ShownNames: Sendable {
    private struct Found {
        /// Those of each name that several people have; nil before it is needed.
        var namesakes: [String: [PersonID]]?
        /// What was found out of conversations, by their positions.
        var conversations: [Int: Members] = [:]
    }

    /// What there is to know of the members of a conversation beside their names.
    fileprivate struct Members: Sendable {
        /// The names of those who are called as another member is, and what tells them apart.
        var marks: [PersonID: String] = [:]
        /// Names that somebody has in this conversation only.
        var ownNames: Set<String> = []
    }

    private let people: [PersonRecord]
    private let names: [PersonID: String]
    private let found = Mutex(Found())

    init(of people: [PersonRecord]) {
        self.people = people
        names = Dictionary(people.map { ($0.person.id, $0.person.name) }, uniquingKeysWith: { first, _ in first })
    }

    /// The names in a conversation, which has a position among the archive's.
    func names(in conversation: Conversation, at position: Int) -> InConversation {
        found.withLock { found in
            let namesakes = found.namesakes ?? Self.namesakes(among: people)
            found.namesakes = namesakes
            let members = found.conversations[position] ?? members(of: conversation, namesakes)
            found.conversations[position] = members
            return InConversation(
                conversation: conversation, names: names, namesakes: namesakes, members: members)
        }
    }

    private static func namesakes(among people: [PersonRecord]) -> [String: [PersonID]] {
        var first: [String: PersonID] = [:]
        var namesakes: [String: [PersonID]] = [:]
        first.reserveCapacity(people.count)
        for person in people.lazy.map(\.person) where !person.name.isEmpty {
            let earlier = first.updateValue(person.id, forKey: person.name)
            guard let earlier, earlier != person.id else { continue }
            namesakes[person.name, default: [earlier]].append(person.id)
        }
        return namesakes
    }

    private func members(of conversation: Conversation, _ namesakes: [String: [PersonID]]) -> Members {
        var members = Members()
        guard !conversation.names.isEmpty || conversation.members.count > 1 else { return members }
        var people: [String: [PersonID]] = [:]
        var seen: Set<PersonID> = []
        for person in conversation.members + conversation.names.keys where seen.insert(person).inserted {
            let own = conversation.names[person] ?? ""
            if !own.isEmpty { members.ownNames.insert(own) }
            let name = own.isEmpty ? names[person] ?? "" : own
            // Where nobody has another name than elsewhere, only those of whom the archive has two can meet.
            guard !name.isEmpty, !conversation.names.isEmpty || namesakes[name] != nil else { continue }
            people[name, default: []].append(person)
        }
        for namesakes in people.values where namesakes.count > 1 {
            for person in namesakes { members.marks[person] = Self.mark(of: person, among: namesakes) }
        }
        return members
    }

    /// Letters and digits of an identifier that are shown.
    private static let tailLength = 6

    fileprivate static func mark(of person: PersonID, among others: [PersonID]) -> String {
        let tail = tail(of: person)
        let isEnough = !tail.isEmpty && !others.contains { $0 != person && Self.tail(of: $0) == tail }
        return "@" + (isEnough ? tail : person.text)
    }

    /// The last letters and digits of an identifier.
    private static func tail(of person: PersonID) -> String {
        var tail: [Unicode.Scalar] = []
        for scalar in person.text.unicodeScalars.reversed() {
            guard scalar.properties.isAlphabetic || scalar.properties.numericType != nil, tail.count < tailLength else {
                break
            }
            tail.append(scalar)
        }
        return String(String.UnicodeScalarView(tail.reversed()))
    }

    /// What people are called in one conversation.
    struct InConversation {
        fileprivate let conversation: Conversation
        fileprivate let names: [PersonID: String]
        fileprivate let namesakes: [String: [PersonID]]
        fileprivate let members: Members

        /// Somebody as people read it.
        func name(_ person: PersonID) -> String {
            let (name, mark) = parts(person)
            return name + mark
        }

        /// Somebody as a part of file names.
        func safeName(_ person: PersonID) -> [UInt8] {
            let (name, mark) = parts(person)
            let limit = MonthListingBuilder.senderLimit
            guard !mark.isEmpty else { return Array(SafeName.make(name, limit: limit).utf8) }
            let end = SafeName.make(mark, limit: limit * 2 / 3)
            return Array((SafeName.make(name, limit: limit - end.utf8.count) + end).utf8)
        }

        private func parts(_ person: PersonID) -> (name: String, mark: String) {
            let own = conversation.names[person] ?? ""
            let name = own.isEmpty ? names[person] ?? "" : own
            guard !name.isEmpty else { return (person.text, "") }
            if let mark = members.marks[person] { return (name, mark) }
            guard own.isEmpty else { return (name, "") }
            let others = namesakes[name] ?? []
            let isStranger =
                members.ownNames.contains(name) || !others.isEmpty && !conversation.members.contains(person)
            return (name, isStranger ? ShownNames.mark(of: person, among: others) : "")
        }
    }
}
