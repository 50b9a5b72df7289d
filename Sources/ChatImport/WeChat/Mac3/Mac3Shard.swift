import ChatModel

/// One of the databases of messages of WeChat 3 on a Mac: a table `Chat_<MD5 of the user name>` for each conversation, and
/// `Chat_<MD5>_dels` with what the owner deleted.
struct Mac3Shard {
    private let database: ForeignDatabase
    private let path: String
    private let databases: AccountDatabases
    private let talkers: DigestNames
    private let tables: [(name: String, digest: String)]

    init(_ database: ForeignDatabase, at path: String, _ databases: AccountDatabases, people: Mac3People) throws {
        self.database = database
        self.path = path
        self.databases = databases
        tables = database.tables.compactMap { name in
            UserNameDigest.ofTable(name, prefix: "Chat_").map { (name: name, digest: $0) }
        }
        var talkers = DigestNames(wanted: Set(tables.map(\.digest)))
        try people.userNames { talkers.consider($0) }
        self.talkers = talkers
    }

    private static let columns = [
        "mesLocalID", "mesSvrID", "msgCreateTime", "msgContent", "messageType", "mesDes", "msgVoiceText",
        "CompressContent",
    ]

    /// Tells the rows, one conversation after the other, each in the order in which they were stored.
    func rows(_ body: (WeChatRow) throws -> Void, damaged: (DatabaseDamage) throws -> Void) throws {
        for (table, digest) in tables {
            let talker = talkers[digest]
            try databases.messages(of: database, at: path, table, Self.columns, damaged: damaged) { stored in
                let content = Self.content(stored)
                var row = WeChatRow(
                    talker: talker, serverID: stored.number(1), localID: stored.number(0),
                    type: Int32(truncatingIfNeeded: stored.number(4)), time: Timestamp(seconds: stored.number(2)),
                    isOwn: stored.isNull(5) ? nil : stored.number(5) == 0, content: content.bytes)
                row.isDamaged = content.isDamaged
                row.note = stored.text(6)
                try body(row)
            }
        }
    }

    private static func content(_ row: ForeignRow) -> (bytes: [UInt8], isDamaged: Bool) {
        guard row.isEmpty(3), !row.isEmpty(7) else { return (row.bytes(3), false) }
        do throws(ContentFault) {
            let bytes = try row.withBytes(7) { bytes throws(ContentFault) in try CompressedContent.version3(bytes) }
            return (bytes, false)
        } catch {
            return (row.bytes(7), true)
        }
    }

    /// How many rows the owner had deleted.
    func countDeleted() throws -> Int {
        var count = 0
        for table in database.tables where table.hasPrefix("Chat_") && table.hasSuffix("_dels") {
            try databases.rows(of: database, at: path, table, ["rowid"]) { _ in count += 1 }
        }
        return count
    }
}
