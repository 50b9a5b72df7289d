import ChatModel

/// Where the files of messages lie in an account's folder of WeChat on an iPhone.
///
///     Img/<c>/<n>.pic_hd .pic .pic_thum        a picture, the larger one first, and its preview
///     Audio/<c>/<n>.aud                        a voice
///     Video/<c>/<n>_raw.mp4 .mp4 .video_thum   a video and its preview
///     OpenData/<c>/<n>.<ext>                   a file
///     emoticon1/<md5>.pic                      a sticker
///
/// <c> is what the table of the conversation is called by, <n> the row's number in it.
final class IPhoneMedia {
    /// The conversation that is read: its name, and what its folders are called.
    var talker = (name: "", digest: "")
    private let files: IPhoneFiles
    /// The documents of one conversation, by the rows' numbers.
    private var documents = (digest: "", names: [Int64: [String]]())

    init(_ files: IPhoneFiles) { self.files = files }

    /// Finds a file of a row.
    func attachment(for media: WeChatContent.Media, of row: WeChatRow) -> Attachment {
        if media.kind == .sticker { return sticker(media) }
        if media.isForwarded {
            return .missing(media.name, "it was forwarded inside another message, and the phone keeps no copy with it")
        }
        let digest = row.talker == talker.name ? talker.digest : UserNameDigest.hexadecimal(row.talker) ?? ""
        let place = "\(digest)/\(row.localID)"
        switch media.kind {
        case .image:
            return files.attachment(["Img/\(place).pic_hd", "Img/\(place).pic"])
                ?? files.attachment(["Img/\(place).pic_thum"], isThumbnail: true) ?? Self.notDownloaded()
        case .voice: return files.attachment(["Audio/\(place).aud"]) ?? Self.notDownloaded()
        case .video:
            return files.attachment(["Video/\(place)_raw.mp4", "Video/\(place).mp4"])
                ?? files.attachment(["Video/\(place).video_thum"], isThumbnail: true) ?? Self.notDownloaded()
        case .file: return file(media, row.localID, digest)
        case .sticker: return sticker(media)
        }
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

    private func readDocuments(_ digest: String) -> [Int64: [String]] {
        var documents: [Int64: [String]] = [:]
        for name in files.names(in: "OpenData/" + digest) {
            guard let number = Int64(name.prefix { $0 != "." }) else { continue }
            documents[number, default: []].append(name)
        }
        return documents
    }
}
