import ChatModel
import Glibc
import SQLite

/// An account of WeChat on an iPhone or iPad: plain databases, and media in folders by conversation.
///
///     DB/MM.sqlite, DB/message_1.sqlite …   Chat_<md5>, some in several files
///     DB/WCDB_Contact.sqlite                people and groups
///     session/session.db                    the list of conversations
///
/// <md5> is that of the other's user name, or of the group's.
final class IPhoneAccount: WeChatAccount {
    private(set) var notes: [WeChatNote] = []
    private(set) lazy var owner: String? = readOwner()
    private let files: IPhoneFiles
    private let media: IPhoneMedia
    private let frames = ZstdFrames()

    /// An account of which the files are known.
    init(_ files: IPhoneFiles) {
        self.files = files
        media = IPhoneMedia(files)
    }

    /// The accounts in a backup of a phone. Throws when it cannot be read, or has none.
    static func openBackup(_ folder: AccountFiles) throws(ImportError) -> [IPhoneAccount] {
        let path = folder.path(PhoneBackup.list)
        guard folder.file(PhoneBackup.list) != nil else {
            throw .oldPhoneBackup(path: folder.path(PhoneBackup.oldList))
        }
        let backup = try PhoneBackup(root: folder.root, path: path)
        let accounts = backup.accounts.map { name in
            IPhoneAccount(IPhoneFiles(root: folder.root, folder: folder.folder, backup: backup, name: name))
        }
        guard let first = accounts.first else { throw .noWeChatInPhoneBackup(path: path) }
        // What is told of the backup is told once.
        first.notes = backup.notes
        return accounts
    }

    /// Opens a database of the account, whose log a backup keeps elsewhere; nil when it is not there.
    private func open(_ below: String) throws(DatabaseFault) -> (path: String, database: ForeignDatabase)? {
        guard let path = files.path(below) else { return nil }
        do throws(DatabaseFault) {
            let database = try ForeignDatabase(
                path: files.root + "/" + path, logPath: files.whole(below + "-wal"),
                journalPath: files.whole(below + "-journal"))
            note(.opened(path: path, database.account))
            return (path, database)
        } catch {
            // Databases of iPhones have no keys.
            throw error == .keyNeeded ? .notADatabase : error
        }
    }

    /// Opens a database in which things are looked up; what cannot be read is noted.
    private func openIfReadable(_ below: String) -> (path: String, database: ForeignDatabase)? {
        do throws(DatabaseFault) {
            return try open(below)
        } catch {
            note(.unreadable(DatabaseDamage(path: files.path(below) ?? below, fault: error)))
            return nil
        }
    }

    private func note(_ note: WeChatNote) {
        if !notes.contains(note) { notes.append(note) }
    }

    private static let contactsPath = "DB/WCDB_Contact.sqlite"
    private lazy var contactDatabase = openIfReadable(Self.contactsPath)

    // MARK: People

    /// The account's folder is called by the MD5 of the owner's user name, which proves whatever tells it.
    private func readOwner() -> String? {
        let digest = files.name.lowercased()
        if let login = logins.first(where: { UserNameDigest.hexadecimal($0.username) == digest }) {
            return login.username
        }
        let prefix = "mmsetting.archive."
        for name in files.namesBeside(in: "MMappedKV") where name.hasPrefix(prefix) {
            let name = String(name.dropFirst(prefix.count))
            if UserNameDigest.hexadecimal(name) == digest { return name }
        }
        var found: String?
        eachPerson { person in
            if UserNameDigest.hexadecimal(person.username) == digest { found = person.username }
            return found == nil
        }
        return found
    }

    /// Those who have logged in on the phone.
    private lazy var logins = contents(files.pathBeside("LoginInfo2.dat")).map(IPhonePeople.logins) ?? []

    /// The bytes of a small file; nil when it is not there. What cannot be read is noted.
    private func contents(_ path: String?) -> [UInt8]? {
        guard let path else { return nil }
        do throws(SystemFault) {
            return try SourceFile(path: files.root + "/" + path).prefix(4 << 20)
        } catch {
            note(.unreadable(DatabaseDamage(path: path, fault: .unreadable(errno: error.errno))))
            return nil
        }
    }

