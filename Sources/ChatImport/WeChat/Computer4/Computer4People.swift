import ChatModel

/// The people and groups of WeChat 4: `contact/contact.db`.
struct Computer4People {
    private let databases: AccountDatabases
    /// Below the account's folder.
    let path: String
    private let sessions: String

    /// - Parameter place: the folder of the databases below the account's.
    init(_ databases: AccountDatabases, place: String) {
        self.databases = databases
        path = AccountFiles.below(place, "contact/contact.db")
        sessions = AccountFiles.below(place, "session/session.db")
    }

    /// The owner's user name. The account's folder is called by it, then `_` and four hexadecimal digits.
    ///
    /// - Parameter isAlone: whether the folder is one of databases only, whose name need not mean anything.
    func owner(named name: String, isAlone: Bool) throws(ImportError) -> String? {
        var stem = name
        if let bar = name.lastIndex(of: "_") {
            let end = name[name.index(after: bar)...]
            if end.utf8.count == 4, end.allSatisfy(\.isHexDigit) { stem = String(name[..<bar]) }
        }
        guard let database = databases.openIfThere(path) else { return isAlone || stem == name ? nil : stem }
        var owner: String?
        do {
            for candidate in stem == name ? [name] : [stem, name] where owner == nil {
                for column in ["username", "alias"] where owner == nil {
                    guard try database.column(column, of: "contact") != nil else { continue }
                    try database.rows(of: "contact", ["username"], "WHERE \(column) = ?", [.text(candidate)]) { row in
                        owner = ForeignRow(row).name(0)
                        return owner == nil
                    }
                }
            }
        } catch let fault as DatabaseFault {
            databases.note(
                .unreadable(DatabaseDamage(path: databases.files.path(path), table: "contact", fault: fault)))
        } catch {
            throw .stopped(error)
        }
        // An account that has no contact of its own still has a folder.
        return owner ?? (stem != name && stem.hasPrefix("wxid_") ? stem : nil)
    }

    /// Tells every user name, of people and groups, and of conversations with people who are no contacts any more.
    func userNames(_ body: (String) -> Void) throws {
        for (path, table) in [(path, "contact"), (path, "chat_room"), (sessions, "SessionTable")] {
            guard let database = databases.openIfThere(path) else { continue }
            try databases.rows(of: database, at: path, table, ["username"]) { row in
                if let name = row.name(0) { body(name) }
            }
        }
    }

    /// Tells every person.
    func contacts(_ body: (WeChatContact) throws -> Void) throws {
        databases.noteLackOfPeople(path)
        guard let database = databases.openIfThere(path) else { return }
        try databases.rows(of: database, at: path, "contact", ["username", "nick_name", "remark", "alias"]) { row in
            guard let username = row.name(0), !WeChatGroup.isName(username) else { return }
            try body(
                WeChatContact(
                    username: username, nickname: row.name(1) ?? "", remark: row.name(2) ?? "",
                    alias: row.name(3) ?? ""))
        }
    }

    /// Tells every group: those of `chat_room`, then those of which only the name is known.
    func groups(_ body: (WeChatGroup) throws -> Void) throws {
        guard let database = databases.openIfThere(path) else { return }
        var names: [String: String] = [:]
        try databases.rows(of: database, at: path, "contact", ["username", "nick_name", "remark"]) { row in
            guard let username = row.name(0), WeChatGroup.isName(username) else { return }
            names[username] = row.name(2) ?? row.name(1) ?? ""
        }
        try databases.rows(of: database, at: path, "chat_room", ["username", "owner", "ext_buffer"]) { row in
            guard let username = row.name(0) else { return }
            try body(
                WeChatGroup(
                    username: username, name: names.removeValue(forKey: username) ?? "", owner: row.name(1),
                    members: WeChatRoomData.members(row.bytes(2))))
        }
        for (username, name) in names.sorted(by: { $0.key < $1.key }) {
            try body(WeChatGroup(username: username, name: name))
        }
    }
}
