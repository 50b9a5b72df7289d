import ChatModel
import Foundation
import SQLite
import SeededRandom
import Testing

@testable import ChatImport

struct IPhoneAccountTests {
    private func accounts(_ root: String) throws -> [any WeChatAccount] { try MadeUpAccount.open(root) }

    private func logs(_ account: any WeChatAccount) -> [WriteAheadLog.Counts] {
        account.notes.compactMap { note in
            if case .opened(_, let account) = note { return account.log }
            return nil
        }
    }

    @Test(
        "an account on an iPhone is read as it was made up",
        arguments: [[], ["--wal"], ["--container"], ["--container", "--wal"], ["--stage", "2"]])
    func madeUp(options: [String]) throws {
        let made = try MadeUpAccount("ios", options)
        let accounts = try accounts(made.root)
        let account = try #require(accounts.first)
        let comparison = try AccountComparison(account, of: made)
        #expect(accounts.count == 1)
        #expect(comparison.differences == [])
        #expect(comparison.damages == [])
        #expect(logs(account).isEmpty != options.contains("--wal"))
    }

    // MARK: What is recognised

    @Test("files that were forwarded inside a message are found beside each other, in the container and in a backup")
    func forwarded() throws {
        let record = """
            <recordinfo><title>聊天记录</title><datalist count="4"><dataitem datatype="2" dataid="aaaa1111"><datafmt>jpg</datafmt>\
            </dataitem><dataitem datatype="8" dataid="bbbb2222"><datatitle>报告.pdf</datatitle><datafmt>pdf</datafmt></dataitem>\
            <dataitem datatype="4" dataid="dddd"><datafmt>mp4</datafmt></dataitem>\
            <dataitem datatype="2" dataid="../../../DB/MM"><datafmt>sqlite</datafmt></dataitem></datalist></recordinfo>
            """
        let phone = try Phone()
        let content = "<msg><appmsg><type>19</type><recorditem><![CDATA[\(record)]]></recorditem></appmsg></msg>"
        try phone.makeAccount("wxid_me", [("wxid_a", [Phone.Row("hello"), Phone.Row(content, type: 49)])])
        let folder = "Documents/\(phone.digest("wxid_me"))/OpenData/\(phone.digest("wxid_a"))/2/"
        try phone.write(folder + "aaaa1111.jpg", [0xFF, 0xD8, 0xFF, 0xE0, 0, 0])
        try phone.write(folder + "bbbb2222.pdf", "%PDF-1.4")
        try phone.write(folder + "dddd.record_thumb", [0xFF, 0xD8, 0xFF, 0xE0, 0, 0])
        for root in [phone.container, try phone.backUp()] {
            let found = try Phone.attachments(try accounts(root))
            #expect(found.map(\.name) == ["", "报告.pdf", "", ""])
            #expect(found.map(\.mediaType) == ["image/jpeg", "application/pdf", "image/jpeg", ""])
            #expect(found.map(\.isThumbnail) == [false, false, true, false])
            let isThere = found.map { if case .file = $0.content { true } else { false } }
            #expect(isThere == [true, true, true, false])
        }
    }

    @Test("an iPhone's account is found in folders around it, and when it is given itself")
    func places() throws {
        let phone = try Phone()
        try phone.makeAccount("wxid_me", [("wxid_a", [Phone.Row("hello")])])
        for below in ["", "/Documents", "/Documents/\(phone.digest("wxid_me"))"] {
            let found = try accounts(phone.container + below)
            #expect(found.count == 1)
            #expect(try Phone.texts(found) == ["wxid_a: hello"])
        }
        let account = try #require(try accounts(phone.container).first)
        #expect(account.owner == "wxid_me")
    }

    @Test("a backup of a phone with two accounts gives both")
    func twoAccounts() throws {
        let phone = try Phone()
        try phone.makeAccount("wxid_one", [("wxid_a", [Phone.Row("to one")])])
        try phone.makeAccount("wxid_two", [("wxid_a", [Phone.Row("to two")])])
        let root = try phone.backUp()
        let found = try accounts(root)
        #expect(Set(found.compactMap(\.owner)) == ["wxid_one", "wxid_two"])
        #expect(try Phone.texts(found).sorted() == ["wxid_a: to one", "wxid_a: to two"])
        var conversations: Set<String> = []
        try readSource(at: root, as: [.wechat], options: ImportOptions(assumedZone: .utc)) { event in
            if case .conversation(let conversation) = event { conversations.insert(conversation.id.text) }
        }
        #expect(conversations == ["wechat:wxid_one/wxid_a", "wechat:wxid_two/wxid_a"])
    }

