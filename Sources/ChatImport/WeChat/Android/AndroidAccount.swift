import ChatModel
import SQLite

/// An account of WeChat on Android: `MicroMsg/<md5("mm" + uin)>/EnMicroMsg.db`, with media in folders by hash around it.
final class AndroidAccount: WeChatAccount {
    let owner: String?
    var notes: [WeChatNote] {
        [.opened(path: path, database.account)] + tables.damages.map { .unreadable($0) }
    }
    private let path: String
    private let database: ForeignDatabase
    private let tables: AndroidTables
    private let media: AndroidMedia

    /// Opens the database. Throws `.database` for one that cannot be opened.
    init(root: String, folder: String, keys: SourceKeys) throws {
        path = folder.isEmpty ? "EnMicroMsg.db" : folder + "/EnMicroMsg.db"
        do throws(DatabaseFault) {
            database = try ForeignDatabase(path: root + "/" + path, keys: keys.databaseKeys, parameters: [.android])
        } catch {
            throw ImportError.database(path: path, error)
        }
        tables = AndroidTables(database, path: path)
        let owner = tables.text(of: "userinfo", "value", "WHERE id = ?", .number(2), isAlone: true)
        self.owner = owner.flatMap { $0.isEmpty ? nil : $0 }
        media = AndroidMedia(root: root, folder: folder, tables)
    }

    // MARK: People

    func contacts(_ body: (WeChatContact) throws -> Void) throws {
        var labels: [String: String] = [:]
        tables.eachRow(of: "ContactLabel", ["labelID", "labelName"]) { row in
            if let name = row.text(1) { labels[String(row.int64(0))] = name }
            return true
        }
        let columns = ["username", "nickname", "conRemark", "alias", "contactLabelIds"]
        try tables.rows(of: "rcontact", columns) { row in
            guard let name = row.text(0), !name.isEmpty, !WeChatGroup.isName(name) else { return true }
            var contact = WeChatContact(
                username: name, nickname: row.text(1) ?? "", remark: row.text(2) ?? "", alias: row.text(3) ?? "",
                labels: (row.text(4) ?? "").split(separator: ",").compactMap { labels[String($0)] },
                avatar: media.avatar(of: name))
            if name == owner { completeOwner(&contact) }
            try body(contact)
            return true
        }
        guard let owner, !hasContact(owner) else { return }
        var contact = WeChatContact(username: owner, avatar: media.avatar(of: owner))
        completeOwner(&contact)
        try body(contact)
    }

    private func hasContact(_ name: String) -> Bool {
        tables.text(of: "rcontact", "username", "WHERE username = ?", .text(name), isAlone: true) != nil
    }

    /// What the owner is called lies elsewhere: 4 the name, 42 the number, 6 the telephone.
    private func completeOwner(_ contact: inout WeChatContact) {
        let value = { [tables] (id: Int64) -> String? in
            let text = tables.text(of: "userinfo", "value", "WHERE id = ?", .number(id), isAlone: true)
            return text.flatMap { $0.isEmpty ? nil : $0 }
        }
        if let name = value(4) { contact.nickname = name }
        if let number = value(42) { contact.alias = number }
        if let phone = value(6) { contact.phones = [phone] }
    }

    func groups(_ body: (WeChatGroup) throws -> Void) throws {
        var names: [String: String] = [:]
        tables.eachRow(of: "rcontact", ["username", "nickname", "conRemark"]) { row in
            guard let name = row.text(0), WeChatGroup.isName(name) else { return true }
            names[name] = [row.text(2), row.text(1)].compactMap { $0 }.first { !$0.isEmpty }
            return true
        }
        var told: Set<String> = []
        let columns = ["chatroomname", "memberlist", "roomowner", "roomdata", "chatroomnotice"]
        try tables.rows(of: "chatroom", columns) { row in
            guard let name = row.text(0), !name.isEmpty else { return true }
            var members = row.bytes(3).map { WeChatRoomData.members($0) } ?? []
            let known = Set(members.map(\.username))
            for member in (row.text(1) ?? "").split(separator: ";") where !known.contains(String(member)) {
                members.append(.init(username: String(member)))
            }
            told.insert(name)
            try body(
                WeChatGroup(
                    username: name, name: names[name] ?? "", owner: row.text(2), members: members,
                    announcement: row.text(4) ?? "", avatar: media.avatar(of: name)))
            return true
        }
        for (username, name) in names.sorted(by: { $0.key < $1.key }) where !told.contains(username) {
            try body(WeChatGroup(username: username, name: name))
        }
    }

    // MARK: Messages

    /// Tables with rows of the same kind: the messages, and those of enterprises, QQ, bottles and small programs.
    private static let tables = [
        "message", "bizchatmessage", "qmessage", "bottlemessage", "appbrandmessage", "findermessage006",
        "gamelifemessage", "bizfansmessage",
    ]
    private static let columns = ["msgId", "msgSvrId", "type", "isSend", "createTime", "talker", "content", "imgPath"]

    func rows(_ body: (WeChatRow) throws -> Void, damaged: (DatabaseDamage) throws -> Void) throws {
        for table in Self.tables where database.tables.contains(table) {
            do {
                let lost = try database.readableRows(of: table, Self.columns) { row in
                    try body(self.row(row, isMain: table == "message"))
                    return true
                }
                if let damage = DatabaseDamage(path: path, table: table, lost) { try damaged(damage) }
            } catch let fault as DatabaseFault {
                try damaged(DatabaseDamage(path: path, table: table, fault: fault))
            }
        }
        do throws(DatabaseFault) {
            try database.checkUnchanged()
        } catch {
            try damaged(DatabaseDamage(path: path, fault: error))
        }
    }

    private func row(_ row: Statement, isMain: Bool) -> WeChatRow {
        let type = Int32(truncatingIfNeeded: row.int64(2))
        var result = WeChatRow(
            talker: row.text(5) ?? "", serverID: row.int64(1), localID: row.int64(0), type: type,
            time: Timestamp(milliseconds: row.int64(4)), isOwn: row.isNull(3) ? nil : row.int64(3) == 1,
            content: row.bytes(6) ?? [])
        guard type != 1 else { return result }
        result.mediaPath = row.text(7)
        result.isOfSisterTable = !isMain
        guard isMain else { return result }
        if type == 34 { result.note = media.transcription(of: result.localID) }
        if type & 0xFFFF == 47 || type == 1_048_625 { result.note = media.meaning(ofStickerIn: result) }
        return result
    }

    func attachment(for media: WeChatContent.Media, of row: WeChatRow) throws -> Attachment {
        self.media.attachment(for: media, of: row)
    }
}
