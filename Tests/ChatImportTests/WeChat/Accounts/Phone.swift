import ChatModel
import Foundation

@testable import ChatImport

/// A small made-up iPhone: the container of its WeChat, and backups of it.
final class Phone {
    /// A row of a conversation; rows are numbered from 1.
    struct Row {
        let content: String
        let type: Int

        init(_ content: String, type: Int = 1) {
            self.content = content
            self.type = type
        }
    }

    private let folder: TemporaryFolder
    private var backups = 0
    private var logins: [UInt8] = []
    var container: String { folder.path + "/container" }

    init() throws { folder = try TemporaryFolder() }

    func digest(_ name: String) -> String { UserNameDigest.hexadecimal(name) ?? "" }

    func write(_ path: String, _ bytes: [UInt8]) throws { try folder.write("container/" + path, bytes) }
    func write(_ path: String, _ text: String) throws { try write(path, Array(text.utf8)) }
    func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: container + "/" + path) }

    /// Makes a database in an account's folder.
    func database(_ owner: String, _ path: String, _ sql: String) throws {
        let path = container + "/Documents/\(digest(owner))/" + path
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Programs.run("sqlite3", [path], input: sql)
    }

    /// Makes an account, with everybody it talks to as a contact unless `contacts` says who is one; nil: no list of them.
    func makeAccount(_ owner: String, _ chats: [(with: String, rows: [Row])], contacts: [String]?) throws {
        let login = [0x0A, UInt8(owner.utf8.count)] + Array(owner.utf8)
        logins += [0x0A, UInt8(login.count)] + login
        try write("Documents/LoginInfo2.dat", logins)
        var sql = ""
        for chat in chats {
            let table = "Chat_" + digest(chat.with)
            sql += """
                CREATE TABLE \(table) (MesLocalID INTEGER PRIMARY KEY, MesSvrID, CreateTime, Message TEXT, Type, Des);

                """
            for (place, row) in chat.rows.enumerated() {
                let number = place + 1
                sql += "INSERT INTO \(table) VALUES (\(number), \(1000 + number), \(1_600_000_000 + number), "
                sql += "'\(row.content.replacingOccurrences(of: "'", with: "''"))', \(row.type), 1);\n"
            }
        }
        try database(owner, "DB/MM.sqlite", sql)
        guard let contacts else { return }
        let rows = contacts.map { "INSERT INTO Friend VALUES ('\($0)', NULL, NULL);" }.joined()
        try database(
            owner, "DB/WCDB_Contact.sqlite",
            "CREATE TABLE Friend (userName, dbContactRemark BLOB, dbContactChatRoom BLOB);" + rows)
    }

    func makeAccount(_ owner: String, _ chats: [(with: String, rows: [Row])]) throws {
        try makeAccount(owner, chats, contacts: chats.map(\.with))
    }

    /// Backs the phone up, and returns where.
    func backUp() throws -> String {
        backups += 1
        let root = folder.path + "/backup\(backups)"
        var sql = "CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB);\n"
        let names = try FileManager.default.subpathsOfDirectory(atPath: container)
        for name in names {
            let whole = container + "/" + name
            guard !SourceFolder.isFolder(whole), name.hasPrefix("Documents/"),
                let place = PhoneBackup.place(String(name.dropFirst("Documents/".count)))
            else { continue }
            try folder.write("backup\(backups)/" + place, [UInt8](try Data(contentsOf: URL(fileURLWithPath: whole))))
            sql += "INSERT INTO Files VALUES ('\(place.dropFirst(3))', '\(PhoneBackup.domain)', '\(name)', 1, NULL);\n"
        }
        try Programs.run("sqlite3", [root + "/Manifest.db"], input: sql)
        return root
    }

    /// All rows, as "conversation: content".
    static func texts(_ accounts: [any WeChatAccount]) throws -> [String] {
        var texts: [String] = []
        for account in accounts {
            try account.rows(
                { texts.append("\($0.talker): \(String(decoding: $0.content, as: UTF8.self))") }, damaged: { throw $0.fault })
        }
        return texts
    }

    /// The files of all rows.
    static func attachments(_ accounts: [any WeChatAccount]) throws -> [Attachment] {
        var found: [Attachment] = []
        for account in accounts {
            try account.rows(
                { row in
                    let content = WeChatContent(of: row, owner: account.owner) { _ in nil }
                    found += try content.media.map { try account.attachment(for: $0, of: row) }
                }, damaged: { throw $0.fault })
        }
        return found
    }
}
