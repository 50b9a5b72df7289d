import ChatMedia
package import ChatModel

/// An account of WeChat 3 on a Mac: the folder in `com.tencent.xinWeChat/<version>` that is called by the MD5 of the owner.
///
///     <account>/Contact/wccontact_new2.db        people
///               Group/group_new.db               groups
///               Message/msg_0.db …               messages, a table a conversation
///               Message/hldata.db                where pictures, videos and files lie
///               Message/MessageTemp/…            pictures, videos, files
package final class Mac3Account: WeChatAccount {
    package let folder: String
    package let owner: String?

    private let databases: AccountDatabases
    private let people: Mac3People
    private let media: Mac3Media
    private let pictures: AccountPictures
    /// Messages' databases below the account's folder, by number.
    private let shards: [String]
    private var others: [WeChatNote] = []

    private static func shards(_ files: AccountFiles) throws(ImportError) -> [String] {
        ShardName(prefix: "msg_", suffix: ".db").sorted(try files.names("Message")).map { "Message/" + $0 }
    }

    /// The account of a folder below the source's root. Throws `database` when no key opens it.
    static func open(_ files: AccountFiles, _ keys: SourceKeys) throws(ImportError) -> Mac3Account {
        try Mac3Account(files, keys: keys.databaseKeys)
    }

    private init(_ files: AccountFiles, keys: [DatabaseKey]) throws(ImportError) {
        folder = files.folder
        shards = try Self.shards(files)
        databases = AccountDatabases(files, keys: keys, parameters: [.mac3])
        people = Mac3People(databases)
        try databases.checkKeys(of: [Mac3People.path] + shards)
        do {
            owner = try people.owner(digest: files.name(inner: ""))
        } catch {
            throw .stopped(error)
        }
        pictures = AccountPictures(files, keys: WeChatImageKeys())
        media = Mac3Media(databases, pictures)
    }

    package func contacts(_ body: (WeChatContact) throws -> Void) throws { try people.contacts(body) }

    package func groups(_ body: (WeChatGroup) throws -> Void) throws { try people.groups(body) }

    package func rows(_ body: (WeChatRow) throws -> Void, damaged: (DatabaseDamage) throws -> Void) throws {
        others = []
        var seen = SeenMessages()
        var shards = try databases.shards(self.shards, start: { _, _, _ in nil }, damaged: damaged)
        while !shards.isEmpty {
            let (path, database) = shards.removeFirst()
            let shard = try Mac3Shard(database, at: path, databases, people: people)
            try shard.rows(
                { row in if seen.isNew(row, isLast: shards.isEmpty) { try body(row) } }, damaged: damaged)
            seen.endShard()
            let deleted = try shard.countDeleted()
            if deleted > 0 { others.append(.deletedRows(path: databases.files.path(path), rows: deleted)) }
            try databases.checkUnchanged(database, at: path, damaged: damaged)
        }
        if seen.duplicates > 0 { others.append(.duplicates(rows: seen.duplicates)) }
    }

    package func attachment(for media: WeChatContent.Media, of row: WeChatRow) throws -> Attachment {
        try self.media.attachment(for: media, of: row)
    }

    package var notes: [WeChatNote] { databases.notes + pictures.notes + others }
}