    @Test("backups of a phone that are encrypted, old, without WeChat or damaged are told apart")
    func otherBackups() throws {
        let folder = try TemporaryFolder()
        func words(_ path: String) -> String {
            do {
                try readSource(at: path, as: [.wechat], options: ImportOptions(assumedZone: .utc)) { _ in }
                return ""
            } catch {
                return "\(error)"
            }
        }
        try folder.write("encrypted/Manifest.db", [UInt8](repeating: 0x5A, count: 8192))
        try folder.write("encrypted/Manifest.plist", "bplist00")
        #expect(words(folder.path + "/encrypted").contains("encrypted backup"))
        try folder.write("old/Manifest.mbdb", "mbdb")
        try folder.write("old/Info.plist", "<plist/>")
        #expect(words(folder.path + "/old").contains("iOS 9"))
        let phone = try Phone()
        try phone.makeAccount("wxid_me", [("wxid_a", [Phone.Row("hello")])])
        try phone.write("Documents/notes.txt", "nothing")
        let backup = try phone.backUp()
        try Programs.run("sqlite3", [backup + "/Manifest.db", "DELETE FROM Files WHERE relativePath LIKE '%/DB/%'"])
        #expect(words(backup).contains("no messages of WeChat"))
        let manifest = try Data(contentsOf: URL(fileURLWithPath: backup + "/Manifest.db"))
        try manifest.prefix(manifest.count / 2).write(to: URL(fileURLWithPath: backup + "/Manifest.db"))
        #expect(!words(backup).isEmpty)
    }

