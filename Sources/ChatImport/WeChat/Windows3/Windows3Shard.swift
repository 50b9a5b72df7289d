import ChatModel

/// One of the databases of messages of WeChat 3 on Windows: one table with a row a message of any conversation.
///
///     MSG0.db …       MSG         Name2ID          people and groups
///     OpenIMMsg.db    ChatCRMsg   Name2ID          people of companies (WeCom)
///     PublicMsg.db    PublicMsg   PublicNameToID   official accounts
struct Windows3Shard {
    private let database: ForeignDatabase
    private let path: String
    private let databases: AccountDatabases
    /// Conversations by the row number that `TalkerId` says, for rows without `StrTalker`.
    private var talkers: [Int64: String] = [:]
    private let table: String

    /// Databases beside the shards, with the names of their tables. Where nothing is in them yet they have none.
    static let others = ["OpenIMMsg.db": "ChatCRMsg", "PublicMsg.db": "PublicMsg"]

    init(_ database: ForeignDatabase, at path: String, _ databases: AccountDatabases) throws {
        self.database = database
        self.path = path
        self.databases = databases
        table = path.split(separator: "/").last.flatMap { Self.others[String($0)] } ?? "MSG"
        var talkers: [Int64: String] = [:]
        for names in ["Name2ID", "PublicNameToID"] {
            try databases.rows(of: database, at: path, names, ["UsrName", "rowid"]) { row in
                if let name = row.name(0) { talkers[row.number(1)] = name }
            }
        }
        self.talkers = talkers
    }

    /// When a shard's first message was sent, as far as its table `DBInfo` says it; milliseconds since 1970.
    static func start(_ database: ForeignDatabase, at path: String, _ databases: AccountDatabases) throws -> Int64? {
        var start: Int64?
        try databases.rows(of: database, at: path, "DBInfo", ["tableDesc", "tableVersion"]) { row in
            if row.name(0) == "Start Time", row.number(1) > 0 { start = row.number(1) }
        }
        return start
    }

    private static let columns = [
        "StrTalker", "TalkerId", "localId", "MsgSvrID", "Type", "SubType", "IsSender", "CreateTime", "StrContent",
        "DisplayContent", "CompressContent", "BytesExtra",
    ]

    /// Tells the rows in the order in which they were stored.
    func rows(_ body: (WeChatRow) throws -> Void, damaged: (DatabaseDamage) throws -> Void) throws {
        if table != "MSG", !database.hasTable(table) { return }
        try databases.messages(of: database, at: path, table, Self.columns, damaged: damaged) { stored in
            let type = Int32(truncatingIfNeeded: stored.number(4))
            let isOwn = stored.number(6) != 0
            let extra = stored.withBytes(11) { Windows3Extra($0) }
            let content = content(stored, type)
            var row = WeChatRow(
                talker: stored.name(0) ?? talkers[stored.number(1)] ?? "", serverID: stored.number(3),
                localID: stored.number(2), type: type, subtype: Int32(truncatingIfNeeded: stored.number(5)),
                time: Timestamp(seconds: stored.number(7)), isOwn: isOwn, content: content.bytes)
            row.isDamaged = content.isDamaged
            if row.isInGroup, !isOwn { row.sender = extra.sender }
            if type == 50 || row.content.isEmpty { row.note = stored.text(9) }
            row.mediaPath = extra.file
            row.thumbnailPath = extra.thumbnail
            try body(row)
        }
    }

    /// The content: of app messages it is compressed. What cannot be inflated is given as it is stored.
    private func content(_ row: ForeignRow, _ type: Int32) -> (bytes: [UInt8], isDamaged: Bool) {
        guard type != 1, type == 49 || row.isEmpty(8), !row.isEmpty(10) else { return (row.bytes(8), false) }
        do throws(ContentFault) {
            let bytes = try row.withBytes(10) { bytes throws(ContentFault) in try CompressedContent.version3(bytes) }
            return (bytes, false)
        } catch {
            return row.isEmpty(8) ? (row.bytes(10), true) : (row.bytes(8), false)
        }
    }
}

/// The column `BytesExtra` (protocol buffers): 1 { … } · 3 (repeated) { 1 kind, 2 text }, where the kinds are 1 the sender in
/// a group, 3 the thumbnail's path, 4 the file's path, 7 XML for the program itself.
struct Windows3Extra {
    private(set) var sender: String?
    /// Paths below the account's folder, `/`-separated.
    private(set) var thumbnail: String?
    private(set) var file: String?

    /// Reads what can be read.
    init(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty, let extra = try? ProtobufMessage([UInt8](bytes)) else { return }
        for case (3, .bytes(let bytes)) in extra.fields {
            guard let entry = try? ProtobufMessage(bytes), let kind = entry.number(1), let value = entry.bytes(2),
                !value.isEmpty, value.count <= ForeignRow.longestName
            else { continue }
            switch kind {
            case 1: sender = String(decoding: value, as: UTF8.self)
            case 3: thumbnail = Self.path(value)
            case 4: file = Self.path(value)
            default: break
            }
        }
    }

    /// A path of Windows, which begins with the name of the account's folder, as one below that folder.
    private static func path(_ windows: ArraySlice<UInt8>) -> String {
        let path = windows.map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "/") : $0 }
        return path.withUnsafeBufferPointer { String(decoding: $0.extracting(start(of: $0)...), as: UTF8.self) }
    }

    /// Where the folder of files begins, or else the second name.
    private static func start(of path: UnsafeBufferPointer<UInt8>) -> Int {
        var (name, second) = (0, nil as Int?)
        while true {
            let end = path[name...].firstIndex(of: UInt8(ascii: "/")) ?? path.count
            if isFileStorage(path.extracting(name..<end)) { return name }
            guard end < path.count else { return second ?? 0 }
            name = end + 1
            second = second ?? name
        }
    }

    private static func isFileStorage(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        let wanted = "filestorage" as StaticString
        guard name.count == wanted.utf8CodeUnitCount else { return false }
        return name.indices.allSatisfy { name[$0] | 0x20 == wanted.utf8Start[$0] }
    }
}
