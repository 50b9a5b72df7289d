import ChatMedia
import ChatModel
import Foundation
import SeededRandom
import Testing

@testable import ChatImport

struct HostileAccountTests {
    // MARK: Made by hand

    /// A table of WeChat 3 for Windows with these rows, as SQL.
    private static func windows3(_ rows: String, others: String = "", into folder: TemporaryFolder) throws {
        let path = try folder.write("WeChat Files/wxid_me/Msg/Multi/MSG0.db", [])
        try Programs.run(
            "sqlite3", [path],
            input: """
                CREATE TABLE MSG (localId INTEGER PRIMARY KEY, TalkerId INT, MsgSvrID INT, Type INT, SubType INT,
                  IsSender INT, CreateTime INT, StrTalker TEXT, StrContent TEXT, DisplayContent TEXT,
                  CompressContent BLOB, BytesExtra BLOB);
                CREATE TABLE Name2ID (UsrName TEXT PRIMARY KEY);
                \(others)
                \(rows)
                """)
    }

    private static func rows(_ account: any WeChatAccount) throws -> (rows: [WeChatRow], damages: [DatabaseDamage]) {
        var (rows, damages) = ([WeChatRow](), [DatabaseDamage]())
        try account.rows(
            { row in
                rows.append(row)
                let content = WeChatContent(of: row, owner: account.owner, name: { _ in nil })
                for media in content.media { _ = try account.attachment(for: media, of: row) }
            }, damaged: { damages.append($0) })
        return (rows, damages)
    }

    @Test("rows of Windows 3 with wrong types, no UTF-8 and garbage beside their content are told all the same")
    func windows3Garbage() throws {
        let folder = try TemporaryFolder()
        try Self.windows3(
            """
            INSERT INTO Name2ID VALUES ('wxid_a');
            INSERT INTO MSG VALUES (1, 1, 11, 1, 0, 0, 1600000000, NULL, 'by number', NULL, NULL, x'FFFFFFFF');
            INSERT INTO MSG VALUES (2, 9, 12, 1, 0, 0, 1600000001, 'wxid_b', CAST(x'E4BDFFA0' AS TEXT), NULL, NULL, NULL);
            INSERT INTO MSG VALUES (3, 'x', 'y', 'z', 1.5, 'w', 'v', x'FF', 12, 7, 'text', 'text');
            INSERT INTO MSG VALUES (4, 1, 14, 49, 5, 1, 1600000002, 'wxid_a', '', NULL, x'FFFFFFFFFFFF', NULL);
            INSERT INTO MSG VALUES (5, 1, 15, 3, 0, 0, 1600000003, 'wxid_a', '<msg><img md5="zz"/></msg>', NULL, NULL,
              x'1A0A0804120641425C5C2E2E1A0A080412062F6574632F78');
            INSERT INTO MSG VALUES (6, 1, 16, 99999999999, 0, 0, 9223372036854775807, 'wxid_a', NULL, NULL, NULL, NULL);
            """, into: folder)
        let account = try #require(try MadeUpAccount.open(folder.path).first)
        let (rows, damages) = try Self.rows(account)
        #expect(rows.map(\.talker) == ["wxid_a", "wxid_b", "\u{FFFD}", "wxid_a", "wxid_a", "wxid_a"])
        #expect(rows[0].content == Array("by number".utf8))
        #expect(rows[1].content == [0xE4, 0xBD, 0xFF, 0xA0])
        #expect(rows[3].content == [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
        #expect(damages == [])
        #expect(account.owner == "wxid_me")
    }

    @Test("what somebody sent to a group and is shown as a line is theirs also where no prefix tells it")
    func windows3SentLines() throws {
        let folder = try TemporaryFolder()
        let extra = "x'1A0A08011206" + "777869645F62'"
        let request = "'<msg fromnickname=\"Kenji\" content=\"hi\" openimappid=\"1\"/>'"
        try Self.windows3(
            """
            INSERT INTO MSG VALUES (1, 1, 11, 65, 0, 0, 1600000000, '1@chatroom', \(request), NULL, NULL, \(extra));
            INSERT INTO MSG VALUES (2, 1, 12, 10000, 0, 0, 1600000001, '1@chatroom', 'joined', NULL, NULL, \(extra));
            INSERT INTO MSG VALUES (3, 1, 13, 65, 0, 1, 1600000002, '1@chatroom', \(request), NULL, NULL, NULL);
            """, into: folder)
        var reading = WeChatImport(try #require(try MadeUpAccount.open(folder.path).first), root: folder.path)
        var senders: [String?] = []
        try reading.read { event in
            guard case .message(let message, _) = event else { return }
            #expect(message.kind == .system)
            senders.append(message.sender?.text)
        }
        #expect(senders == ["wechat:wxid_b", nil, nil])
    }

    @Test("a path that leads out of the account is no file of it")
    func pathsOutside() throws {
        let folder = try TemporaryFolder()
        try folder.write("secret.jpg", [0xFF, 0xD8, 0xFF])
        try Self.windows3("", into: folder)
        let account = try #require(try MadeUpAccount.open(folder.path).first)
        for path in ["../../secret.jpg", "/etc/passwd", "FileStorage/../../../secret.jpg", "", "a\0b"] {
            let row = WeChatRow(talker: "wxid_a", time: Timestamp(seconds: 0), mediaPath: path, thumbnailPath: path)
            for kind in [WeChatContent.Media.Kind.image, .video, .file] {
                let attachment = try account.attachment(for: WeChatContent.Media(kind, name: "../x", size: 3), of: row)
                guard case .missing = attachment.content else {
                    Issue.record("\(path) was found")
                    continue
                }
            }
        }
    }

    @Test("an account without its tables, or with other columns, has no rows and says so")
    func missingTables() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("WeChat Files/wxid_me/Msg/Multi/MSG0.db", [])
        try Programs.run("sqlite3", [path], input: "CREATE TABLE other (a); INSERT INTO other VALUES (1);")
        let people = try folder.write("WeChat Files/wxid_me/Msg/MicroMsg.db", [])
        try Programs.run(
            "sqlite3", [people],
            input:
                "CREATE TABLE Contact (x); INSERT INTO Contact VALUES (1); CREATE TABLE ChatRoom (ChatRoomName, RoomData);"
                + "INSERT INTO ChatRoom VALUES ('1@chatroom', x'FFFF'), (x'FF', 3), (NULL, NULL);")
        let account = try #require(try MadeUpAccount.open(folder.path).first)
        let (rows, damages) = try Self.rows(account)
        #expect(rows.isEmpty)
        #expect(damages.map(\.fault) == [.noSuchTable])
        var (contacts, groups) = (0, 0)
        try account.contacts { _ in contacts += 1 }
        try account.groups { _ in groups += 1 }
        #expect(contacts == 0 && groups == 2)
    }

