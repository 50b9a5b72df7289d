/// A shape of WeChat's databases: how it is recognised, and how an account of it is opened.
package struct WeChatShape: Sendable {
    /// In words for a person.
    package let name: String
    /// The path of its main database below an account's folder, by which it is recognised. The last component may be
    /// anything that `isMain` accepts.
    let isMain: @Sendable (_ path: String, _ name: String) -> Bool
    /// The account's folder, below the root, of a main database's path.
    let folder: @Sendable (_ path: String) -> String
    /// Opens the accounts of a folder below the root; one, as a rule.
    let open: @Sendable (_ root: String, _ folder: String, _ keys: SourceKeys) throws -> [any WeChatAccount]

    /// A shape with several accounts in a folder.
    init(
        name: String, isMain: @escaping @Sendable (_ path: String, _ name: String) -> Bool,
        folder: @escaping @Sendable (_ path: String) -> String,
        openAll: @escaping @Sendable (_ root: String, _ folder: String, _ keys: SourceKeys) throws -> [any WeChatAccount]
    ) {
        self.name = name
        self.isMain = isMain
        self.folder = folder
        open = openAll
    }

    /// A shape with one account in a folder.
    init(
        name: String, isMain: @escaping @Sendable (_ path: String, _ name: String) -> Bool,
        folder: @escaping @Sendable (_ path: String) -> String,
        open: @escaping @Sendable (_ root: String, _ folder: String, _ keys: SourceKeys) throws -> any WeChatAccount
    ) {
        self.init(name: name, isMain: isMain, folder: folder, openAll: { [try open($0, $1, $2)] })
    }

    /// All that can be read.
    static let all: [WeChatShape] = [.android, .iPhone, .iPhoneBackup]

    /// An account that was found.
    struct Place: Sendable {
        let shape: WeChatShape
        /// Its main database below the root.
        let database: String
        var folder: String { shape.folder(database) }
    }

    /// How deep below the root accounts are looked for, and in how many folders at the most.
    private static let depthLimit = 7
    private static let folderLimit = 4000
    /// Folders of media, which have many folders and no databases.
    private static let passedOver: Set<String> = [
        "image2", "video", "voice2", "emoji", "avatar", "sns", "FileStorage", "attach", "chats", "photos", "Img",
        "OpenData", "Audio", "Video", "xlog", "cache", "temp",
    ]

    /// The accounts below a folder, the nearest first.
    static func places(below root: String) -> [Place] {
        var found: [Place] = []
        var waiting = [(path: "", depth: 0)]
        var looked = 0
        while looked < waiting.count, looked < folderLimit {
            let (folder, depth) = waiting[looked]
            looked += 1
            guard let names = try? SourceFolder.names(in: folder.isEmpty ? root : root + "/" + folder, root) else {
                continue
            }
            // In a backup of a phone there are thousands of files without names.
            let isPhoneBackup = names.contains("Manifest.db")
            for name in names {
                let path = folder.isEmpty ? name : folder + "/" + name
                if let shape = all.first(where: { $0.isMain(path, name) }) {
                    let place = Place(shape: shape, database: path)
                    // Shards and older copies lie beside each other.
                    if !found.contains(where: { $0.shape.name == shape.name && $0.folder == place.folder }) {
                        found.append(place)
                    }
                } else if depth < depthLimit, !isPhoneBackup, !passedOver.contains(name), SourceFolder.isFolder(root + "/" + path) {
                    waiting.append((path, depth + 1))
                }
            }
        }
        return found
    }

    /// The folder of a path, empty at the top.
    static func parent(of path: String, levels: Int = 1) -> String {
        path.split(separator: "/").dropLast(levels).joined(separator: "/")
    }
}
