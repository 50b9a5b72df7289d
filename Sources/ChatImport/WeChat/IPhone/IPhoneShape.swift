extension WeChatShape {
    /// WeChat on iPhone and iPad in the app's container: `Documents/<md5(user name)>/DB/MM.sqlite`, `message_1.sqlite`…
    static let iPhone = WeChatShape(
        name: "WeChat for iPhone",
        isMain: { path, name in
            IPhoneFiles.isShard(name) && (path == name || path.split(separator: "/").dropLast().last == "DB")
        },
        folder: { parent(of: $0, levels: 2) },
        open: { root, folder, _ in IPhoneAccount(IPhoneFiles(root: root, folder: folder)) })

    /// The same in a backup of the whole phone, which may have several accounts.
    static let iPhoneBackup = WeChatShape(
        name: "WeChat for iPhone, in a backup of the phone",
        isMain: { _, name in name == "Manifest.db" || name == "Manifest.mbdb" }, folder: { parent(of: $0) },
        openAll: { root, folder, _ in
            let path = folder.isEmpty ? "Manifest.db" : folder + "/Manifest.db"
            guard AccountFiles(root: root, folder: folder).placed("Manifest.db") != nil else {
                throw ImportError.oldPhoneBackup(path: folder)
            }
            let backup = try PhoneBackup(root: root, path: path)
            guard !backup.accounts.isEmpty else { throw ImportError.noWeChatInPhoneBackup(path: path) }
            return backup.accounts.enumerated().map { place, name in
                let files = IPhoneFiles(root: root, folder: folder, backup: backup, name: name)
                // What is told of the backup is told once.
                return IPhoneAccount(files, listed: place == 0 ? (path, backup) : nil)
            }
        })
}
