import ChatMedia
package import ChatModel

/// An account of WeChat 3 on Windows: its folder in `WeChat Files`, or its `Msg` folder alone.
///
///     <account>/Msg/MicroMsg.db                  people and groups
///               Msg/Misc.db                      their pictures
///               Msg/Multi/MSG0.db, MSG1.db …     messages, in shards by time
///               Msg/OpenIMMsg.db, PublicMsg.db   messages with people of companies, and of official accounts
///               Msg/Multi/MediaMSG0.db …         voices
///               Msg/HardLinkImage.db …           where pictures, videos and files lie
///               FileStorage/…                    pictures, videos, files
package final class Windows3Account: WeChatAccount {
    package let folder: String
    package let owner: String?

    private let databases: AccountDatabases
    private let people: Windows3People
    private let media: Windows3Media
    private let pictures: AccountPictures
    /// Messages' databases below the account's folder, by number, the others behind them.
    private let shards: [String]
    private var duplicates = 0

    /// The folder of the databases below an account's, nil when it is none.
    private static func place(in files: AccountFiles) throws(ImportError) -> String? {
        for place in ["Msg", ""] {
            if files.file(AccountFiles.below(place, "MicroMsg.db")) != nil { return place }
            if !(try shards(in: place, files)).isEmpty { return place }
        }
        return nil
    }

    private static func shards(in place: String, _ files: AccountFiles) throws(ImportError) -> [String] {
        for folder in [AccountFiles.below(place, "Multi"), place] {
            let names = ShardName(prefix: "MSG", suffix: ".db").sorted(try files.names(folder))
            if !names.isEmpty { return names.map { AccountFiles.below(folder, $0) } }
        }
        return []
    }

    /// Databases with messages that are no shards. One without a byte was never used.
    private static func others(in place: String, _ files: AccountFiles) -> [String] {
        Windows3Shard.others.keys.sorted().map { AccountFiles.below(place, $0) }.filter {
            (files.file($0).flatMap(files.size) ?? 0) > 0
        }
    }

    /// The databases of voices, and their tables. Whoever copies databases one by one has them beside each other.
    private static func voices(in place: String, _ files: AccountFiles) throws(ImportError) -> [AccountVoices.Place] {
        var voices: [AccountVoices.Place] = []
        for folder in [AccountFiles.below(place, "Multi"), place] {
            let names = ShardName(prefix: "MediaMSG", suffix: ".db").sorted(try files.names(folder))
            voices += names.map { (AccountFiles.below(folder, $0), "Media") }
        }
        return voices + [(AccountFiles.below(place, "OpenIMMedia.db"), "OpenIMMedia")]
    }

    /// The account of a folder below the source's root. Throws `database` when no key opens it.
    static func open(_ files: AccountFiles, _ keys: SourceKeys) throws(ImportError) -> Windows3Account {
        guard let place = try place(in: files) else { throw .notRecognised(path: files.whole("")) }
        return try Windows3Account(files, databasesIn: place, keys: keys.databaseKeys)
    }

    private init(_ files: AccountFiles, databasesIn place: String, keys: [DatabaseKey]) throws(ImportError) {
        folder = files.folder
        shards = try Self.shards(in: place, files) + Self.others(in: place, files)
        databases = AccountDatabases(files, keys: keys, parameters: [.windows3])
        people = Windows3People(databases, place: place)
        try databases.checkKeys(of: [AccountFiles.below(place, "MicroMsg.db")] + shards)
        owner = try people.owner(named: files.name(inner: "Msg"), isAlone: place.isEmpty)
        pictures = AccountPictures(files, keys: WeChatImageKeys())
        media = Windows3Media(databases, pictures, place: place, voices: try Self.voices(in: place, files))
    }

    package func contacts(_ body: (WeChatContact) throws -> Void) throws { try people.contacts(body) }

    package func groups(_ body: (WeChatGroup) throws -> Void) throws { try people.groups(body) }

    package func rows(_ body: (WeChatRow) throws -> Void, damaged: (DatabaseDamage) throws -> Void) throws {
        var seen = SeenMessages()
        var shards = try databases.shards(self.shards, start: Windows3Shard.start, damaged: damaged)
        while !shards.isEmpty {
            let (path, database) = shards.removeFirst()
            let shard = try Windows3Shard(database, at: path, databases)
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
