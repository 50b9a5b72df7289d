import ChatModel

/// Finds the files of messages of WeChat 4. A message names its picture or video, mostly; `hardlink.db` knows them, and
/// files, by their MD5; voices are in `media_….db`.
///
///     msg/attach/<MD5 of the conversation>/<month>/Img/<name>_h.dat     a picture in high definition
///                                                      <name>.dat       a picture
///                                                      <name>_t.dat     its thumbnail
///     msg/video/<month>/<name>_raw.mp4  <name>.mp4  <name>_thumb.jpg
///     msg/file/<month>/<the file's own name>
final class Computer4Media {
    private let files: AccountFiles
    private let pictures: AccountPictures
    private let links: Computer4Links
    private let voices: AccountVoices
    private var digest = (name: "", value: "")

    /// - Parameters:
    ///   - links: the database of hard links below the account's folder.
    ///   - voices: the databases of voices.
    init(_ databases: AccountDatabases, _ pictures: AccountPictures, links: String, voices: [String]) {
        files = databases.files
        self.pictures = pictures
        self.links = Computer4Links(databases, at: links)
        self.voices = AccountVoices(databases, voices.map { ($0, "VoiceInfo") }, key: "svr_id", blob: "voice_data")
    }

    func attachment(for media: WeChatContent.Media, of row: WeChatRow) throws -> Attachment {
        switch media.kind {
        case .sticker: return AccountAttachments.missing(media)
        case .voice:
            return media.isForwarded ? AccountAttachments.missing(media) : try voices.attachment(for: media, of: row)
        case .image: return try image(media, row)
        case .video: return try video(media, row)
        case .file: return try file(media, row)
        }
    }

    private func image(_ media: WeChatContent.Media, _ row: WeChatRow) throws -> Attachment {
        let stems = named(media, row).flatMap { name in
            AccountFiles.months(of: row.time).map { "msg/attach/\(digest(of: row.talker))/\($0)/Img/\(name)" }
        }
        var candidates = stems.flatMap { [$0 + "_h.dat", $0 + ".dat"] }
        if let path = files.first(candidates) { return pictures.attachment(path, media, isThumbnail: false) }
        candidates = []
        var thumbnails = stems.map { $0 + "_t.dat" }
        for link in try links.find(media) {
            guard let second = link.second else { continue }
            var stem = "msg/attach/\(link.first)/\(second)/Img/\(link.name)"
            for end in [".dat", "_h", "_t"] where stem.hasSuffix(end) { stem.removeLast(end.count) }
            candidates += [stem + "_h.dat", stem + ".dat"]
            thumbnails.append(stem + "_t.dat")
        }
        if let path = files.first(candidates) { return pictures.attachment(path, media, isThumbnail: false) }
        if let path = files.first(thumbnails) { return pictures.attachment(path, media, isThumbnail: true) }
        return AccountAttachments.missing(media)
    }

    private func video(_ media: WeChatContent.Media, _ row: WeChatRow) throws -> Attachment {
        let stems = named(media, row).flatMap { name in
            AccountFiles.months(of: row.time).map { "msg/video/\($0)/\(name)" }
        }
        if let path = files.first(stems.flatMap { [$0 + "_raw.mp4", $0 + ".mp4"] }) {
            return AccountAttachments.plain(path, media)
        }
        var thumbnails = stems.map { $0 + "_thumb.jpg" }
        for link in try links.find(media) {
            var stem = "msg/video/\(link.first)/\(link.name)"
            for end in [".mp4", "_raw"] where stem.hasSuffix(end) { stem.removeLast(end.count) }
            if let path = files.first([stem + "_raw.mp4", stem + ".mp4"]) {
                return AccountAttachments.plain(path, media)
            }
            thumbnails.append(stem + "_thumb.jpg")
        }
        if let path = files.first(thumbnails) { return AccountAttachments.plain(path, media, isThumbnail: true) }
        return AccountAttachments.missing(media)
    }

    private func file(_ media: WeChatContent.Media, _ row: WeChatRow) throws -> Attachment {
        for link in try links.find(media) {
            if let path = files.file("msg/file/\(link.first)/\(link.name)") {
                return AccountAttachments.plain(path, media)
            }
        }
        // A name alone is not enough: a month may have several files of one.
        if let size = media.size, !media.name.isEmpty {
            for month in AccountFiles.months(of: row.time) {
                if let path = files.file("msg/file/\(month)/\(media.name)"), files.size(path) == size {
                    return AccountAttachments.plain(path, media)
                }
            }
        }
        return AccountAttachments.missing(media)
    }

    /// The name that the row gives; it says nothing of what a forward holds.
    private func named(_ media: WeChatContent.Media, _ row: WeChatRow) -> [String] {
        guard !media.isForwarded, let name = row.mediaPath else { return [] }
        return [name]
    }

    private func digest(of talker: String) -> String {
        if digest.name != talker {
            // A conversation that nobody is found for is called by its digest.
            let isDigest = UserNameDigest.ofTable(talker, prefix: "") != nil
            digest = (talker, isDigest ? talker : UserNameDigest.hexadecimal(talker) ?? "")
        }
        return digest.value
    }
}

/// The database `hardlink.db` of WeChat 4, whose tables are called `…_v3` or `…_v4`.
final class Computer4Links {
    /// A file: its name, and the folders that it lies in.
    struct Link {
        let name: String
        let first: String
        let second: String?
    }

    private let databases: AccountDatabases
    private let path: String
    private var tables: [WeChatContent.Media.Kind: [LookupTable]] = [:]
    private var folders: [Int64: String]?

    init(_ databases: AccountDatabases, at path: String) {
        self.databases = databases
        self.path = path
    }

    /// Where a file may lie, by its MD5.
    func find(_ media: WeChatContent.Media) throws -> [Link] {
        guard let key = media.md5.flatMap(LookupTable.key(md5:)), let database = databases.openIfThere(path) else {
            return []
        }
        let folders = try folders(database)
        var links: [Link] = []
        for table in try tables(media.kind, database) {
            try table.rows(key, ["file_name", "dir1", "dir2"]) { row in
                if let name = row.name(0), let first = folders[row.number(1)] {
                    links.append(Link(name: name, first: first, second: folders[row.number(2)]))
                }
                return links.count < 16
            }
        }
        return links
    }

    private func tables(_ kind: WeChatContent.Media.Kind, _ database: ForeignDatabase) throws -> [LookupTable] {
        if let known = tables[kind] { return known }
        let word = kind == .image ? "image" : kind == .video ? "video" : "file"
        let found = try ["v4", "v3"].compactMap { version in
            try LookupTable(
                databases, database, at: path, table: "\(word)_hardlink_info_\(version)", column: "md5",
                key: { LookupTable.key(md5: $0) })
        }
        tables[kind] = found
        return found
    }

    private func folders(_ database: ForeignDatabase) throws -> [Int64: String] {
        if let folders { return folders }
        var found: [Int64: String] = [:]
        try databases.rows(of: database, at: path, "dir2id", ["username", "rowid"]) { row in
            if let name = row.name(0) { found[row.number(1)] = name }
        }
        folders = found
        return found
    }
}
