import ChatMedia
import ChatModel

/// The words for media that an account lacks, and attachments of what it has.
enum AccountAttachments {
    /// What a computer says of a file that it has not.
    static func missing(_ media: WeChatContent.Media) -> Attachment {
        let reason =
            switch media.kind {
            case .image: "the computer never downloaded this picture, or it was deleted there"
            case .voice: "the computer has no copy of this voice message"
            case .video: "the computer never downloaded this video, or it was deleted there"
            case .file: "the computer never downloaded this file, or it was deleted there"
            case .sticker: "WeChat keeps stickers on a computer in a store of its own, which is not read"
            }
        return Attachment(name: media.name, content: .missing(reason: reason))
    }

    /// A file as it lies there.
    static func plain(_ path: String, _ media: WeChatContent.Media, isThumbnail: Bool = false) -> Attachment {
        var name = media.name
        if name.isEmpty, media.kind == .file { name = String(path.split(separator: "/").last ?? "") }
        return Attachment(name: name, content: .file(path: path), isThumbnail: isThumbnail)
    }

    /// Bytes that only a database has.
    static func contained(_ bytes: [UInt8], name: String = "") -> Attachment {
        let format = MediaFormat(head: bytes.prefix(MediaFormat.headLength), size: Int64(bytes.count))
        return Attachment(name: name, mediaType: format?.mediaType ?? "", content: .contained(bytes))
    }
}
