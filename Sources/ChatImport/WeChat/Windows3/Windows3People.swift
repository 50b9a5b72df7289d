import ChatModel

/// The people and groups of WeChat 3 on Windows: `MicroMsg.db`, and their pictures in `Misc.db`; people of companies (WeCom)
/// are in `OpenIMContact.db`.
struct Windows3People {
    private let databases: AccountDatabases
    private let path: String
    private let pictures: String
    private let companies: String

    /// - Parameter place: the folder of the databases below the account's.
    init(_ databases: AccountDatabases, place: String) {
        self.databases = databases
        path = AccountFiles.below(place, "MicroMsg.db")
        pictures = AccountFiles.below(place, "Misc.db")
        companies = AccountFiles.below(place, "OpenIMContact.db")
    }

    /// The owner's user name: the account's folder is called by it, or by the WeChat number.
    ///
    /// - Parameter isAlone: whether the folder is one of databases only, whose name need not mean anything.
    func owner(named name: String, isAlone: Bool) throws(ImportError) -> String? {
        guard let database = databases.openIfThere(path) else { return isAlone ? nil : name }
        var owner: String?
        do {
            for column in ["UserName", "Alias"] where owner == nil {
                guard try database.column(column, of: "Contact") != nil else { continue }
                try database.rows(of: "Contact", ["UserName"], "WHERE \(column) = ?", [.text(name)]) { row in
                    owner = ForeignRow(row).name(0)
                    return owner == nil
                }
            }
        } catch let fault as DatabaseFault {
            databases.note(
                .unreadable(DatabaseDamage(path: databases.files.path(path), table: "Contact", fault: fault)))
        } catch {
            throw .stopped(error)
        }
        return owner ?? (name.hasPrefix("wxid_") ? name : nil)
    }

    /// Tells every person.
    func contacts(_ body: (WeChatContact) throws -> Void) throws {
        databases.noteLackOfPeople(path)
        try contactsOfCompanies(body)
        guard let database = databases.openIfThere(path) else { return }
        var labels: [Int64: String] = [:]
        try databases.rows(of: database, at: path, "ContactLabel", ["LabelId", "LabelName"]) { row in
            if let name = row.name(1) { labels[row.number(0)] = name }
        }
        let pictures = try Pictures(databases, at: self.pictures)
        let columns = ["UserName", "NickName", "Remark", "Alias", "LabelIDList", "ExtraBuf"]
        try databases.rows(of: database, at: path, "Contact", columns) { row in
            guard let username = row.name(0), !WeChatGroup.isName(username) else { return }
            var contact = WeChatContact(
                username: username, nickname: row.name(1) ?? "", remark: row.name(2) ?? "", alias: row.name(3) ?? "")
            contact.labels = (row.name(4) ?? "").split(separator: ",").compactMap { Int64($0).flatMap { labels[$0] } }
            contact.phones = Windows3ContactExtra.phones(row.bytes(5))
            contact.avatar = try pictures?.picture(of: username)
            try body(contact)
        }
    }

    private func contactsOfCompanies(_ body: (WeChatContact) throws -> Void) throws {
        guard let database = databases.openIfThere(companies) else { return }
        try databases.rows(of: database, at: companies, "OpenIMContact", ["UserName", "NickName", "Remark"]) { row in
            guard let username = row.name(0), !WeChatGroup.isName(username) else { return }
            try body(WeChatContact(username: username, nickname: row.name(1) ?? "", remark: row.name(2) ?? ""))
        }
    }

    /// Tells every group: those of `ChatRoom`, then those of which only the name is known.
    func groups(_ body: (WeChatGroup) throws -> Void) throws {
        guard let database = databases.openIfThere(path) else { return }
        var names: [String: String] = [:]
        try databases.rows(of: database, at: path, "Contact", ["UserName", "NickName", "Remark"]) { row in
            guard let username = row.name(0), WeChatGroup.isName(username) else { return }
            names[username] = row.name(2) ?? row.name(1) ?? ""
        }
        var announcements: [String: String] = [:]
        try databases.rows(of: database, at: path, "ChatRoomInfo", ["ChatRoomName", "Announcement"]) { row in
            if let username = row.name(0), let words = row.text(1) { announcements[username] = words }
        }
        let columns = ["ChatRoomName", "UserNameList", "DisplayNameList", "Reserved2", "RoomData"]
        try databases.rows(of: database, at: path, "ChatRoom", columns) { row in
            guard let username = row.name(0) else { return }
            let listed = WeChatRoomData.members(Self.list(row.text(1)), Self.list(row.text(2)))
            var members = WeChatRoomData.members(row.bytes(4))
            let known = Set(members.map(\.username))
            members += listed.filter { !known.contains($0.username) }
            try body(
                WeChatGroup(
                    username: username, name: names.removeValue(forKey: username) ?? "", owner: row.name(3),
                    members: members, announcement: announcements[username] ?? ""))
        }
        for (username, name) in names.sorted(by: { $0.key < $1.key }) {
            try body(WeChatGroup(username: username, name: name, announcement: announcements[username] ?? ""))
        }
    }

    private static func list(_ text: String?) -> [Substring] {
        (text ?? "").split(separator: "\u{7}", omittingEmptySubsequences: false)
    }

    /// The pictures of people, small as WeChat keeps them.
    private struct Pictures {
        let table: LookupTable

        init?(_ databases: AccountDatabases, at path: String) throws {
            guard let database = databases.openIfThere(path),
                let table = try LookupTable(
                    databases, database, at: path, table: "ContactHeadImg1", column: "usrName",
                    key: { LookupTable.key(text: $0.name(0) ?? "") })
            else { return nil }
            self.table = table
        }

        func picture(of username: String) throws -> Attachment? {
            var picture: Attachment?
            try table.rows(LookupTable.key(text: username), ["usrName", "smallHeadBuf"]) { row in
                if row.name(0) == username, !row.isEmpty(1) { picture = AccountAttachments.contained(row.bytes(1)) }
                return picture == nil
            }
            return picture
        }
    }
}

/// The column `ExtraBuf` of a contact: entries of 4 bytes of a number, 1 byte of a kind, and a value: of kind 4 in 4 bytes, of
/// kind 5 in 8; of kinds 0x17 (UTF-8) and 0x18 (UTF-16) behind its length in 4 bytes, little-endian.
enum Windows3ContactExtra {
    private static let phone: [UInt8] = [0x75, 0x93, 0x78, 0xAD]

    /// The phone numbers, as far as the entries can be read.
    static func phones(_ bytes: [UInt8]) -> [String] {
        var phones: [String] = []
        var rest = bytes[...]
        while rest.count >= 5 {
            let number = rest.prefix(4)
            let kind = rest[rest.startIndex + 4]
            rest = rest.dropFirst(5)
            let length: Int
            switch kind {
            case 4: length = 4
            case 5: length = 8
            case 0x17, 0x18:
                guard rest.count >= 4 else { return phones }
                length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
                rest = rest.dropFirst(4)
            default: return phones
            }
            guard length <= rest.count else { return phones }
            if number.elementsEqual(phone), kind >= 0x17, (1...400).contains(length) {
                let value = Array(rest.prefix(length))
                let text =
                    kind == 0x17
                    ? String(decoding: value, as: UTF8.self)
                    : String(
                        decoding: stride(from: 0, to: value.count - 1, by: 2).map {
                            UInt16(value[$0]) | UInt16(value[$0 + 1]) << 8
                        }, as: UTF16.self)
                phones += text.split { $0 == "," || $0 == ";" || $0 == "\0" }.map(String.init)
            }
            rest = rest.dropFirst(length)
        }
        return phones
    }
}
