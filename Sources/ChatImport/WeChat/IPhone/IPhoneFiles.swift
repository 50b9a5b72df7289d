import ChatModel

/// The files of an account of WeChat on an iPhone or iPad, by their paths in the account's folder: in the app's container
/// they lie there, and in a backup of the phone elsewhere.
///
///     Documents/LoginInfo2.dat
///     Documents/<h>/DB/MM.sqlite    <h> is the MD5 of the owner's user name
struct IPhoneFiles {
    private let files: PhoneFiles
    private let backup: PhoneBackup?
    /// The account's folder below `Documents`.
    let name: String
    /// The source's root.
    var root: String { files.root }

    /// The account of a folder of the app's container, below the root.
    init(root: String, folder: String) {
        files = PhoneFiles(root: root, folder: folder)
        backup = nil
        name = String((folder.isEmpty ? root : folder).split(separator: "/").last ?? "")
    }

    /// An account in a backup that lies in a folder below the root.
    init(root: String, folder: String, backup: PhoneBackup, name: String) {
        files = PhoneFiles(root: root, folder: folder)
        self.backup = backup
        self.name = name
    }

    /// Whether a path below `Documents` is that of a database with messages.
    static func isMain(_ components: [Substring]) -> Bool {
        components.count == 3 && components[1] == "DB" && isShard(components[2])
    }

    /// Whether a file is called as those with messages are: `MM.sqlite`, `message_1.sqlite`.
    static func isShard(_ name: some StringProtocol) -> Bool {
        if name == "MM.sqlite" { return true }
        guard name.hasPrefix("message_"), name.hasSuffix(".sqlite") else { return false }
        let number = name.dropFirst(8).dropLast(7)
        return (1...4).contains(number.utf8.count) && number.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    // MARK: In the account's folder

    /// The path below the root of a file; nil when it is not there.
    func path(_ below: String) -> String? { place(below).flatMap { files.placed($0) } }

    /// What a file of the account is called for people, whether it is there or not.
    func shownPath(_ below: String) -> String {
        let folder = backup == nil ? files.folder : name
        return folder.isEmpty ? below : folder + "/" + below
    }

    /// The path below the root of a file beside the accounts; nil when it is not there.
    func pathBeside(_ below: String) -> String? {
        guard backup == nil else { return PhoneBackup.place(below).flatMap { files.placed($0) } }
        return files.placed("../" + below)
    }

    /// Where the system would find a file, whether it is there or not.
    func whole(_ below: String) -> String? {
        guard let place = place(below) else { return nil }
        return root + "/" + (files.folder.isEmpty ? place : files.folder + "/" + place)
    }

    /// The first of some files that is there and has a byte.
    func attachment(_ below: [String], name: String = "", isThumbnail: Bool = false) -> Attachment? {
        files.attachment(below.compactMap(place), name: name, isThumbnail: isThumbnail)
    }

    /// What may be in a folder of the account; of a backup that is not known, as its files have other names.
    func folderNames(in below: String) -> FolderNames {
        guard backup == nil else { return .unknown }
        return FolderNames(of: root + "/" + (files.folder.isEmpty ? below : files.folder + "/" + below))
    }

    /// The names in a folder of the account, in order; of a backup only those that it remembers.
    func names(in below: String) -> [String] {
        if let backup { return backup.names(in: name + "/" + below).sorted() }
        let whole = root + "/" + (files.folder.isEmpty ? below : files.folder + "/" + below)
        return Self.names(in: whole)
    }

    /// The names in a folder beside the accounts, in order.
    func namesBeside(in below: String) -> [String] {
        if let backup { return backup.names(in: below).sorted() }
        guard !files.folder.isEmpty else { return [] }
        let parent = files.folder.split(separator: "/").dropLast().joined(separator: "/")
        return Self.names(in: root + "/" + (parent.isEmpty ? below : parent + "/" + below))
    }

    /// What is no folder, or cannot be read, has no names.
    private static func names(in whole: String) -> [String] {
        guard SourceFolder.isFolder(whole) else { return [] }
        return (try? SourceFolder.names(in: whole, whole)) ?? []
    }

    /// Below the folder of `files`.
    private func place(_ below: String) -> String? { backup == nil ? below : PhoneBackup.place(name + "/" + below) }
}