    @Test("a conversation of WeChat 4 that nobody is found for is called by its digest, and keeps its rows")
    func unknownDigest() throws {
        let folder = try TemporaryFolder()
        let digest = String(repeating: "ab", count: 16)
        let path = try folder.write("xwechat_files/wxid_me_12ef/db_storage/message/message_0.db", [])
        try Programs.run(
            "sqlite3", [path],
            input: """
                CREATE TABLE Name2Id (user_name TEXT PRIMARY KEY); INSERT INTO Name2Id VALUES ('wxid_me'), ('wxid_b');
                CREATE TABLE Msg_\(digest) (local_id INTEGER PRIMARY KEY, server_id, local_type, real_sender_id,
                  create_time, message_content, packed_info_data);
                INSERT INTO Msg_\(digest) VALUES (1, 21, 1, 1, 1600000000, '我', NULL), (2, 22, 1, 2, 1600000001, 'b', x'1AFF'),
                  (3, 23, 21474836529, 2, 1600000002, x'28B52FFD00', NULL), (4, 24, 3, 77, 1600000003, x'FF00', x'1A0422022E2E');
                CREATE TABLE Msg_short (local_id); CREATE TABLE "Msg_\(digest)_x" (local_id);
                """)
        let account = try #require(try MadeUpAccount.open(folder.path).first)
        let (rows, damages) = try Self.rows(account)
        #expect(damages == [])
        #expect(rows.map(\.talker) == Array(repeating: digest, count: 4))
        #expect(rows.map(\.isOwn) == [true, false, false, false])
        #expect(rows.map(\.type) == [1, 1, 49, 3])
        #expect(rows.map(\.subtype) == [0, 0, 5, 0])
        #expect(rows[2].content == [0x28, 0xB5, 0x2F, 0xFD, 0])
    }

    @Test("the rows of a Mac that nobody is found for are kept, whatever their types are")
    func mac3Garbage() throws {
        let folder = try TemporaryFolder()
        let digest = String(repeating: "0c", count: 16)
        let path = try folder.write("Message/msg_0.db", [])
        try Programs.run(
            "sqlite3", [path],
            input: """
                CREATE TABLE Chat_\(digest) (mesLocalID INTEGER PRIMARY KEY, mesSvrID, msgCreateTime, msgContent, messageType, mesDes);
                INSERT INTO Chat_\(digest) VALUES (1, 'a', x'00', CAST(x'FFFE' AS TEXT), 'b', NULL), (2, 5, 1600000000, 'hi', 1, 0);
                CREATE TABLE Chat_\(digest)_dels (a); INSERT INTO Chat_\(digest)_dels VALUES (1), (2), (3);
                """)
        let account = try #require(try MadeUpAccount.open(folder.path).first)
        let (rows, damages) = try Self.rows(account)
        #expect(damages == [])
        #expect(rows.map(\.talker) == [digest, digest])
        #expect(rows.map(\.isOwn) == [nil, true])
        #expect(account.notes.contains(.deletedRows(path: "Message/msg_0.db", rows: 3)))
    }

    // MARK: Made up, then damaged

    @Test("damaged databases give what can be read, and say what cannot", arguments: ["pc3", "v4", "mac3"])
    func damagedFiles(shape: String) throws {
        let made = try MadeUpAccount(shape)
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let databases = try #require(FileManager.default.enumerator(atPath: made.root)?.allObjects as? [String])
            .filter { $0.hasSuffix(".db") }.sorted()
        var total = 0
        try made.open().rows({ _ in total += 1 }, damaged: { _ in })
        for round in 0..<12 {
            let place = made.root + "/" + databases[Int.random(in: 0..<databases.count, using: &generator)]
            let whole = try Data(contentsOf: URL(fileURLWithPath: place))
            var damaged = whole
            if round % 4 == 3 {
                damaged = damaged.prefix(Int.random(in: 0..<whole.count, using: &generator))
            } else {
                // The first page stays: without it a file is no database.
                for _ in 0..<1 + round * 40 {
                    damaged[Int.random(in: 4096..<max(4097, whole.count), using: &generator) % whole.count] =
                        UInt8.random(in: 0...255, using: &generator)
                }
            }
            try damaged.writeAsOlder(to: place)
            let account = try made.open()
            try account.contacts { _ in }
            try account.groups { _ in }
            let (rows, _) = try Self.rows(account)
            #expect(rows.count <= total * 2, "seed \(seed), round \(round)")
            try whole.writeAsOlder(to: place)
        }
        var after = 0
        try made.open().rows({ _ in after += 1 }, damaged: { _ in })
        #expect(after == total)
    }
}
