import ChatMedia
package import ChatModel

/// An account of WeChat 4 on Windows, macOS or Linux: its folder in `xwechat_files`, or its `db_storage` folder alone.
///
///     <account>/db_storage/contact/contact.db                 people and groups
///               db_storage/message/message_0.db …             messages, in shards by time, a table a conversation
///               db_storage/message/biz_message_0.db …         those of official accounts
///               db_storage/message/media_0.db …               voices
///               db_storage/hardlink/hardlink.db               where pictures, videos and files lie
///               msg/{attach,video,file}/…                     pictures, videos, files
package final class Computer4Account: WeChatAccount {
    package let folder: String
    package let owner: String?

    private let databases: AccountDatabases
    private let people: Computer4People
    private let media: Computer4Media
    private let pictures: AccountPictures
    /// Messages' databases below the account's folder, by number.
    private let shards: [String]
    private var duplicates = 0

    /// The folder of the databases below an account's, nil when it is none.
    private static func place(in files: AccountFiles) throws(ImportError) -> String? {
        for place in ["db_storage", ""] {
            if files.file(AccountFiles.below(place, "contact/contact.db")) != nil { return place }
            if !(try messages(in: place, files)).isEmpty { return place }
        }
        return nil
    }

    private static func shards(_ prefix: String, in place: String, _ files: AccountFiles) throws(ImportError)
        -> [String]
    {
        let folder = AccountFiles.below(place, "message")
        return ShardName(prefix: prefix, suffix: ".db").sorted(try files.names(folder)).map { folder + "/" + $0 }
    }

    private static func messages(in place: String, _ files: AccountFiles) throws(ImportError) -> [String] {
        try shards("message_", in: place, files) + shards("biz_message_", in: place, files)
    }

    /// The account of a folder below the source's root. Throws `database` when no key opens it.
    static func open(_ files: AccountFiles, _ keys: SourceKeys) throws(ImportError) -> Computer4Account {
        guard let place = try place(in: files) else { throw .notRecognised(path: files.whole("")) }
        return try Computer4Account(
            files, databasesIn: place, keys: keys.databaseKeys,
            imageKeys: WeChatImageKeys(key: keys.imageKey, xor: keys.imageByte))
    }

    private init(
        _ files: AccountFiles, databasesIn place: String, keys: [DatabaseKey], imageKeys: WeChatImageKeys
    ) throws(ImportError) {
        folder = files.folder
        shards = try Self.messages(in: place, files)
        databases = AccountDatabases(files, keys: keys, parameters: [.computer4])
        people = Computer4People(databases, place: place)
        try databases.checkKeys(of: [people.path] + shards)
        owner = try people.owner(named: files.name(inner: "db_storage"), isAlone: place.isEmpty)
        pictures = AccountPictures(files, keys: imageKeys, version4In: "msg/attach")
        media = Computer4Media(
            databases, pictures, links: AccountFiles.below(place, "hardlink/hardlink.db"),
            voices: try Self.shards("media_", in: place, files))
    }

    package func contacts(_ body: (WeChatContact) throws -> Void) throws { try people.contacts(body) }

    package func groups(_ body: (WeChatGroup) throws -> Void) throws { try people.groups(body) }

    package func rows(_ body: (WeChatRow) throws -> Void, damaged: (DatabaseDamage) throws -> Void) throws {
        var seen = SeenMessages()
        var shards = try databases.shards(self.shards, start: Computer4Shard.start, damaged: damaged)
        while !shards.isEmpty {
            let (path, database) = shards.removeFirst()
            let shard = try Computer4Shard(database, at: path, databases, owner: owner, people: people)
            try shard.rows(
                { row in if seen.isNew(row, isLast: shards.isEmpty) { try body(row) } }, damaged: damaged)
            seen.endShard()
            try databases.checkUnchanged(database, at: path, damaged: damaged)
        }
        duplicates = seen.duplicates
    }

    package func attachment(for media: WeChatContent.Media, of row: WeChatRow) throws -> Attachment {
        try self.media.attachment(for: media, of: row)
    }

    package var notes: [WeChatNote] {
        databases.notes + pictures.notes + (duplicates > 0 ? [.duplicates(rows: duplicates)] : [])
    }
}
