import ChatModel

/// Finds the files of messages of WeChat 3 on Windows. `BytesExtra` has their paths, mostly; the databases `HardLink…` know
/// others by their MD5; voices are in `MediaMSG….db`.
final class Windows3Media {
    private let databases: AccountDatabases
    private let files: AccountFiles
    private let pictures: AccountPictures
    private let voices: AccountVoices
    private var links: [WeChatContent.Media.Kind: Links?] = [:]
    private let place: String

    /// - Parameters:
    ///   - place: the folder of the databases below the account's.
    ///   - voices: the databases of voices.
    init(_ databases: AccountDatabases, _ pictures: AccountPictures, place: String, voices: [AccountVoices.Place]) {
        self.databases = databases
        self.pictures = pictures
        self.place = place
        files = databases.files
        self.voices = AccountVoices(databases, voices, key: "Reserved0", blob: "Buf")
    }

    func attachment(for media: WeChatContent.Media, of row: WeChatRow) throws -> Attachment {
        switch media.kind {
        case .sticker: return AccountAttachments.missing(media)
        case .voice:
            guard !media.isForwarded else { return AccountAttachments.missing(media) }
            return try voices.attachment(for: media, of: row)
        case .image, .video, .file: break
        }
        var paths: [String] = []
        if !media.isForwarded, let path = row.mediaPath { paths.append(path) }
        if let path = files.first(paths) { return attachment(path, media) }
        if let path = files.first(try linked(media)) { return attachment(path, media) }
        if media.kind == .file, let path = byName(media, row) { return attachment(path, media) }
        if !media.isForwarded, media.kind != .file, let path = row.thumbnailPath.flatMap(files.file) {
            return attachment(path, media, isThumbnail: true)
        }
        return AccountAttachments.missing(media)
    }

    private func attachment(_ path: String, _ media: WeChatContent.Media, isThumbnail: Bool = false) -> Attachment {
        path.hasSuffix(".dat")
            ? pictures.attachment(path, media, isThumbnail: isThumbnail)
            : AccountAttachments.plain(path, media, isThumbnail: isThumbnail)
    }

    /// A file that has the name and the size that its message gives; without a size a name is not enough.
    private func byName(_ media: WeChatContent.Media, _ row: WeChatRow) -> String? {
        guard let size = media.size, !media.name.isEmpty else { return nil }
        return AccountFiles.months(of: row.time).lazy.compactMap {
            self.files.file("FileStorage/File/\($0)/\(media.name)")
        }.first { self.files.size($0) == size }
    }

    /// Where a file may lie, by its MD5.
    private func linked(_ media: WeChatContent.Media) throws -> [String] {
        guard let key = media.md5.flatMap(LookupTable.key(md5:)) else { return [] }
        if links[media.kind] == nil { links[media.kind] = try Links(databases, place: place, media.kind) }
        guard let found = links[media.kind], let found else { return [] }
        return try found.paths(key)
    }

    /// A database `HardLink….db`: an MD5's file name, and the numbers of the two folders that it lies in.
    private struct Links {
        let kind: WeChatContent.Media.Kind
        let table: LookupTable
        var folders: [Int64: String] = [:]

        init?(_ databases: AccountDatabases, place: String, _ kind: WeChatContent.Media.Kind) throws {
            let word = kind == .image ? "Image" : kind == .video ? "Video" : "File"
            let path = AccountFiles.below(place, "HardLink\(word).db")
            guard let database = databases.openIfThere(path),
                let table = try LookupTable(
                    databases, database, at: path, table: "HardLink\(word)Attribute", column: "Md5",
                    key: { LookupTable.key(md5: $0) })
            else { return nil }
            self.kind = kind
            self.table = table
            var folders: [Int64: String] = [:]
            try databases.rows(of: database, at: path, "HardLink\(word)ID", ["DirId", "Dir"]) { row in
                if let name = row.name(1) { folders[row.number(0)] = name }
            }
            self.folders = folders
        }

        func paths(_ key: UInt64) throws -> [String] {
            var paths: [String] = []
            try table.rows(key, ["FileName", "DirID1", "DirID2"]) { row in
                guard let name = row.name(0), let second = folders[row.number(2)] else { return true }
                switch kind {
                case .image:
                    if let first = folders[row.number(1)] {
                        paths.append("FileStorage/MsgAttach/\(first)/Image/\(second)/\(name)")
                    }
                case .video: paths.append("FileStorage/Video/\(second)/\(name)")
                default: paths.append("FileStorage/File/\(second)/\(name)")
                }
                return paths.count < 16
            }
            return paths
        }
    }
}
