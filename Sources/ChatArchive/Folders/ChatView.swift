import ChatModel
import ResticRepository

/// What the folders of one archive need again and again: its conversations and people, decoded once.
final class ChatView: Sendable {
    let archive: Archive
    let conversations: [ConversationRecord]
    let people: [PersonRecord]
    /// The file name of each person below `contacts/`.
    let contactNames: [[UInt8]]
    private let folders: [[UInt8]: Int]
    private let contacts: [[UInt8]: Int]
    private let names: ShownNames
    /// Conversations by the names of their folders, and where each stands among them.
    private let named: [Int]
    private let ranks: [Int]

    var cost: Int {
        conversations.reduce(0) { $0 + 500 + $1.conversation.names.count * 160 }
            + named.count * 16 + people.reduce(0) { $0 + 500 + ($1.person.membership?.members.count ?? 0) * 100 } + 1000
    }

    init(_ archive: Archive) throws(ArchiveError) {
        self.archive = archive
        conversations = Array(try archive.conversations().prefix(InodeLayout.conversationLimit))
        people = Array(try archive.people().prefix(InodeLayout.conversationLimit))
        folders = Dictionary(
            conversations.enumerated().map { (Array($1.folder.utf8), $0) }, uniquingKeysWith: { first, _ in first })
        var taken: Set<String> = []
        contactNames = people.map { record in
            let name = record.person.name.isEmpty ? record.person.id.text : record.person.name
            return Array(SafeName.unique(SafeName.makeWhole(name, limit: 200) + ".vcf", taken: &taken).utf8)
        }
        let folderNames = conversations.map { Array($0.folder.utf8) }
        named = folderNames.indices.sorted { folderNames[$0].lexicographicallyPrecedes(folderNames[$1]) }
        var ranks = [Int](repeating: 0, count: named.count)
        for (rank, conversation) in named.enumerated() { ranks[conversation] = rank }
        self.ranks = ranks
        contacts = Dictionary(contactNames.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        names = ShownNames(of: people)
    }

    func conversation(inFolder name: [UInt8]) -> Int? { folders[name] }

    /// Where a conversation stands among the others.
    func place(ofConversation conversation: Int) -> ConversationWalks<TreeID>.Place? {
        guard ranks.indices.contains(conversation) else { return nil }
        return .init(listed: conversation, named: ranks[conversation])
    }

    /// The conversation at a position that exists.
    func conversation(at position: Int, in order: ConversationWalks<TreeID>.Order) -> Int {
        order == .listed ? position : named[position]
    }

    func contact(named name: [UInt8]) -> Int? { contacts[name] }

    /// What people are called in a conversation. Costs a look at its members the first time.
    func names(in conversation: Int) -> ShownNames.InConversation {
        names.names(in: conversations[conversation].conversation, at: conversation)
    }
}
