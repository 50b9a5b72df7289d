import ChatModel

/// The people and groups of WeChat 3 on a Mac: `wccontact_new2.db` and `group_new.db`.
struct Mac3People {
    static let path = "Contact/wccontact_new2.db"
    static let groupsPath = "Group/group_new.db"

    private let databases: AccountDatabases

    init(_ databases: AccountDatabases) { self.databases = databases }

    /// The owner's user name, by its digest. The owner is a contact, or at least a member of groups.
    func owner(digest: String) throws -> String? {
        guard let wanted = UserNameDigest.ofTable(digest, prefix: "") else { return nil }
        var names = DigestNames(wanted: [wanted])
        try userNames { names.consider($0) }
        if !names.isComplete {
            try groups { group in for member in group.members { names.consider(member.username) } }
        }
        return names.isComplete ? names[wanted] : nil
    }

    /// Tells every user name, of people and groups, and of conversations with people who are no contacts any more.
    func userNames(_ body: (String) -> Void) throws {
        for (path, table, column) in [
            (Self.path, "WCContact", "m_nsUsrName"), (Self.groupsPath, "GroupContact", "m_nsUsrName"),
            (Self.groupsPath, "GroupMember", "m_nsUsrName"),
            ("Session/session_new.db", "SessionAbstract", "m_nsUserName"),
        ] {
            guard let database = databases.openIfThere(path) else { continue }
            try databases.rows(of: database, at: path, table, [column]) { row in
                if let name = row.name(0) { body(name) }
            }
        }
    }

    /// Tells every person: contacts, then members of groups that are no contacts.
    func contacts(_ body: (WeChatContact) throws -> Void) throws {
        databases.noteLackOfPeople(Self.path)
        var told: Set<String> = []
        for (path, table) in [(Self.path, "WCContact"), (Self.groupsPath, "GroupMember")] {
            guard let database = databases.openIfThere(path) else { continue }
            let columns = ["m_nsUsrName", "nickname", "m_nsRemark", "m_nsAliasName"]
            try databases.rows(of: database, at: path, table, columns) { row in
                guard let username = row.name(0), !WeChatGroup.isName(username), told.insert(username).inserted else {
                    return
                }
                try body(
                    WeChatContact(
                        username: username, nickname: row.name(1) ?? "", remark: row.name(2) ?? "",
                        alias: row.name(3) ?? ""))
            }
        }
    }

    /// Tells every group.
    func groups(_ body: (WeChatGroup) throws -> Void) throws {
        guard let database = databases.openIfThere(Self.groupsPath) else { return }
        let columns = ["m_nsUsrName", "nickname", "m_nsRemark", "m_nsOwner", "m_nsChatRoomMemList"]
        try databases.rows(of: database, at: Self.groupsPath, "GroupContact", columns) { row in
            guard let username = row.name(0) else { return }
            let members = (row.text(4) ?? "").split(separator: ";").map { WeChatGroup.Member(username: String($0)) }
            try body(
                WeChatGroup(
                    username: username, name: row.name(2) ?? row.name(1) ?? "", owner: row.name(3), members: members))
        }
    }
}
