import ChatModel
import Foundation

/// What a message's body says: what was typed, which file it names, or what the platform wrote.
struct WhatsAppBody: Equatable {
    enum File: Equatable {
        /// Named in the text, to be found beside it.
        case named(String)
        case omitted
    }

    var kind = Message.Kind.text
    var text = ""
    var file: File?
    /// The document's own name, when the text says it.
    var fileLabel = ""
    /// Whether the platform wrote it, about nobody whose name stands before it.
    var isNotice = false

    /// - Parameters:
    ///   - body: after the name, lines separated by `\n`.
    ///   - header: the line's head.
    ///   - isGroups: whether the name before it is the group's, as iPhones write before what the platform says in it.
    ///   - exists: whether a file of that name is beside the chat.
    init(_ body: String, _ header: WhatsAppHeader, isGroups: Bool = false, exists: (String) -> Bool) {
        let first = body.prefix { $0 != "\n" && $0 != "\r\n" }
        let caption = String(body.dropFirst(first.count).drop { $0.isNewline })
        if readAttachedByIOS(first) || readAttachedByAndroid(first, exists) || readOmitted(first) {
            text = [text, caption].filter { !$0.isEmpty }.joined(separator: "\n")
            return
        }
        text = body
        let plain = DirectionMarks.removed(from: text)
        let folded = plain.lowercased()
        // iPhones put U+200E before what they write themselves, in Arabic U+200F. People type the latter, too, and other
        // marks come with what they paste.
        let isMarked = body.unicodeScalars.first == "\u{200E}"
        if header.isBracketed, isMarked || body.unicodeScalars.first == "\u{200F}" {
            isNotice = isGroups || WhatsAppWords.notices.contains { folded.contains($0) }
        }
        if WhatsAppWords.deleted.contains(folded) {
            kind = .deleted
            text = plain
        } else if plain.contains("https://maps.google.com/?q=") {
            kind = .location
            text = plain
        } else if isMarked || header.isBracketed, WhatsAppWords.calls.contains(where: { folded.hasPrefix($0) }) {
            kind = .call
            text = plain
        } else if isMarked, folded.hasPrefix("poll:") {
            kind = .poll
            text = plain
        } else if isNotice || (isMarked && header.isBracketed) {
            kind = .system
            text = plain
        }
    }

    /// `‎<attached: 00000035-PHOTO-2022-03-27.jpg>`, in any language, maybe behind a document's name or a caption.
    private mutating func readAttachedByIOS(_ line: Substring) -> Bool {
        guard line.hasSuffix(">"), let open = line.lastIndex(of: "<") else { return false }
        let before = line[..<open]
        // The mark that no keyboard types stands right before it.
        guard line.unicodeScalars[..<open].last.map(DirectionMarks.contains) ?? false else { return false }
        let inside = line[line.index(after: open)...].dropLast()
        guard let colon = inside.firstIndex(where: { $0 == ":" || $0 == "：" }) else { return false }
        let name = DirectionMarks.removed(from: inside[inside.index(after: colon)...]).trimmed
        guard !name.isEmpty else { return false }
        file = .named(name)
        let label = Self.label(before)
        if name.hasSuffix(label) || name.firstMatch(of: #/(PHOTO|VIDEO|AUDIO|GIF|STICKER)-[0-9]/#) == nil {
            fileLabel = label
        } else {
            text = DirectionMarks.removed(from: before).trimmed
        }
        kind = Self.kind(ofFile: name)
        return true
    }

    /// `IMG-20220101-WA0001.jpg (file attached)`.
    private mutating func readAttachedByAndroid(_ line: Substring, _ exists: (String) -> Bool) -> Bool {
        let plain = DirectionMarks.removed(from: line)
        guard plain.hasSuffix(")"), let open = plain.range(of: " (", options: .backwards) else { return false }
        let name = String(plain[..<open.lowerBound])
        let words = plain[open.upperBound...].dropLast().lowercased()
        guard let dot = name.lastIndex(of: "."), (2...6).contains(name[dot...].count),
            WhatsAppWords.attached.contains(words) || exists(name)
        else { return false }
        file = .named(name)
        kind = Self.kind(ofFile: name)
        return true
    }

    /// `‎image omitted`, `Some file.txt ‎document omitted`; Android's `<Media omitted>`.
    ///
    /// Only words that are known count: people write `<grin>`, `<br>` and `<3>`, too.
    private mutating func readOmitted(_ line: Substring) -> Bool {
        let plain = DirectionMarks.removed(from: line).trimmed
        if plain.hasPrefix("<"), plain.hasSuffix(">"), plain.count > 2 {
            let words = plain.dropFirst().dropLast().lowercased().trimmed
            let known = WhatsAppWords.omitted[words]
            if known != nil || WhatsAppWords.omittedMedia.contains(words) {
                file = .omitted
                kind = known ?? .file
                return true
            }
        }
        let scalars = line.unicodeScalars
        guard let mark = scalars.lastIndex(where: DirectionMarks.contains) else { return false }
        let words = String(scalars[scalars.index(after: mark)...]).lowercased().trimmed
        guard let known = WhatsAppWords.omitted[words] else { return false }
        file = .omitted
        kind = known
        switch known {
        case .file, .contact: fileLabel = Self.label(line[..<mark])
        default: text = DirectionMarks.removed(from: line[..<mark]).trimmed
        }
        return true
    }

    /// The name before ` • 2 pages`.
    private static func label(_ text: Substring) -> String {
        let end = text.firstIndex(of: "•") ?? text.endIndex
        return DirectionMarks.removed(from: text[..<end]).trimmed
    }

    static func kind(ofFile name: String) -> Message.Kind {
        let upper = name.uppercased()
        let suffix = upper.lastIndex(of: ".").map { String(upper[$0...].dropFirst()) } ?? ""
        if upper.contains("STICKER-") || upper.hasPrefix("STK-") { return .sticker }
        if upper.contains("GIF-") { return .animation }
        if upper.hasPrefix("PTT-") || (suffix == "OPUS" && upper.contains("AUDIO-")) { return .voice }
        switch suffix {
        case "JPG", "JPEG", "PNG", "HEIC", "WEBP", "GIF": return .image
        case "MP4", "MOV", "3GP", "MKV", "AVI": return .video
        case "OPUS", "OGG", "M4A", "MP3", "AAC", "AMR", "WAV": return .audio
        case "VCF": return .contact
        default: return .file
        }
    }
}

extension StringProtocol {
    /// Without white space at both ends.
    var trimmed: String {
        var view = self[...]
        while let first = view.first, first.isWhitespace { view.removeFirst() }
        while let last = view.last, last.isWhitespace { view.removeLast() }
        return String(view)
    }
}