    func contacts(_ body: (WeChatContact) throws -> Void) throws {
        if files.path(Self.contactsPath) == nil { note(.lacksPeople(path: files.shownPath(Self.contactsPath))) }
        let login = logins.first { $0.username == owner }
        let labels = contents(files.path("contactlabel.list")).map(IPhonePeople.labels) ?? [:]
        var toldOwner = false
        try tellPeople { person in
            guard !person.isGroup else { return }
            var contact = WeChatContact(
                username: person.username, nickname: person.nickname, remark: person.remark, alias: person.alias,
                labels: person.labels.compactMap { labels[$0] })
            if contact.username == owner {
                toldOwner = true
                if let login, contact.nickname.isEmpty { contact.nickname = login.name }
                if let login, contact.alias.isEmpty { contact.alias = login.alias }
            }
            try body(contact)
        }
        guard let owner, !toldOwner else { return }
        try body(WeChatContact(username: owner, nickname: login?.name ?? "", alias: login?.alias ?? ""))
    }

    func groups(_ body: (WeChatGroup) throws -> Void) throws {
        try tellPeople { person in
            guard person.isGroup else { return }
            let name = person.remark.isEmpty ? person.nickname : person.remark
            try body(WeChatGroup(username: person.username, name: name, members: person.members))
        }
    }

    private func tellPeople(_ body: (IPhonePeople.Person) throws -> Void) throws {
        var thrown: (any Error)?
        eachPerson { person in
            do { try body(person) } catch { thrown = error }
            return thrown == nil
        }
        if let thrown { throw thrown }
    }

    private func eachPerson(_ body: (IPhonePeople.Person) -> Bool) {
        guard let (path, database) = contactDatabase else { return }
        var goesOn = true
        for table in IPhonePeople.tables where goesOn && database.tables.contains(table) {
            eachRow(of: database, path, table, IPhonePeople.columns) { row in
                if let person = IPhonePeople.person(row) { goesOn = body(person) }
                return goesOn
            }
        }
    }

    // MARK: Messages

    /// Databases with messages that are opened at the same time, at the most; those known have some ten.
    private static let mostShards = 256
    private static let columns = ["MesLocalID", "MesSvrID", "Type", "Des", "CreateTime", "Message"]

    /// A table of messages.
    private struct Table {
        let path: String
        let database: ForeignDatabase
        let name: String
    }

    func rows(_ body: (WeChatRow) throws -> Void, damaged: (DatabaseDamage) throws -> Void) throws {
        let shards = try openShards(damaged)
        var tables: [String: [Table]] = [:]
        for (path, database) in shards {
            for name in database.tables {
                guard let digest = UserNameDigest.ofTable(name, prefix: "Chat_") else { continue }
                tables[digest, default: []].append(Table(path: path, database: database, name: name))
            }
        }
        let names = talkers(of: tables)
        var duplicates = 0
        for (digest, tables) in tables.sorted(by: { $0.key < $1.key }) {
            let talker = names[digest]
            var seen = SeenMessages()
            for (place, table) in tables.enumerated() {
                let isLast = place == tables.count - 1
                try read(table, of: (talker, digest), { if seen.isNew($0, isLast: isLast) { try body($0) } }, damaged)
                seen.endShard()
            }
            duplicates += seen.duplicates
        }
        if duplicates > 0 { note(.duplicates(rows: duplicates)) }
        for (path, database) in shards {
            do throws(DatabaseFault) {
                try database.checkUnchanged()
            } catch {
                try damaged(DatabaseDamage(path: path, fault: error))
            }
        }
    }

    /// Opens all databases with messages. What cannot be opened is told and left out; throws when nothing can be.
    private func openShards(
        _ damaged: (DatabaseDamage) throws -> Void
    ) throws -> [(path: String, database: ForeignDatabase)] {
        var shards: [(path: String, database: ForeignDatabase)] = []
        var damages: [DatabaseDamage] = []
        let names = files.names(in: "DB").filter(IPhoneFiles.isShard)
        for name in names.isEmpty ? ["MM.sqlite"] : names {
            do throws(DatabaseFault) {
                guard shards.count < Self.mostShards else { throw .unreadable(errno: EMFILE) }
                guard let shard = try open("DB/" + name) else { throw .unreadable(errno: ENOENT) }
                shards.append(shard)
            } catch {
                damages.append(DatabaseDamage(path: files.path("DB/" + name) ?? "DB/" + name, fault: error))
            }
        }
        if shards.isEmpty, let first = damages.first {
            throw ImportError.database(path: first.path, first.fault)
        }
        for damage in damages { try damaged(damage) }
        return shards
    }

