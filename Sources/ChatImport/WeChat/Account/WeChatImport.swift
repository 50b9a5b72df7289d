import ChatModel

/// Turns an account of WeChat, in whatever shape, into persons, conversations and messages.
///
/// Identifiers are the same on every device of the account: `wechat:<user name>` for persons,
/// `wechat:<owner>/<user name>` for conversations, and the server's number for messages.
struct WeChatImport {
    private let account: any WeChatAccount
    private let root: String
    /// The owner's user name; what is known from before where the account does not tell it, or cannot any more.
    private let owner: String?
    private var contacts: [String: WeChatContact] = [:]
    /// Who has been told as a person, and who as a conversation, by user name.
    private var toldPeople: [String: PersonID] = [:]
    private var toldConversations: [String: ConversationID] = [:]
    /// The conversation of the row before.
    private var lastConversation: (talker: String, id: ConversationID)?
    private var unknownTypes: [String: Int] = [:]
    private var damagedContents = 0
    private var impossibleTimes = 0
    /// Messages of the owner, when nobody knows who that is.
    private var ownWithoutSender = 0

    init(_ account: any WeChatAccount, root: String, known: [ConversationID] = []) {
        self.account = account
        self.root = root
        owner = account.owner ?? Self.owner(of: known)
    }

    /// Reads the accounts of the main databases that were recognised. One that cannot be read is told, and the others are read;
    /// throws when none can be.
    static func read(
        _ exports: [SourceFolder.Export], _ options: ImportOptions, _ deliver: (ImportEvent) throws -> Void
    ) throws {
        var attempts = ReadingAttempts()
        for export in exports {
            try deliver(.export(path: export.path))
            let opened = Result { () throws -> [any WeChatAccount] in
                guard let place = WeChatShape.place(of: export.path) else {
                    throw ImportError.notRecognised(path: export.root)
                }
                return try place.open(root: export.root, options.keys)
            }
            guard case .success(let accounts) = opened else {
                try attempts.read(export.path) { _ = try opened.get() }
                continue
            }
            for account in accounts {
                let known = accounts.count == 1 ? options.knownConversations : []
                var reading = WeChatImport(account, root: export.path, known: known)
                try attempts.read(export.path) { try reading.read(deliver) }
            }
        }
        try attempts.end(ImportNote.accountNotRead, deliver)
    }

    mutating func read(_ deliver: (ImportEvent) throws -> Void) throws {
        try readContacts(deliver)
        try account.groups { try tell($0, deliver) }
        let damages = try readRows(deliver)
        for note in account.notes.compactMap(Self.importNote) { try deliver(.note(note)) }
        for damage in damages { try deliver(.note(.damagedDatabase(damage))) }
        if damagedContents > 0 { try deliver(.note(.damagedContents(count: damagedContents))) }
        if impossibleTimes > 0 { try deliver(.note(.impossibleTimes(count: impossibleTimes))) }
        if ownWithoutSender > 0 { try deliver(.note(.ownerUnknown(path: root, messages: ownWithoutSender))) }
        if !unknownTypes.isEmpty { try deliver(.note(.unknownMessageTypes(unknownTypes))) }
    }

    // MARK: People

    private mutating func readContacts(_ deliver: (ImportEvent) throws -> Void) throws {
        var found: [String: WeChatContact] = [:]
        try account.contacts { contact in
            found[contact.username] = contact
            try deliver(
                .person(
                    Person(
                        id: Self.person(contact.username), name: contact.shownName(),
                        isSelf: contact.username == owner, phones: contact.phones,
                        handles: contact.alias.isEmpty ? [] : [contact.alias], labels: contact.labels,
                        avatar: contact.avatar)))
        }
        contacts = found
        for name in found.keys { toldPeople[name] = Self.person(name) }
    }

    /// Somebody who is no contact any more, and never was one of the group's members: the identifier is all that is known.
    private mutating func tellPerson(
        _ username: String, _ deliver: (ImportEvent) throws -> Void
    ) throws -> PersonID {
        if let known = toldPeople[username] { return known }
        let id = Self.person(username)
        toldPeople[username] = id
        try deliver(.person(Person(id: id, name: username, isSelf: username == owner)))
        return id
    }

    private mutating func tell(_ group: WeChatGroup, _ deliver: (ImportEvent) throws -> Void) throws {
        var names: [PersonID: String] = [:]
        for member in group.members where !member.nickname.isEmpty {
            let contact = contacts[member.username] ?? WeChatContact(username: member.username)
            let name = contact.shownName(groupNickname: member.nickname)
            if name != contact.shownName() { names[Self.person(member.username)] = name }
        }
        var title = group.name
        if title.isEmpty {
            title = group.members.filter { $0.username != owner }.prefix(20).map { member in
                names[Self.person(member.username)] ?? contacts[member.username]?.shownName() ?? member.username
            }.joined(separator: "、")
        }
        toldConversations[group.username] = conversation(group.username)
        toldPeople[group.username] = Self.person(group.username)
        let members = group.members.map { member in
            Membership.Member(Self.person(member.username), name: names[Self.person(member.username)] ?? "")
        }
        try deliver(
            .person(
                Person(
                    id: Self.person(group.username), name: title, avatar: group.avatar,
                    membership: Membership(
                        owner: group.owner.flatMap { $0.isEmpty ? nil : Self.person($0) }, members: members,
                        announcement: group.announcement))))
        try deliver(
            .conversation(
                Conversation(
                    id: conversation(group.username), title: title, kind: .group, app: "wechat",
                    members: group.members.map { Self.person($0.username) }, names: names)))
    }

