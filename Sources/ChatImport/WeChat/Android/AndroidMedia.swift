import ChatModel

/// Where the files of messages lie in an account's folder of WeChat on Android.
///
///     image2/ab/cd/abcd…             a picture by its name; image2/ab/cd/th_abcd… its preview
///     voice2/ab/cd/msg_<path>.amr    a voice; abcd… is the MD5 of its path
///     video/<path>.mp4 .jpg          a video and its preview
///     emoji/<group>/<md5>            a sticker, emoji/<md5> one of no group
///     avatar/ab/cd/user_hd_abcd….png the picture of a contact; abcd… is the MD5 of the user name
final class AndroidMedia {
    private let files: PhoneFiles
    private let tables: AndroidTables
    /// Names of pictures by message, better ones last; read at the first picture.
    private lazy var pictures = AndroidPictureNames(tables)
    /// What pictures and videos are found by that are not messages of their own; read at the first of them.
    private lazy var digests = AndroidMediaDigests(tables)
    /// Paths of sent files by message; read at the first file.
    private lazy var sentFiles = readSentFiles()
    /// Groups of stickers by MD5; read at the first sticker.
    private lazy var stickers = readStickers()
    /// What those stickers mean that were asked for: people send the same ones again.
    private var meanings: [String: String?] = [:]

    init(root: String, folder: String, _ tables: AndroidTables) {
        files = PhoneFiles(root: root, folder: folder)
        self.tables = tables
    }

    // MARK: Words

    /// WeChat's own transcription of a voice.
    func transcription(of message: Int64) -> String? {
        tables.text(of: "VoiceTransText", "content", "WHERE msgId = ?", .number(message))
    }

    /// What a sticker means.
    func meaning(ofStickerIn row: WeChatRow) -> String? {
        guard let md5 = stickerName(nil, row), stickers[md5] != nil else { return nil }
        if let known = meanings[md5] { return known }
        let meaning = meaning(ofSticker: md5)
        meanings[md5] = .some(meaning)
        return meaning
    }

    private func meaning(ofSticker md5: String) -> String? {
        for (table, column) in [("EmojiInfo", "custom_meaning"), ("EmojiInfo", "meanings"), ("EmojiInfoDesc", "desc")] {
            if let text = tables.text(of: table, column, "WHERE md5 = ?", .text(md5)), !text.isEmpty { return text }
        }
        return nil
    }

    // MARK: Files

    func avatar(of username: String) -> Attachment? {
        guard let hash = UserNameDigest.hexadecimal(username) else { return nil }
        let folder = "avatar/\(hash.prefix(2))/\(hash.dropFirst(2).prefix(2))"
        return files.attachment(["\(folder)/user_hd_\(hash).png", "\(folder)/user_\(hash).png"])
    }

    func attachment(for media: WeChatContent.Media, of row: WeChatRow) -> Attachment {
        if media.isForwarded {
            return forwarded(media)
                ?? .missing(media.name, "the phone keeps no copy of what is inside a forwarded message")
        }
        switch media.kind {
        case .image: return picture(of: row)
        case .voice: return voice(of: row)
        case .video: return video(of: row)
        case .sticker: return sticker(media, row)
        case .file: return file(media, of: row)
        }
    }

    /// A file of a merged forward: it is there when it also came as a message of its own, and has the same MD5.
    private func forwarded(_ media: WeChatContent.Media) -> Attachment? {
        guard let md5 = media.md5 else { return nil }
        switch media.kind {
        case .image: return digests.pictures[md5].flatMap { storedPicture(of: $0) }
        case .video: return digests.videos[md5].flatMap { storedVideo($0) }
        case .sticker: return storedSticker(md5)
        case .voice, .file: return nil
        }
    }

    private func storedPicture(of message: Int64) -> Attachment? {
        files.attachment(pictures[message].reversed().map { Self.picturePath($0) })
    }

