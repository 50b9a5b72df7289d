import ChatModel
import Foundation
import Testing

@testable import ChatImport

/// Accounts with databases beside the usual ones, without some of them, and several accounts beside each other.
struct SeveralDatabasesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// What an import of the folder told.
    private struct Told {
        var texts: [String] = []
        var senders: [String?] = []
        var conversations: Set<String> = []
        var people: [String: String] = [:]
        var attachments: [ChatModel.Attachment] = []
        var notes: [ImportNote] = []
        var skipped: [SkippedRow] = []
    }

    private func told() throws -> Told {
        var told = Told()
        try readSource(at: folder.path, as: [.wechat], options: ImportOptions(assumedZone: .utc)) { event in
            switch event {
            case .message(let message, _):
                told.texts.append(message.text)
                told.senders.append(message.sender?.text)
                told.attachments += message.attachments
            case .conversation(let conversation): told.conversations.insert(conversation.id.text)
            case .person(let person): told.people[person.id.text] = person.name
            case .note(let note): told.notes.append(note)
            case .skipped(let row): told.skipped.append(row)
            case .export: break
            }
        }
        return told
    }

    private func database(_ path: String, _ sql: String) throws {
        try Programs.run("sqlite3", [try folder.write(path, [])], input: sql)
    }

    private static let windows = """
        (localId INTEGER PRIMARY KEY, TalkerId INT, MsgSvrID INT, Type INT, SubType INT, IsSender INT, CreateTime INT,
         StrTalker TEXT, StrContent TEXT, CompressContent BLOB);
        """

    /// A message of WeChat 3 on Windows.
    private func message(_ number: Int, _ text: String, talker: String = "wxid_a", type: Int = 1, isOwn: Int = 0)
        -> String
    {
        "(\(number), 1, \(number), \(type), 0, \(isOwn), \(1_600_000_000 + number), '\(talker)', '\(text)', NULL)"
    }

    // MARK: Windows 3

    @Test("messages with people of companies and of official accounts are read beside the shards of Windows 3")
    func windows3Others() throws {
        let place = "WeChat Files/wxid_me/Msg/"
        try database(
            place + "MicroMsg.db",
            "CREATE TABLE Contact (UserName, NickName); INSERT INTO Contact VALUES ('wxid_a', 'A');")
        try database(
            place + "Multi/MSG0.db", "CREATE TABLE MSG \(Self.windows) INSERT INTO MSG VALUES \(message(1, "one"));")
        try database(
            place + "OpenIMMsg.db",
            "CREATE TABLE ChatCRMsg \(Self.windows) INSERT INTO ChatCRMsg VALUES \(message(2, "two", talker: "25@openim")), "
                + "\(message(3, "<msg><voicemsg/></msg>", talker: "25@openim", type: 34));")
        try database(
            place + "OpenIMContact.db",
            "CREATE TABLE OpenIMContact (UserName, NickName, Remark); INSERT INTO OpenIMContact VALUES ('25@openim', 'Li', NULL);"
        )
        try database(
            place + "OpenIMMedia.db",
            "CREATE TABLE OpenIMMedia (Key, Reserved0 INT, Buf BLOB); INSERT INTO OpenIMMedia VALUES ('k', 3, x'022321');"
        )
        try database(
            place + "PublicMsg.db",
            """
            CREATE TABLE PublicNameToID (UsrName, NickName);
            INSERT INTO PublicNameToID VALUES ('gh_news', 'News');
            CREATE TABLE PublicMsg (TalkerId INT, CreateTime INT, Type INT, SubType INT, StrContent TEXT, CompressContent BLOB);
            INSERT INTO PublicMsg VALUES (1, 1600000004, 1, 0, 'four', NULL);
            """)
        let told = try told()
        #expect(Set(told.texts) == ["one", "two", "", "four"])
        #expect(
            told.conversations == ["wechat:wxid_me/wxid_a", "wechat:wxid_me/25@openim", "wechat:wxid_me/gh_news"])
        #expect(told.people["wechat:25@openim"] == "Li")
        #expect(told.attachments.map(\.content) == [.contained([0x02, 0x23, 0x21])])
        #expect(told.notes == [])
    }

    @Test("such databases that were never used are nothing, and one that is damaged is told")
    func windows3Unused() throws {
        let place = "WeChat Files/wxid_me/Msg/"
        try database(
            place + "Multi/MSG0.db", "CREATE TABLE MSG \(Self.windows) INSERT INTO MSG VALUES \(message(1, "one"));")
        try database(place + "MicroMsg.db", "CREATE TABLE Contact (UserName);")
        try database(place + "OpenIMMsg.db", "CREATE TABLE other (a);")
        try folder.write(place + "PublicMsg.db", [])
        #expect(try told().notes == [])
        try folder.write(place + "PublicMsg.db", "no database at all")
        #expect(try told().notes.map(\.tellsOfLoss) == [true])
    }

    @Test("databases of Windows 3 that lie beside each other have their voices, and tell whose account is not known")
    func windows3Flat() throws {
        try database(
            "copied/MSG3.db",
            "CREATE TABLE MSG \(Self.windows) INSERT INTO MSG VALUES \(message(1, "mine", isOwn: 1)), "
                + "\(message(2, "<msg><voicemsg/></msg>", type: 34)), \(message(3, "a line", type: 10000, isOwn: 1));")
        try database(
            "copied/MediaMSG3.db",
            "CREATE TABLE Media (Key, Reserved0 INT, Buf BLOB); INSERT INTO Media VALUES ('k', 2, x'022321');")
        let told = try told()
        #expect(told.attachments.map(\.content) == [.contained([0x02, 0x23, 0x21])])
        #expect(told.senders == [nil, "wechat:wxid_a", nil])
        #expect(
            told.notes == [
                .lacksPeople(path: "copied/MicroMsg.db"), .ownerUnknown(path: "copied/MSG3.db", messages: 1),
            ])
    }

    @Test("a compressed content of Windows 3 that is damaged is counted, and what stands beside it is read")
    func windows3Damaged() throws {
        try database(
            "wxid_me/Msg/Multi/MSG0.db",
            """
            CREATE TABLE MSG \(Self.windows)
            INSERT INTO MSG VALUES (1, 1, 1, 49, 5, 0, 1600000000, 'wxid_a', '', x'F067617262616765');
            INSERT INTO MSG VALUES (2, 1, 2, 1, 0, 0, 1600000001, 'wxid_a', 'two', NULL);
            INSERT INTO MSG VALUES (3, 1, 3, 51, 0, 0, 1600000001, 'wxid_a', 'x', NULL);
            """)
        let told = try told()
        #expect(told.texts == ["", "two"])
        #expect(told.notes.contains(.damagedContents(count: 1)))
        #expect(told.skipped.map(\.place) == ["row 3"])
    }

    // MARK: WeChat 4

    private func conversation(_ username: String, _ content: String, _ number: Int = 1) -> String {
        let table = "Msg_" + (UserNameDigest.hexadecimal(username) ?? "")
        return """
            CREATE TABLE IF NOT EXISTS Name2Id (user_name TEXT PRIMARY KEY);
            INSERT INTO Name2Id VALUES ('\(username)');
            CREATE TABLE \(table) (local_id INTEGER PRIMARY KEY, server_id, local_type, real_sender_id, create_time, status,
              message_content, compress_content, packed_info_data);
            INSERT INTO \(table) VALUES (1, \(number), 1, 1, 1600000000, 3, \(content), NULL, NULL);
            """
    }

    @Test("messages of official accounts are read beside the shards of WeChat 4, and alone")
    func version4Official() throws {
        let place = "xwechat_files/wxid_me_12ab/db_storage/message/"
        try database(place + "biz_message_1.db", conversation("gh_news", "'news'", 2))
        #expect(try recognise(folder.path) == .wechat)
        #expect(try told().texts == ["news"])
        try database(place + "message_2.db", conversation("wxid_a", "'hello'"))
        let told = try told()
        #expect(told.texts.sorted() == ["hello", "news"])
        #expect(told.conversations.count == 2)
        #expect(told.notes == [.lacksPeople(path: "xwechat_files/wxid_me_12ab/db_storage/contact/contact.db")])
    }

    @Test("a compressed content of WeChat 4 that is damaged is shown as nothing, and counted")
    func version4Damaged() throws {
        try database("a/db_storage/message/message_0.db", conversation("wxid_a", "x'28B52FFDFFFF'"))
        let told = try told()
        #expect(told.texts == [""])
        #expect(told.notes.contains(.damagedContents(count: 1)))
    }

    // MARK: Parts, and several accounts

    @Test(
        "an account is found by any of its shards, and by no other file with a number",
        arguments: [
            ("a/Msg/Multi/MSG1.db", true), ("a/MSG12.db", true), ("a/db_storage/message/message_1.db", true),
            ("a/Message/msg_7.db", true), ("a/DB/message_9.sqlite", true), ("a/Msg/Multi/FTSMSG1.db", false),
            ("a/db_storage/message/message_fts.db", false), ("a/message_1.db", false), ("a/Multi/MSG12345.db", false),
            ("a/message/message_1.db-wal", false),
        ])
    func laterShards(path: String, isFound: Bool) throws {
        try folder.write(path, "x")
        #expect(try recognise(folder.path) == (isFound ? .wechat : nil))
    }

    private func android(_ name: String, _ text: String) throws {
        try database(
            "MicroMsg/\(name)/EnMicroMsg.db",
            """
            CREATE TABLE userinfo (id INTEGER PRIMARY KEY, type INT, value TEXT);
            INSERT INTO userinfo VALUES (2, 3, 'wxid_\(name)');
            CREATE TABLE message (msgId INTEGER PRIMARY KEY, msgSvrId, type, isSend, createTime, talker, content, imgPath);
            INSERT INTO message VALUES (1, 11, 1, 0, 1600000000000, 'wxid_x', '\(text)', NULL);
            """)
    }

    @Test("an account that is empty, junk or lacks its key is told, and the others are read")
    func badAccount() throws {
        try android("b", "hello")
        for bytes in [[], Array("SQLite format 3\0junkjunk".utf8), [UInt8](repeating: 0x5A, count: 4096)] {
            try folder.write("MicroMsg/a/EnMicroMsg.db", bytes)
            let told = try told()
            #expect(told.texts == ["hello"])
            #expect(told.notes.map(\.tellsOfLoss) == [true])
            guard case .accountNotRead("MicroMsg/a/EnMicroMsg.db", _)? = told.notes.first else {
                Issue.record("\(told.notes)")
                continue
            }
        }
        try android("c", "there")
        #expect(Set(try told().texts) == ["hello", "there"])
    }

    @Test("where no account can be read, the first says why")
    func noAccount() throws {
        for name in ["a", "b"] { try folder.write("MicroMsg/\(name)/EnMicroMsg.db", []) }
        #expect {
            try told()
        } throws: { error in
            if case ImportError.database("MicroMsg/a/EnMicroMsg.db", .empty) = error { true } else { false }
        }
    }

    @Test("whoever stops the reading of one account stops it all")
    func stopped() throws {
        struct Enough: Error {}
        try android("a", "one")
        try android("b", "two")
        var count = 0
        #expect {
            try readSource(at: folder.path, as: [.wechat], options: ImportOptions(assumedZone: .utc)) { event in
                if case .message = event {
                    count += 1
                    throw Enough()
                }
            }
        } throws: { error in
            if case ImportError.stopped(let inner) = error { inner is Enough } else { false }
        }
        #expect(count == 1)
    }
}
