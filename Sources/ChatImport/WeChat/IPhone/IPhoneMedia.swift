import ChatModel

/// Where the files of messages lie in an account's folder of WeChat on an iPhone.
///
///     Img/<c>/<n>.pic_hd .pic .pic_thum        a picture, the larger one first, and its preview
///     Audio/<c>/<n>.aud                        a voice
///     Video/<c>/<n>_raw.mp4 .mp4 .video_thum   a video and its preview
///     OpenData/<c>/<n>.<ext>                   a file
///     OpenData/<c>/<n>/<dataid>.<ext>          what was in a merged forward; its preview: <dataid>.record_thumb
///     emoticon1/<md5>.pic                      a sticker
///
/// <c> is what the table of the conversation is called by, which is the row's `mediaPath`, <n> the row's number in it.
final class IPhoneMedia {
    private let files: IPhoneFiles
    /// The documents of one conversation, by the rows' numbers.
    private var documents = (digest: "", names: [Int64: [String]]())
    /// The names in the folders of one conversation, by what they have.
    private var folders = (digest: "", names: [String: FolderNames]())

    init(_ files: IPhoneFiles) { self.files = files }

    /// Finds a file of a row.
    func attachment(for media: WeChatContent.Media, of row: WeChatRow) -> Attachment {
        if media.kind == .sticker { return sticker(media) }
        let digest = row.mediaPath ?? UserNameDigest.hexadecimal(row.talker) ?? ""
        let number = String(row.localID)
        if media.isForwarded { return forwarded(media, "OpenData/\(digest)/\(number)/") }
        switch media.kind {
        case .image:
            return first("Img", digest, number, [".pic_hd", ".pic"])
                ?? first("Img", digest, number, [".pic_thum"], isThumbnail: true) ?? Self.notDownloaded()
        case .voice: return first("Audio", digest, number, [".aud"]) ?? Self.notDownloaded()
        case .video:
            return first("Video", digest, number, ["_raw.mp4", ".mp4"])
                ?? first("Video", digest, number, [".video_thum"], isThumbnail: true) ?? Self.notDownloaded()
        case .file: return file(media, row.localID, digest)
        case .sticker: return sticker(media)
        }
    }

    /// The first of some files of a row that is there and has a byte.
    private func first(
        _ kind: String, _ digest: String, _ number: String, _ endings: [String], isThumbnail: Bool = false
    ) -> Attachment? {
        if folders.digest != digest { folders = (digest, [:]) }
        let folder = "\(kind)/\(digest)"
        let names: FolderNames
        if let known = folders.names[kind] {
            names = known
        } else {
            names = files.folderNames(in: folder)
            folders.names[kind] = names
        }
        for ending in endings where names.mayHave(number + ending) {
            if let found = files.attachment(["\(folder)/\(number)\(ending)"], isThumbnail: isThumbnail) { return found }
        }
        return nil
    }

    private static func notDownloaded() -> Attachment {
        .missing("", "the phone never downloaded it, or it has been deleted there")
    }

    private func sticker(_ media: WeChatContent.Media) -> Attachment {
        guard let md5 = media.md5 else { return .missing("", "the phone does not say which it is") }
        return files.attachment(["emoticon1/\(md5).pic"]) ?? .missing("", "the phone has not kept the sticker")
    }

    private func file(_ media: WeChatContent.Media, _ number: Int64, _ digest: String) -> Attachment {
        if documents.digest != digest { documents = (digest, readDocuments(digest)) }
        let names = documents.names[number] ?? []
        let ending = media.name.split(separator: ".").last.map { "." + $0.lowercased() } ?? ""
        // Beside a file may lie its preview.
        let best = names.first { $0.lowercased().hasSuffix(ending) } ?? names.first { !$0.contains("thum") }
        var found = best.flatMap { files.attachment(["OpenData/\(digest)/\($0)"], name: media.name) }
        if found?.mediaType.isEmpty == true { found?.mediaType = MediaTypes.type(of: media.name) }
        return found ?? .missing(media.name, "the phone never downloaded it, or it has been deleted there")
    }

    private func forwarded(_ media: WeChatContent.Media, _ folder: String) -> Attachment {
        if let name = media.storedName {
            let stem = name.prefix { $0 != "." }
            var found = files.attachment([folder + name, folder + stem], name: media.name)
            if found?.mediaType.isEmpty == true {
                found?.mediaType = MediaTypes.type(of: media.name.isEmpty ? name : media.name)
            }
            if let found { return found }
            let isSeen = media.kind == .image || media.kind == .video
            let preview = ["\(folder)\(stem).record_thumb"]
            if isSeen, let found = files.attachment(preview, isThumbnail: true) { return found }
        }
        return .missing(media.name, "it was forwarded inside another message, and the phone keeps no copy of it")
    }

    private func readDocuments(_ digest: String) -> [Int64: [String]] {
        var documents: [Int64: [String]] = [:]
        for name in files.names(in: "OpenData/" + digest) {
            guard let number = Int64(name.prefix { $0 != "." }) else { continue }
            documents[number, default: []].append(name)
        }
        return documents
    }
}