    private func picture(of row: WeChatRow) -> Attachment {
        if !row.isOfSisterTable, let found = storedPicture(of: row.localID) { return found }
        let preview = row.mediaPath.map { $0.split(separator: "/").last.map(String.init) ?? "" } ?? ""
        if preview.hasPrefix("th_"), preview.utf8.count > 7 {
            let name = preview.dropFirst(3)
            let path = "image2/\(name.prefix(2))/\(name.dropFirst(2).prefix(2))/\(preview)"
            if let found = files.attachment([path], isThumbnail: true) { return found }
        }
        return .missing("", "the phone never downloaded it")
    }

    private static func picturePath(_ name: String) -> String {
        "image2/\(name.prefix(2))/\(name.dropFirst(2).prefix(2))/\(name)"
    }

    private func voice(of row: WeChatRow) -> Attachment {
        guard let name = row.mediaPath, !name.isEmpty, let hash = UserNameDigest.hexadecimal(name) else {
            return .missing("", "the phone does not say where it is")
        }
        return files.attachment(["voice2/\(hash.prefix(2))/\(hash.dropFirst(2).prefix(2))/msg_\(name).amr"])
            ?? .missing("", "the phone never downloaded it")
    }

    private func video(of row: WeChatRow) -> Attachment {
        guard let name = row.mediaPath, !name.isEmpty else { return .missing("", "the phone does not say where it is") }
        return storedVideo(name)
            ?? files.attachment(["video/\(name).jpg"], isThumbnail: true)
            ?? .missing("", "the phone never downloaded it")
    }

    private func storedVideo(_ name: String) -> Attachment? {
        files.attachment(["video/\(name)origin.mp4", "video/\(name).mp4"])
    }

    private func stickerName(_ media: WeChatContent.Media?, _ row: WeChatRow) -> String? {
        if let md5 = media?.md5 { return md5.lowercased() }
        guard let path = row.mediaPath, path.utf8.count == 32 else { return nil }
        return path.lowercased()
    }

    private func sticker(_ media: WeChatContent.Media, _ row: WeChatRow) -> Attachment {
        guard let md5 = stickerName(media, row) else { return .missing("", "the phone does not say which it is") }
        return storedSticker(md5) ?? .missing("", "the phone has not kept the sticker")
    }

    private func storedSticker(_ md5: String) -> Attachment? {
        var paths = ["emoji/\(md5)"]
        if let group = stickers[md5], !group.isEmpty { paths.insert("emoji/\(group)/\(md5)", at: 0) }
        return files.attachment(paths, stickerKey: stickerKey)
    }

    private func file(_ media: WeChatContent.Media, of row: WeChatRow) -> Attachment {
        let sent = row.isOfSisterTable ? nil : sentFiles[row.localID]
        var found: Attachment?
        if let sent {
            if let start = sent.range(of: "/MicroMsg/") {
                found = files.attachment(["../" + sent[start.upperBound...]], name: media.name)
            }
        } else if !media.name.isEmpty, let size = media.size {
            // Found by its name alone, which another document may have had.
            found = files.attachment(["../Download/" + media.name], name: media.name, size: size)
        }
        return found ?? .missing(media.name, "the phone never downloaded it, or it has been deleted there")
    }

    // MARK: What the database says of files

    /// The first 16 letters of the one key of all stickers of the account.
    private lazy var stickerKey: [UInt8]? = tables.text(of: "EmojiInfo", "md5", "WHERE catalog = ?", .number(153)).map {
        Array($0.utf8.prefix(16))
    }

    private func readSentFiles() -> [Int64: String] {
        var paths: [Int64: String] = [:]
        tables.eachRow(of: "appattach", ["msgInfoId", "fileFullPath"]) { row in
            if let path = row.text(1), !path.isEmpty { paths[row.int64(0)] = path }
            return true
        }
        return paths
    }

    private func readStickers() -> [String: String] {
        var groups: [String: String] = [:]
        tables.eachRow(of: "EmojiInfo", ["md5", "groupId"]) { row in
            if let md5 = row.text(0) { groups[md5.lowercased()] = row.text(1) ?? "" }
            return true
        }
        return groups
    }
}