    @Test("another program's Manifest.db is no backup of a phone, and hides nothing beside it")
    func otherManifest() throws {
        let folder = try TemporaryFolder()
        try folder.write("Manifest.db", "of another program")
        #expect(try recognise(folder.path) == nil)
        try folder.write("chat/history.jsonl", #"{"conversation":"a","time":"2021-01-01T00:00:00Z","text":"hi"}"#)
        #expect(try recognise(folder.path) == .jsonl)
        let phone = try Phone()
        try phone.makeAccount("wxid_me", [("wxid_a", [Phone.Row("hello")])])
        try phone.write("Manifest.db", "of another program")
        #expect(try recognise(phone.container) == .wechat)
        #expect(try recognise(try phone.backUp()) == .wechat)
    }

    // MARK: Whose it is

    @Test("the owner is told by the settings or the contacts when the list of logins is gone")
    func owner() throws {
        let phone = try Phone()
        try phone.makeAccount("wxid_me", [("wxid_a", [Phone.Row("hello")])])
        try phone.remove("Documents/LoginInfo2.dat")
        #expect(try accounts(phone.container).first?.owner == nil)
        try phone.write("Documents/MMappedKV/mmsetting.archive.wxid_me", "settings")
        #expect(try accounts(phone.container).first?.owner == "wxid_me")
        #expect(try accounts(phone.backUp()).first?.owner == "wxid_me")
    }

    @Test("a conversation with somebody who is gone is named by the list of conversations, by messages, or not at all")
    func names() throws {
        let phone = try Phone()
        let mention = Phone.Row("<msg><emoji fromusername = \"wxid_mentioned\" md5=\"x\"/></msg>", type: 47)
        try phone.makeAccount(
            "wxid_me",
            [
                ("wxid_listed", [Phone.Row("1")]), ("wxid_mentioned", [Phone.Row("2"), mention]),
                ("wxid_unknown", [Phone.Row("3")]),
            ], contacts: [])
        try phone.database(
            "wxid_me", "session/session.db",
            "CREATE TABLE SessionAbstract (UsrName TEXT PRIMARY KEY); INSERT INTO SessionAbstract VALUES ('wxid_listed')"
        )
        let unknown = phone.digest("wxid_unknown")
        for root in [phone.container, try phone.backUp()] {
            let texts = try Phone.texts(try accounts(root)).filter { !$0.contains("<msg>") }
            #expect(texts.sorted() == ["\(unknown): 3", "wxid_listed: 1", "wxid_mentioned: 2"].sorted())
        }
    }

    @Test("files of a conversation without a name are found by what its folders are called")
    func unnamedMedia() throws {
        let phone = try Phone()
        try phone.makeAccount(
            "wxid_me", [("wxid_unknown", [Phone.Row("<msg><img/></msg>", type: 3)])], contacts: [])
        let digest = phone.digest("wxid_unknown")
        try phone.write("Documents/\(phone.digest("wxid_me"))/Img/\(digest)/1.pic", [0xFF, 0xD8, 0xFF, 0xE0, 1, 2])
        let found = try Phone.attachments(try accounts(phone.container))
        #expect(found.map(\.mediaType) == ["image/jpeg"])
    }

    @Test("of a document and its preview the document is taken, and what is not there is missing with a reason")
    func documents() throws {
        let phone = try Phone()
        let file = { (name: String) in
            Phone.Row("<msg><appmsg><title>\(name)</title><type>6</type></appmsg></msg>", type: 49)
        }
        try phone.makeAccount("wxid_me", [("wxid_a", [file("a.pdf"), file("../../b.txt"), file("c.doc")])])
        let place = "Documents/\(phone.digest("wxid_me"))/OpenData/\(phone.digest("wxid_a"))"
        try phone.write(place + "/1.pic_thum", "preview")
        try phone.write(place + "/1.PDF", "document")
        try phone.write(place + "/2.txt", "text")
        for root in [phone.container, try phone.backUp()] {
            let found = try Phone.attachments(try accounts(root))
            #expect(found.map(\.name) == ["a.pdf", "../../b.txt", "c.doc"])
            let contents = try found.map { attachment -> String in
                guard case .file(let path) = attachment.content else { return "missing" }
                return try String(contentsOfFile: root + "/" + path, encoding: .utf8)
            }
            #expect(contents == ["document", "text", "missing"])
        }
    }

    // MARK: Damage

    @Test("what is wrong with one table or file is told, and everything else is read")
    func damage() throws {
        let phone = try Phone()
        try phone.makeAccount("wxid_me", [("wxid_a", [Phone.Row("hello")])])
        let b = phone.digest("wxid_b")
        try phone.database(
            "wxid_me", "DB/message_1.sqlite",
            """
            CREATE TABLE Chat_\(b) (MesLocalID INTEGER PRIMARY KEY, Message);
            INSERT INTO Chat_\(b) VALUES (1, CAST(x'ff00fe41' AS TEXT)), (2, 12.5), (3, NULL), (4, x'28b52ffd00');
            CREATE TABLE Chat_\(phone.digest("wxid_c")) (MesLocalID TEXT PRIMARY KEY, Message) WITHOUT ROWID;
            CREATE TABLE Chat_nothing (a); CREATE VIEW Chat_\(phone.digest("wxid_d")) AS SELECT 1;
            """)
        try phone.write("Documents/\(phone.digest("wxid_me"))/DB/message_2.sqlite", [UInt8](repeating: 7, count: 5000))
        try phone.write("Documents/\(phone.digest("wxid_me"))/DB/WCDB_Contact.sqlite", "no database")
        try phone.write(
            "Documents/\(phone.digest("wxid_me"))/contactlabel.list", "bplist00 no list, but long enough to be one.")
        for root in [phone.container, try phone.backUp()] {
            let account = try #require(try accounts(root).first)
            var rows: [WeChatRow] = []
            var damages: [DatabaseDamage] = []
            try account.contacts { _ in }
            try account.groups { _ in }
            try account.rows({ rows.append($0) }, damaged: { damages.append($0) })
            #expect(rows.count == 5)
            #expect(rows.contains { $0.content == [0xFF, 0, 0xFE, 0x41] })
            #expect(rows.contains { $0.content == [0x28, 0xB5, 0x2F, 0xFD, 0] })
            #expect(Set(damages.map(\.table)) == ["", "Chat_\(phone.digest("wxid_c"))"])
            let unreadable = account.notes.filter { if case .unreadable = $0 { true } else { false } }
            #expect(unreadable.count == 1)
        }
    }

    @Test("what is in two databases is told once, and what was recalled in between twice")
    func duplicates() throws {
        let phone = try Phone()
        try phone.makeAccount("wxid_me", [("wxid_a", [Phone.Row("one"), Phone.Row("two"), Phone.Row("three")])])
        let table = "Chat_" + phone.digest("wxid_a")
        try phone.database(
            "wxid_me", "DB/message_1.sqlite",
            """
            CREATE TABLE \(table) (MesLocalID INTEGER PRIMARY KEY, MesSvrID, CreateTime, Message TEXT, Type, Des);
            INSERT INTO \(table) VALUES (2, 1002, 1600000002, 'two', 1, 1), (3, 1003, 1600000003, 'recalled', 10000, 1),
                (4, 1004, 1600000004, 'four', 1, 0);
            """)
        let account = try #require(try accounts(phone.container).first)
        let texts = try Phone.texts([account])
        #expect(texts == ["one", "two", "three", "recalled", "four"].map { "wxid_a: " + $0 })
        #expect(account.notes.contains(.duplicates(rows: 1)))
    }

    @Test("an account of which no database can be read is refused, and not taken for an empty one")
    func nothingReadable() throws {
        let phone = try Phone()
        try phone.makeAccount("wxid_me", [("wxid_a", [Phone.Row("hello")])])
        let path = "Documents/\(phone.digest("wxid_me"))/DB/MM.sqlite"
        try phone.write(path, [UInt8](repeating: 0x5A, count: 8192))
        for root in [phone.container, try phone.backUp()] {
            let error = #expect(throws: ImportError.self) { _ = try Phone.texts(try accounts(root)) }
            #expect("\(try #require(error))".contains("not that of a SQLite database"))
        }
        try phone.remove(path)
        #expect(throws: ImportError.self) { _ = try Phone.texts(try accounts(phone.container)) }
    }

    @Test(
        "damaged databases of an iPhone give what can be read, and say what cannot", arguments: [[], ["--container"]])
    func damagedFiles(options: [String]) throws {
        let made = try MadeUpAccount("ios", options + ["--wal", "--messages", "1000", "--media-bytes", "0"])
        let total = try MadeUpAccount.open(made.root).reduce(0) { try $0 + count($1) }
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let files = try #require(FileManager.default.enumerator(atPath: made.root)?.allObjects as? [String])
            .map { made.root + "/" + $0 }.filter { !SourceFolder.isFolder($0) }
        let databases = try files.sorted().filter { path in
            let head = try SourceFile(path: path).prefix(4)
            return head == Array("SQLi".utf8) || head.starts(with: [0x37, 0x7F, 0x06])
        }
        #expect(databases.count >= 4)
        for round in 0..<16 {
            let place = databases[Int.random(in: 0..<databases.count, using: &generator)]
            let whole = try Data(contentsOf: URL(fileURLWithPath: place))
            var damaged = whole
            if round % 4 == 3 {
                damaged = damaged.prefix(Int.random(in: 0..<whole.count, using: &generator))
            } else {
                for _ in 0..<1 + round * 40 {
                    damaged[Int.random(in: 0..<whole.count, using: &generator)] = .random(
                        in: 0...255, using: &generator)
                }
            }
            try damaged.writeAsOlder(to: place)
            // Refused as a whole, or read in part.
            do throws(ImportError) {
                var rows = 0
                try readSource(at: made.root, as: [.wechat], options: ImportOptions(assumedZone: .utc)) { event in
                    if case .message = event { rows += 1 }
                }
                #expect(rows <= total * 2, "seed \(seed), round \(round)")
            } catch {
                if case .stopped(let inner) = error { Issue.record("seed \(seed), round \(round): \(inner)") }
            }
            try whole.writeAsOlder(to: place)
        }
        #expect(try MadeUpAccount.open(made.root).reduce(0) { try $0 + count($1) } == total)
    }

    private func count(_ account: any WeChatAccount) throws -> Int {
        var count = 0
        try account.rows({ _ in count += 1 }, damaged: { throw $0.fault })
        return count
    }

    @Test("people whose protocol buffers are garbage keep their user names")
    func garbage() throws {
        let phone = try Phone()
        try phone.makeAccount("wxid_me", [("wxid_a", [Phone.Row("hello")])], contacts: nil)
        try phone.database(
            "wxid_me", "DB/WCDB_Contact.sqlite",
            """
            CREATE TABLE Friend (userName, dbContactRemark BLOB, dbContactChatRoom BLOB);
            INSERT INTO Friend VALUES ('wxid_a', x'ffffffffffffffffffff01', NULL), ('1@chatroom', x'0a', x'320a3c526f6f6d44617461'),
                (NULL, NULL, NULL), ('', 1, 2), (CAST(x'ff' AS TEXT), x'0a01ff', 5), (17, 'text', x'');
            """)
        let account = try #require(try accounts(phone.container).first)
        var names: [String] = []
        try account.contacts { names.append($0.username) }
        #expect(names == ["wxid_a", "\u{FFFD}", "17", "wxid_me"])
        var groups: [WeChatGroup] = []
        try account.groups { groups.append($0) }
        #expect(groups == [WeChatGroup(username: "1@chatroom")])
    }

    @Test("a property list with any byte changed or cut anywhere is read or refused, and never trapped on")
    func propertyLists() throws {
        let made = try MadeUpAccount("ios", ["--container", "--messages", "30", "--media-bytes", "0"])
        let folder = try #require(
            try FileManager.default.contentsOfDirectory(atPath: made.root + "/Documents").first { $0.count == 32 })
        let path = made.root + "/Documents/\(folder)/contactlabel.list"
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        #expect(!IPhonePeople.labels(bytes).isEmpty)
        for count in bytes.indices { _ = IPhonePeople.labels(Array(bytes[..<count])) }
        var generator = SeededGenerator(seed: 3)
        for place in bytes.indices {
            for value in [0, 0xFF, UInt8.random(in: 0...255, using: &generator)] {
                var changed = bytes
                changed[place] = value
                _ = IPhonePeople.labels(changed)
            }
        }
    }
}
