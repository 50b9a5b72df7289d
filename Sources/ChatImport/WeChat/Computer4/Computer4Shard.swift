import ChatModel

/// One of the databases of messages of WeChat 4: a table `Msg_<MD5 of the user name>` for each conversation.
struct Computer4Shard {
    private let database: ForeignDatabase
    private let path: String
    private let databases: AccountDatabases
    private let owner: String?
    /// User names by the row number that `real_sender_id` says.
    private let senders: [Int64: String]
    private let talkers: DigestNames
    private let tables: [(name: String, digest: String)]
    /// Whether a damage may come from a log that was not copied, or from WCDB's own compression of a database.
    private let mayBeCompressed: Bool
    private let frames = ZstdFrames()

    init(
        _ database: ForeignDatabase, at path: String, _ databases: AccountDatabases, owner: String?,
        people: Computer4People
    ) throws {
        self.database = database
        self.path = path
        self.databases = databases
        self.owner = owner
        let tables = database.tables.compactMap { name in
            UserNameDigest.ofTable(name, prefix: "Msg_").map { (name: name, digest: $0) }
        }
        var talkers = DigestNames(wanted: Set(tables.map(\.digest)))
        var senders: [Int64: String] = [:]
        try databases.rows(of: database, at: path, "Name2Id", ["user_name", "rowid"]) { row in
            guard let name = row.name(0) else { return }
            senders[row.number(1)] = name
            talkers.consider(name)
        }
        if !talkers.isComplete { try people.userNames { talkers.consider($0) } }
        self.tables = tables
        self.talkers = talkers
        self.senders = senders
        mayBeCompressed = database.tables.contains("wcdb_builtin_compression_record")
    }

    /// When a shard's first message was sent, as far as its table `Timestamp` says it; seconds since 1970.
    static func start(_ database: ForeignDatabase, at path: String, _ databases: AccountDatabases) throws -> Int64? {
        var start: Int64?
        try databases.rows(of: database, at: path, "Timestamp", ["timestamp"]) { row in
            if row.number(0) > 0 { start = min(start ?? .max, row.number(0)) }
        }
        return start
    }

    private static let columns = [
        "local_id", "server_id", "local_type", "real_sender_id", "create_time", "status", "message_content",
        "compress_content", "packed_info_data",
    ]

    /// Tells the rows, one conversation after the other, each in the order in which they were stored.
    func rows(_ body: (WeChatRow) throws -> Void, damaged: (DatabaseDamage) throws -> Void) throws {
        for (table, digest) in tables {
            let talker = talkers[digest]
            try databases.messages(
                of: database, at: path, table, Self.columns,
                damaged: { damage in
                    var damage = damage
                    if mayBeCompressed, damage.fault.isAboutRows { damage.fault = .logMissingOrCompressed }
                    try damaged(damage)
                },
                { stored in try body(row(stored, talker)) })
        }
    }

    private func row(_ stored: ForeignRow, _ talker: String) -> WeChatRow {
        // The low half is the type, the high half the subtype.
        let type = stored.number(2)
        let content = content(stored)
        var row = WeChatRow(
            talker: talker, serverID: stored.number(1), localID: stored.number(0),
            type: Int32(truncatingIfNeeded: type), subtype: Int32(truncatingIfNeeded: type >> 32),
            time: Timestamp(seconds: stored.number(4)), content: content.bytes)
        row.isDamaged = content.isDamaged
        let sender = senders[stored.number(3)]
        if let owner, let sender {
            row.isOwn = sender == owner
        } else {
            // 2 is a message that was sent; it is a hint only.
            row.isOwn = stored.number(5) == 2
        }
        // The platform's own lines name the conversation.
        if row.isInGroup, row.isOwn != true, sender != talker { row.sender = sender }
        if !stored.isEmpty(8) {
            row.mediaPath = stored.withBytes(8) { Computer4PackedInfo.name($0) }
        }
        return row
    }

    /// The content, inflated; what cannot be is given as it is stored.
    private func content(_ row: ForeignRow) -> (bytes: [UInt8], isDamaged: Bool) {
        let column = row.isEmpty(6) ? 7 : 6
        do throws(ContentFault) {
            let bytes = try row.withBytes(column) { bytes throws(ContentFault) in
                try CompressedContent.version4(bytes, frames)
            }
            return (bytes, false)
        } catch {
            return (row.bytes(column), true)
        }
    }
}

/// The column `packed_info_data` (protocol buffers): 3 { 4 a picture's file name } · 4 { 8 a video's file name }, each
/// without folder and extension.
enum Computer4PackedInfo {
    /// The name of a row's file; nil when there is none that can be read.
    static func name(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard let info = try? ProtobufMessage([UInt8](bytes)) else { return nil }
        for (field, part) in [(3, 4), (4, 8)] {
            guard let inner = info.bytes(field), let message = try? ProtobufMessage(inner),
                let name = message.bytes(part), (1...255).contains(name.count)
            else { continue }
            return String(decoding: name, as: UTF8.self)
        }
        return nil
    }
}
