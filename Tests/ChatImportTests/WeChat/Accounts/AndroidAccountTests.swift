import ChatModel
import Foundation
import Testing

@testable import ChatImport

/// A small Android account made by hand.
struct AndroidAccountTests {
    private let folder: TemporaryFolder
    private var database: String { folder.path + "/abc/EnMicroMsg.db" }

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("abc/EnMicroMsg.db", [])
        let columns =
            "(msgId INTEGER PRIMARY KEY, msgSvrId INT, type INT, isSend INT, createTime INT, talker TEXT, "
            + "content TEXT, imgPath TEXT)"
        try sql(
            """
            CREATE TABLE userinfo (id INTEGER PRIMARY KEY, type INT, value TEXT);
            INSERT INTO userinfo VALUES (2, 3, 'wxid_me');
            CREATE TABLE rcontact (username TEXT PRIMARY KEY, nickname TEXT, conRemark TEXT, alias TEXT);
            INSERT INTO rcontact VALUES ('wxid_a', 'Ann', '', ''), ('wxid_me', 'Me', '', '');
            CREATE TABLE message \(columns);
            CREATE TABLE bizchatmessage \(columns);
            CREATE TABLE ImgInfo2 (id INTEGER PRIMARY KEY, msglocalid INT, midImgPath TEXT, bigImgPath TEXT, origImgMD5 TEXT);
            """)
    }

    private func sql(_ text: String) throws { try Programs.run("sqlite3", [database], input: text) }

    private func events(_ options: ImportOptions = ImportOptions(assumedZone: .utc)) throws -> [ImportEvent] {
        var events: [ImportEvent] = []
        try readSource(at: folder.path, as: [.wechat], options: options) { events.append($0) }
        return events
    }

    private func messages(_ options: ImportOptions = ImportOptions(assumedZone: .utc)) throws
        -> [(message: Message, conversation: ConversationID)]
    {
        try events(options).compactMap { if case .message(let message, let id) = $0 { (message, id) } else { nil } }
    }

    /// Overwrites the first page of a table.
    private func damage(_ table: String) throws {
        let answer = try Programs.run(
            "sqlite3", [database],
            input: "SELECT rootpage FROM sqlite_master WHERE name = '\(table)'; PRAGMA page_size;")
        let numbers = answer.split(separator: "\n").compactMap { UInt64($0) }
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: database))
        try file.seek(toOffset: (numbers[0] - 1) * numbers[1])
        try file.write(contentsOf: Data(repeating: 0xEE, count: Int(numbers[1])))
        try file.close()
    }

    @Test("rows of a sister table do not take the files of the messages that have their numbers")
    func sisterTables() throws {
        let picture = [0xFF, 0xD8, 0xFF, 0xE0] + [UInt8](repeating: 7, count: 100)
        try folder.write("abc/image2/pi/ct/picture1", picture)
        try folder.write("abc/image2/ab/cd/th_abcdef0123", picture)
        try sql(
            """
            INSERT INTO ImgInfo2 VALUES (1, 1, 'picture1', NULL, NULL);
            INSERT INTO message VALUES (1, 11, 3, 0, 1600000000000, 'wxid_a', '<msg><img/></msg>', NULL);
            INSERT INTO message VALUES (2, 12, 3, 0, 1600000001000, 'wxid_a', '<msg><img/></msg>', 'THUMBNAIL://th_abcdef0123');
            INSERT INTO bizchatmessage VALUES (1, 21, 3, 0, 1600000002000, 'work@openim', '<msg><img/></msg>', NULL);
            INSERT INTO bizchatmessage VALUES (7, 22, 3, 0, 1600000003000, 'work@openim', '<msg><img/></msg>', NULL);
            """)
        let found = try messages().map { message, _ in
            if case .file(let path) = message.attachments.first?.content { path } else { "none" }
        }
        #expect(found == ["abc/image2/pi/ct/picture1", "abc/image2/ab/cd/th_abcdef0123", "none", "none"])
    }

    @Test("a document that is found by its name alone has the size that the message says")
    func documents() throws {
        try folder.write("Download/a.pdf", [1, 2, 3])
        let content = { (size: Int) in
            "<msg><appmsg><title>a.pdf</title><type>6</type><appattach><totallen>\(size)</totallen></appattach></appmsg>"
                + "</msg>"
        }
        try sql(
            """
            INSERT INTO message VALUES (1, 11, 49, 0, 1600000000000, 'wxid_a', '\(content(3))', NULL);
            INSERT INTO message VALUES (2, 12, 49, 0, 1600000001000, 'wxid_a', '\(content(4))', NULL);
            """)
        let contents = try messages().map(\.message.attachments.first?.content)
        #expect(contents[0] == .file(path: "Download/a.pdf"))
        guard case .missing = contents[1] else {
            Issue.record("\(String(describing: contents[1]))")
            return
        }
    }

    @Test("a damaged table of people or of the owner is told, and the owner that was known before stays")
    func damagedTables() throws {
        try sql("INSERT INTO message VALUES (1, 11, 1, 0, 1600000000000, 'wxid_a', 'hello', NULL);")
        #expect(try messages().map(\.conversation.text) == ["wechat:wxid_me/wxid_a"])
        let known = try messages().map(\.conversation)
        try damage("userinfo")
        try damage("rcontact")
        let losses = try events().compactMap { event -> String? in
            guard case .note(.damagedDatabase(let damage)) = event else { return nil }
            return damage.table
        }
        #expect(Set(losses) == ["userinfo", "rcontact"])
        let options = ImportOptions(assumedZone: .utc, knownConversations: known)
        #expect(try messages(options).map(\.conversation.text) == ["wechat:wxid_me/wxid_a"])
        #expect(WeChatImport.owner(of: [ConversationID("wechat:a/x"), ConversationID("wechat:b/x")]) == nil)
    }

    @Test("a message with a time that no calendar has is kept, and counted")
    func impossibleTimes() throws {
        try sql(
            """
            INSERT INTO message VALUES (1, 11, 1, 0, 1700000000000000, 'wxid_a', 'late', NULL);
            INSERT INTO message VALUES (2, 12, 1, 0, -9223372036854775808, 'wxid_a', 'early', NULL);
            """)
        let found = try messages().map(\.message)
        #expect(found.map(\.text) == ["late", "early"])
        #expect(found.allSatisfy { $0.time == Timestamp(milliseconds: 0) })
        let isTold = try events().contains { if case .note(.impossibleTimes(count: 2)) = $0 { true } else { false } }
        #expect(isTold)
    }
}