    private mutating func tellConversation(
        with talker: String, _ deliver: (ImportEvent) throws -> Void
    ) throws -> ConversationID {
        // Rows of a conversation lie beside each other, mostly.
        if talker == lastConversation?.talker, let known = lastConversation { return known.id }
        defer { lastConversation = toldConversations[talker].map { (talker, $0) } }
        if let known = toldConversations[talker] { return known }
        let id = conversation(talker)
        toldConversations[talker] = id
        try deliver(
            .conversation(
                Conversation(
                    id: id, title: contacts[talker]?.shownName() ?? talker,
                    kind: Self.kind(of: talker),
                    app: "wechat", members: [Self.person(talker)] + (owner.map { [Self.person($0)] } ?? []))))
        return id
    }

    private static let services: Set<String> = [
        "weixin", "fmessage", "medianote", "floatbottle", "newsapp", "qqmail", "notifymessage", "brandsessionholder",
        "officialaccounts", "blogapp", "qmessage", "helper_entry",
    ]

    private static func kind(of talker: String) -> Conversation.Kind {
        if talker.hasSuffix("@chatroom") || talker.hasSuffix("@im.chatroom") { return .group }
        if talker == "filehelper" { return .saved }
        if talker.hasPrefix("gh_") { return .channel }
        return services.contains(talker) ? .service : .direct
    }

    private static func person(_ username: String) -> PersonID { PersonID("wechat:" + username) }

    private func conversation(_ talker: String) -> ConversationID {
        ConversationID("wechat:\(owner ?? "")/\(talker)")
    }

    /// Whose account some conversations are, by their identifiers; nil when they are not all of one known owner.
    static func owner(of conversations: [ConversationID]) -> String? {
        var found: String?
        for id in conversations where id.text.hasPrefix("wechat:") {
            let owner = String(id.text.dropFirst("wechat:".count).prefix { $0 != "/" })
            guard !owner.isEmpty, found == nil || owner == found else { return nil }
            found = owner
        }
        return found
    }

    // MARK: Messages

    /// Tells the messages of all rows; what could not be read is returned.
    private mutating func readRows(_ deliver: (ImportEvent) throws -> Void) throws -> [DatabaseDamage] {
        let (names, owner) = (contacts.mapValues { $0.shownName() }, self.owner)
        var contents = ContentsAhead { WeChatContent(of: $0, owner: owner) { names[$0] } }
        var damages: [DatabaseDamage] = []
        do {
            try account.rows(
                { try contents.add($0) { try tell($0, deliver) } }, damaged: { damages.append($0) })
        } catch {
            // What was read before is told all the same.
            try contents.finish { try tell($0, deliver) }
            throw error
        }
        try contents.finish { try tell($0, deliver) }
        return damages
    }

    private mutating func tell(_ read: ContentsAhead.Content, _ deliver: (ImportEvent) throws -> Void) throws {
        guard !read.content.isNoise else {
            return try deliver(.skipped(SkippedRow(reason: .deviceSignal, path: root, row: read.row.localID)))
        }
        guard !read.row.talker.isEmpty else {
            return try deliver(.skipped(SkippedRow(reason: .noConversation, path: root, row: read.row.localID)))
        }
        let conversation = try tellConversation(with: read.row.talker, deliver)
        var message = read.message
        message.sender = try sender(of: read.row, read.content).map { try tellPerson($0, deliver) }
        if owner == nil, message.sender == nil, read.row.isOwn == true, !message.kind.isOfNobody {
            ownWithoutSender += 1
        }
        // Shown at the beginning of time rather than not at all; the file of the source tells what stood there.
        if !Timestamp.plausible.contains(message.time) {
            impossibleTimes += 1
            message.time = Timestamp(milliseconds: 0)
        }
        for media in read.content.media {
            let attachment = try account.attachment(for: media, of: read.row)
            // What a forwarded message had is named in its text; a copy of it is seldom kept.
            if media.isForwarded, case .missing = attachment.content { continue }
            message.attachments.append(attachment)
        }
        if read.content.isUnknown { unknownTypes["\(read.row.type)/\(read.row.subtype)", default: 0] += 1 }
        if read.content.isDamaged { damagedContents += 1 }
        try deliver(.message(message, in: conversation))
    }

    /// The user name of the sender; the platform's own lines are nobody's.
    private func sender(of row: WeChatRow, _ content: WeChatContent) -> String? {
        if let sender = content.sender { return sender }
        if content.kind.isOfNobody {
            // What somebody sent and is shown as a line (an announcement, a pat, a request) is theirs: elsewhere a prefix
            // tells it.
            let base = WeChatType(row.type).base
            let isSent = content.kind == .system ? !base.isSystem : base == .app
            return isSent && row.isInGroup && row.isOwn == false ? row.sender : nil
        }
        if row.isOwn == true { return owner }
        if let sender = row.sender, !sender.isEmpty { return sender }
        return row.isInGroup ? nil : row.talker
    }

    private static func importNote(_ note: WeChatNote) -> ImportNote? {
        switch note {
        case .opened(let path, let account):
            if account.unreadableLogFrames > 0 {
                return .unreadableLog(path: path, frames: account.unreadableLogFrames)
            }
            if let log = account.log { return .readLog(path: path, log) }
            return account.lacksLog ? .lacksLog(path: path) : nil
        case .unreadable(let damage): return .damagedDatabase(damage)
        case .duplicates(let rows): return .repeatedRows(count: rows)
        case .deletedRows(let path, let rows): return .deletedRows(path: path, count: rows)
        case .lacksPeople(let path): return .lacksPeople(path: path)
        case .picturesNeedKey(let count): return .picturesNeedKey(count: count)
        }
    }
}

extension Message.Kind {
    /// Whether it is as a rule a line of the platform's own.
    fileprivate var isOfNobody: Bool { self == .system || self == .deleted }
}