    private func read(
        _ table: Table, of talker: (name: String, digest: String), _ body: (WeChatRow) throws -> Void,
        _ damaged: (DatabaseDamage) throws -> Void
    ) throws {
        do {
            let lost = try table.database.readableRows(of: table.name, Self.columns) { row in
                try body(self.row(row, of: talker))
                return true
            }
            if let damage = DatabaseDamage(path: table.path, table: table.name, lost) { try damaged(damage) }
        } catch let fault as DatabaseFault {
            try damaged(DatabaseDamage(path: table.path, table: table.name, fault: fault))
        }
    }

    private func row(_ row: Statement, of talker: (name: String, digest: String)) -> WeChatRow {
        let content = content(row)
        var result = WeChatRow(
            talker: talker.name, serverID: row.int64(1), localID: row.int64(0),
            type: Int32(truncatingIfNeeded: row.int64(2)),
            time: Timestamp(seconds: row.int64(4)), isOwn: row.isNull(3) ? nil : row.int64(3) == 0,
            content: content.bytes, mediaPath: talker.digest)
        result.isDamaged = content.isDamaged
        return result
    }

    /// Newer versions may compress it as version 4 does; what cannot be inflated is kept as it is.
    private func content(_ row: Statement) -> (bytes: [UInt8], isDamaged: Bool) {
        row.withBytes(5) { bytes in
            do throws(ContentFault) {
                return (try CompressedContent.version4(bytes, frames), false)
            } catch {
                return ([UInt8](bytes), true)
            }
        }
    }

    func attachment(for media: WeChatContent.Media, of row: WeChatRow) throws -> Attachment {
        self.media.attachment(for: media, of: row)
    }

    // MARK: Names of conversations

    /// Finds out whose the tables are: from people, groups and their members, the list of conversations, and at last from
    /// what messages mention.
    private func talkers(of tables: [String: [Table]]) -> TalkerNames {
        var names = TalkerNames(wanted: Set(tables.keys))
        names.consider(TalkerNames.services)
        if let owner { names.consider([owner]) }
        eachPerson { person in
            names.consider([person.username] + person.members.map(\.username))
            return !names.unresolved.isEmpty
        }
        for path in ["session/session.db"] + universalSessions where !names.unresolved.isEmpty {
            guard let (path, database) = openIfReadable(path) else { continue }
            for (table, column) in [("SessionAbstract", "UsrName"), ("SessionTable", "sessionId")]
            where database.tables.contains(table) {
                eachRow(of: database, path, table, [column]) { row in
                    if let name = row.text(0) { names.consider([name]) }
                    return !names.unresolved.isEmpty
                }
            }
        }
        var budget = TalkerNames.Budget()
        for digest in names.unresolved.sorted() {
            for table in tables[digest] ?? [] {
                // Whatever is wrong with the table is told when it is read.
                try? table.database.rows(of: table.name, ["Message"], "LIMIT \(TalkerNames.mostRows)") { row in
                    row.withBytes(0) { names.consider(mentionedIn: $0, &budget) }
                    return names.lacks(digest)
                }
            }
        }
        return names
    }

    private var universalSessions: [String] {
        files.names(in: "UniversalSession").map {
            $0 == "session.db" ? "UniversalSession/\($0)" : "UniversalSession/\($0)/session.db"
        }
    }

    /// Reads what can be read of a table in which things are looked up.
    private func eachRow(
        of database: ForeignDatabase, _ path: String, _ table: String, _ columns: [String], _ body: (Statement) -> Bool
    ) {
        // The body throws nothing.
        try? database.lookUp(in: table, columns, at: path, noting: { note(.unreadable($0)) }, body)
    }
}
