/// A shape of WeChat's databases: how it is recognised, and how an account of it is opened.
struct WeChatShape: Sendable {
    /// In words for a person.
    let name: String
    /// The databases by one of which an account is recognised, each a path below the folder of the account; `#` stands for
    /// a number of up to four digits.
    private let databases: [String]
    /// Folders between the account's folder and those paths, any of which may be left out.
    private let between: Set<String>
    /// Opens the accounts of a folder: one, but for a backup of a whole phone.
    private let open: @Sendable (AccountFiles, SourceKeys) throws -> [any WeChatAccount]

    /// All that can be read.
    private static let all = [
        WeChatShape(name: "WeChat for Android", databases: ["EnMicroMsg.db"], between: []) {
            [try AndroidAccount(root: $0.root, folder: $0.folder, keys: $1)]
        },
        WeChatShape(
            name: "WeChat 3 for Windows", databases: ["MicroMsg.db", "Multi/MSG#.db", "MSG#.db"], between: ["Msg"]
        ) { [try Windows3Account.open($0, $1)] },
        WeChatShape(
            name: "WeChat 4",
            databases: ["contact/contact.db", "message/message_#.db", "message/biz_message_#.db"],
            between: ["db_storage"]
        ) { [try Computer4Account.open($0, $1)] },
        WeChatShape(
            name: "WeChat 3 for Mac",
            databases: ["Contact/wccontact_new2.db", "Group/group_new.db", "Message/msg_#.db"], between: []
        ) { [try Mac3Account.open($0, $1)] },
        WeChatShape(
            name: "WeChat for iPhone",
            databases: ["DB/MM.sqlite", "DB/WCDB_Contact.sqlite", "DB/message_#.sqlite"], between: []
        ) { files, _ in [IPhoneAccount(IPhoneFiles(root: files.root, folder: files.folder))] },
        WeChatShape(
            name: "a backup of an iPhone", databases: [PhoneBackup.list, PhoneBackup.oldList], between: []
        ) { files, _ in try IPhoneAccount.openBackup(files) },
    ]

    /// An account that was found.
    struct Place: Sendable {
        let shape: WeChatShape
        /// The database by which it was found, below the root.
        let database: String
        /// The account's folder below the root; empty for the root itself.
        let folder: String

        /// Opens the account, or all of a backup of a phone.
        func open(root: String, _ keys: SourceKeys) throws -> [any WeChatAccount] {
            try shape.open(AccountFiles(root: root, folder: folder), keys)
        }
    }

    /// The account that a path below the root is a database of; nil when it is none by which accounts are recognised.
    static func place(of path: String) -> Place? {
        var components = path.split(separator: "/").map(String.init)
        if let name = components.popLast() { components.append(databaseName(name) ?? name) }
        for shape in all {
            for database in shape.databases {
                let names = database.split(separator: "/").map(String.init)
                guard components.count >= names.count, components.suffix(names.count) == names[...] else { continue }
                var folder = components.dropLast(names.count)
                if let last = folder.last, shape.between.contains(last) { folder.removeLast() }
                return Place(shape: shape, database: path, folder: folder.joined(separator: "/"))
            }
        }
        return nil
    }

    /// What the databases are called by which accounts are recognised: few files of a folder are.
    private static let databaseNames = Set(
        all.flatMap(\.databases).compactMap { $0.split(separator: "/").last.map(String.init) })

    /// What a file is called among `databaseNames`; nil when it is none of them.
    private static func databaseName(_ name: String) -> String? {
        if databaseNames.contains(name) { return name }
        guard let dot = name.lastIndex(of: ".") else { return nil }
        let stem = name[..<dot]
        let digits = stem.reversed().prefix { $0.isASCII && $0.isNumber }.count
        guard (1...4).contains(digits) else { return nil }
        let pattern = String(stem.dropLast(digits)) + "#" + String(name[dot...])
        return databaseNames.contains(pattern) ? pattern : nil
    }

    /// How deep below the root accounts are looked for, and in how many folders at the most.
    private static let depthLimit = 8
    private static let folderLimit = 4000
    /// Folders of media, which have many folders and no databases.
    private static let passedOver: Set<String> = [
        "image2", "video", "voice2", "emoji", "avatar", "sns", "FileStorage", "attach", "chats", "photos", "Img",
        "OpenData", "Audio", "Video", "MessageTemp", "xlog", "cache", "temp",
    ]

    /// The accounts below a folder, the nearest first. Throws for a folder that has none, but one of WeChat's own backups.
    static func places(below root: String) throws(ImportError) -> [Place] {
        var found: [Place] = []
        var package: String?
        var waiting = [(path: "", depth: 0)]
        var looked = 0
        while looked < waiting.count, looked < folderLimit {
            let (folder, depth) = waiting[looked]
            looked += 1
            guard let names = try? SourceFolder.names(in: folder.isEmpty ? root : root + "/" + folder, root) else {
                continue
            }
            // In a backup of a phone there are thousands of files by other names than their own.
            let isPhoneBackup = PhoneBackup.isBackup(names)
            if package == nil, isPackage(names, in: folder.isEmpty ? root : root + "/" + folder) {
                package = folder.isEmpty ? root : root + "/" + folder
            }
            for name in names {
                let path = folder.isEmpty ? name : folder + "/" + name
                let isOthers = !isPhoneBackup && (name == PhoneBackup.list || name == PhoneBackup.oldList)
                if !isOthers, databaseName(name) != nil, let place = place(of: path) {
                    // Databases of one account lie beside each other.
                    if !found.contains(where: { $0.shape.name == place.shape.name && $0.folder == place.folder }) {
                        found.append(place)
                    }
                } else if depth < depthLimit, !isPhoneBackup, !passedOver.contains(name),
                    SourceFolder.isFolder(root + "/" + path)
                {
                    waiting.append((path, depth + 1))
                }
            }
        }
        if found.isEmpty, let package { throw .weChatPackage(path: package) }
        return found
    }

    /// Whether the files of a folder are those of a backup that WeChat makes for itself: packages that begin with `RMFH`,
    /// or `Backup.db` beside `BAK_0_TEXT`.
    private static func isPackage(_ names: [String], in folder: String) -> Bool {
        if names.contains("Backup.db"), names.contains("BAK_0_TEXT") { return true }
        guard folder.hasSuffix("/ChatPackage"), let name = names.first,
            let file = try? SourceFile(path: folder + "/" + name), let head = try? file.bytes(0..<4)
        else { return false }
        return head == Array("RMFH".utf8)
    }
}
