package import ChatModel

/// One account's history in one shape of WeChat's databases.
///
/// `WeChatImport` drives it: contacts, then groups, then rows; each row's content becomes a message, and its media are
/// looked for with `attachment(for:of:)`, some rows later.
package protocol WeChatAccount: AnyObject {
    /// The owner's user name; nil when nothing tells it.
    var owner: String? { get }

    /// Tells every contact, the owner too.
    func contacts(_ body: (WeChatContact) throws -> Void) throws
    /// Tells every group.
    func groups(_ body: (WeChatGroup) throws -> Void) throws
    /// Tells every row of every shard. What cannot be read is told, and the rest is read all the same.
    func rows(_ body: (WeChatRow) throws -> Void, damaged: (DatabaseDamage) throws -> Void) throws
    /// Finds a file of a row that was told, while rows are told or after.
    func attachment(for media: WeChatContent.Media, of row: WeChatRow) throws -> Attachment
    /// What a person should know of how the account was read; complete when its rows and their files were.
    var notes: [WeChatNote] { get }
}

/// Something that a person should know of how an account was read.
package enum WeChatNote: Hashable, Sendable {
    /// A database that was opened, by its path below the source's root: whether it was encrypted, what its log had.
    case opened(path: String, ForeignDatabase.Account)
    /// A database that people, media or voices are looked up in could not be read, or not all of it.
    case unreadable(DatabaseDamage)
    /// Rows that were in several shards, and were told once.
    case duplicates(rows: Int)
    /// Rows that the owner had deleted, which the program keeps aside in tables of their own; they are not told.
    case deletedRows(path: String, rows: Int)
    /// The database of people and groups is not there.
    case lacksPeople(path: String)
    /// Pictures that need the account's picture key, which was not given or is another account's; they are kept as they
    /// are.
    case picturesNeedKey(count: Int)
}

/// A contact, as an account keeps it.
package struct WeChatContact: Hashable, Sendable {
    package var username: String
    /// The name that the contact chose.
    package var nickname: String
    /// The name that the owner gave.
    package var remark: String
    /// The WeChat number that people see.
    package var alias: String
    /// The owner's labels.
    package var labels: [String]
    package var phones: [String]
    /// The contact's picture, when the source has it.
    package var avatar: Attachment?

    package init(
        username: String, nickname: String = "", remark: String = "", alias: String = "", labels: [String] = [],
        phones: [String] = [], avatar: Attachment? = nil
    ) {
        self.username = username
        self.nickname = nickname
        self.remark = remark
        self.alias = alias
        self.labels = labels
        self.phones = phones
        self.avatar = avatar
    }

    /// The name to show, by WeChat's own order; `groupNickname` is what the contact is called in a group.
    package func shownName(groupNickname: String = "") -> String {
        [remark, groupNickname, nickname, alias].first { !$0.isEmpty } ?? username
    }
}

/// A group, as an account keeps it.
package struct WeChatGroup: Hashable, Sendable {
    package struct Member: Hashable, Sendable {
        package var username: String
        /// What the member is called in the group; empty when nothing special.
        package var nickname: String

        package init(username: String, nickname: String = "") {
            self.username = username
            self.nickname = nickname
        }
    }

    package var username: String
    /// The name that is shown: the owner's remark, or the group's own name; empty when its members' names stand for it.
    package var name: String
    package var owner: String?
    package var members: [Member]
    package var announcement: String
    /// The group's picture, when the source has it.
    package var avatar: Attachment?

    package init(
        username: String, name: String = "", owner: String? = nil, members: [Member] = [], announcement: String = "",
        avatar: Attachment? = nil
    ) {
        self.username = username
        self.name = name
        self.owner = owner
        self.members = members
        self.announcement = announcement
        self.avatar = avatar
    }
}

/// A database, or a part of one, that could not be read.
public struct DatabaseDamage: Hashable, Sendable {
    /// The file, below the source's root.
    public var path: String
    /// The table; empty for the whole file.
    public var table: String
    /// How many rows are known to be lost, and in how many places more may be.
    public var rows: Int
    /// See `rows`.
    public var gaps: Int
    /// Why, or why the first of them.
    public var fault: DatabaseFault

    /// Damage of a table, or of a whole file.
    public init(path: String, table: String = "", rows: Int = 0, gaps: Int = 0, fault: DatabaseFault) {
        self.path = path
        self.table = table
        self.rows = rows
        self.gaps = gaps
        self.fault = fault
    }

    /// Nil when nothing was passed over.
    package init?(path: String, table: String, _ damaged: DamagedRows) {
        guard let fault = damaged.firstFault else { return nil }
        self.init(path: path, table: table, rows: damaged.rows, gaps: damaged.gaps, fault: fault)
    }
}

extension WeChatGroup {
    /// Whether a user name is that of a group.
    static func isName(_ username: String) -> Bool {
        username.hasSuffix("@chatroom") || username.hasSuffix("@im.chatroom")
    }
}
