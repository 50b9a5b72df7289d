import ChatModel

/// The voices of an account, which lie in databases by the server's number of their message.
final class AccountVoices {
    /// A database below the account's folder, and its table.
    typealias Place = (path: String, table: String)

    private let databases: AccountDatabases
    private let places: [Place]
    private let (key, blob): (String, String)
    private var tables: [LookupTable]?

    /// - Parameters:
    ///   - places: where voices are.
    ///   - key: the column of the server's number.
    ///   - blob: the column of the voice.
    init(_ databases: AccountDatabases, _ places: [Place], key: String, blob: String) {
        self.databases = databases
        self.places = places
        (self.key, self.blob) = (key, blob)
    }

    /// The voice of a row.
    func attachment(for media: WeChatContent.Media, of row: WeChatRow) throws -> Attachment {
        var voice: [UInt8] = []
        for table in try opened() where voice.isEmpty {
            try table.rows(UInt64(bitPattern: row.serverID), [blob]) { row in
                voice = row.bytes(0)
                return voice.isEmpty
            }
        }
        guard !voice.isEmpty else { return AccountAttachments.missing(media) }
        return AccountAttachments.contained(voice, name: media.name)
    }

    private func opened() throws -> [LookupTable] {
        if let tables { return tables }
        var opened: [LookupTable] = []
        for (path, table) in places {
            guard let database = databases.openIfThere(path),
                let found = try LookupTable(
                    databases, database, at: path, table: table, column: key, key: LookupTable.key(number:))
            else { continue }
            opened.append(found)
        }
        tables = opened
        return opened
    }
}
