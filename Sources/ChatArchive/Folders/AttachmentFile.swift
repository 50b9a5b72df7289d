import ChatModel

/// How an attachment is shown: its extension, whether its own name is, and the note when its content is missing.
struct AttachmentFile {
    /// The attachment's own name, made safe; empty when it says nothing to a person.
    let ownName: String
    /// With its dot; `.missing.txt` for what is missing.
    let suffix: String
    /// The text that stands in for missing content.
    let note: [UInt8]?

    /// - Parameter room: bytes for its own name and the extension.
    init(_ attachment: Attachment, of kind: Message.Kind, room: Int = SafeName.maximumLength) {
        let suffix = Self.suffix(of: attachment, kind)
        var stem = attachment.name
        if stem.lowercased().hasSuffix(suffix) { stem = String(stem.dropLast(suffix.count)) }
        let showsName: Bool =
            switch kind {
            case .image, .video, .voice, .sticker, .animation: false
            default: !stem.isEmpty
            }
        if case .missing(let reason) = attachment.content {
            let what = attachment.name.isEmpty ? kind.rawValue : attachment.name
            self.suffix = ".missing.txt"
            ownName = SafeName.make(what, limit: room - self.suffix.utf8.count)
            let quoted = attachment.name.isEmpty ? "" : "'\(attachment.name)' "
            note = Array("The \(kind.rawValue) \(quoted)is not here: \(reason).\n".utf8)
        } else {
            let mark = attachment.isThumbnail ? "_thumbnail" : ""
            let own = showsName ? SafeName.make(stem, limit: room - suffix.utf8.count - mark.utf8.count) : ""
            ownName = own.isEmpty ? String(mark.dropFirst()) : own + mark
            self.suffix = suffix
            note = nil
        }
    }

    /// Bytes of content.
    static func size(_ attachment: Attachment, of kind: Message.Kind) -> UInt64 {
        if case .stored = attachment.content { return UInt64(clamping: attachment.shownSize ?? 0) }
        return UInt64(AttachmentFile(attachment, of: kind).note?.count ?? 0)
    }

    private static func suffix(of attachment: Attachment, _ kind: Message.Kind) -> String {
        // The names of disguised files and of previews are not those of what is shown.
        if attachment.decoding != nil || attachment.isThumbnail {
            if let known = suffixes[attachment.mediaType] { return known }
            if attachment.isThumbnail { return ".jpg" }
        }
        if let dot = attachment.name.lastIndex(of: "."), dot != attachment.name.startIndex {
            let suffix = attachment.name[dot...].lowercased()
            if (2...9).contains(suffix.utf8.count), suffix.dropFirst().utf8.allSatisfy(isLowercaseOrDigit) {
                return suffix
            }
        }
        if let known = suffixes[attachment.mediaType] { return known }
        switch kind {
        case .image: return ".jpg"
        case .video: return ".mp4"
        case .voice: return ".ogg"
        case .sticker: return ".webp"
        case .animation: return ".mp4"
        case .contact: return ".vcf"
        default: return ".bin"
        }
    }

    private static func isLowercaseOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static let suffixes = [
        "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "video/mp4": ".mp4",
        "image/tiff": ".tif", "image/bmp": ".bmp", "image/x-wxgf": ".wxgf", "audio/amr": ".amr",
        "audio/silk": ".silk", "audio/ogg": ".ogg", "audio/mpeg": ".mp3", "audio/wav": ".wav",
        "image/heic": ".heic", "image/heif": ".heif", "video/webm": ".webm", "video/quicktime": ".mov",
        "video/3gpp": ".3gp", "video/x-matroska": ".mkv", "audio/mp4": ".m4a", "audio/aac": ".aac",
        "audio/flac": ".flac", "application/x-tgsticker": ".tgs", "application/zip": ".zip",
        "application/pdf": ".pdf", "text/plain": ".txt", "text/vcard": ".vcf",
        // An encrypted picture whose key is not known is none that a viewer could open.
        "application/octet-stream": ".bin",
    ]
}
