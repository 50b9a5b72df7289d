import ChatModel
import JSON

/// A person or a group as a vCard 4.0 (RFC 6350). The picture is part of it, as a `data:` URI; its bytes are needed for reading the
/// card, and not for its size.
enum ContactCard {
    /// Largest picture that goes into a card.
    static let photoLimit: Int64 = 1 << 20
    private static let lineLimit = 75

    /// The picture of a person, when it is stored and a card can take it.
    static func photo(of record: PersonRecord) -> Attachment? {
        guard let avatar = record.person.avatar, case .stored = avatar.content, let size = avatar.shownSize,
            (1...photoLimit).contains(size)
        else { return nil }
        return avatar
    }

    /// Bytes of the card.
    static func size(_ record: PersonRecord) -> Int {
        var size = head(record).utf8.count + end.utf8.count
        if let photo = photo(of: record) {
            let line = photoStart(photo).utf8.count + (Int(photo.shownSize ?? 0) + 2) / 3 * 4
            // Each line but the first begins with a space.
            let folds = line > lineLimit ? (line - lineLimit + lineLimit - 2) / (lineLimit - 1) : 0
            size += line + folds * 3 + 2
        }
        return size
    }

    /// The card.
    ///
    /// - Parameter photo: the bytes of the picture, as many as `photo(of:)` says; none when there is no picture.
    static func render(_ record: PersonRecord, photo bytes: [UInt8] = []) -> [UInt8] {
        var card = Array(head(record).utf8)
        if let photo = photo(of: record) {
            var count = 0
            func append(_ text: some Sequence<UInt8>) {
                for byte in text {
                    if count == lineLimit {
                        card += [0x0D, 0x0A, 0x20]
                        count = 1
                    }
                    card.append(byte)
                    count += 1
                }
            }
            append(photoStart(photo).utf8)
            append(bytes.withUnsafeBytes(Base64.encode))
            card += [0x0D, 0x0A]
        }
        return card + Array(end.utf8)
    }

    private static func head(_ record: PersonRecord) -> String {
        let person = record.person
        var lines = ["BEGIN:VCARD", "VERSION:4.0", "UID:\(escape("urn:chatark:" + person.id.text))"]
        lines.append("FN:\(escape(person.name.isEmpty ? person.id.text : person.name))")
        if !record.earlierNames.isEmpty {
            lines.append("NICKNAME:\(record.earlierNames.map(escape).joined(separator: ","))")
        }
        for phone in person.phones { lines.append("TEL;VALUE=text:\(escape(phone))") }
        for handle in person.handles { lines.append("X-CHAT-HANDLE:\(escape(handle))") }
        if let group = person.membership {
            // RFC 6350, sections 6.1.4 and 6.6.5; what a member is called in the group is a parameter of our own.
            lines.append("KIND:group")
            if let owner = group.owner { lines.append("X-CHAT-OWNER:\(escape("urn:chatark:" + owner.text))") }
            if !group.announcement.isEmpty { lines.append("NOTE:\(escape(group.announcement))") }
            for member in group.members {
                let name = member.name.isEmpty ? "" : ";X-NAME=\(quoted(member.name))"
                lines.append("MEMBER\(name):\(escape("urn:chatark:" + member.person.text))")
            }
        }
        if !person.labels.isEmpty { lines.append("CATEGORIES:\(person.labels.map(escape).joined(separator: ","))") }
        return lines.map { fold($0) + "\r\n" }.joined()
    }

    private static let end = "END:VCARD\r\n"

    private static func photoStart(_ photo: Attachment) -> String {
        let isPlain = photo.mediaType.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E, 0x2F].contains($0)
        }
        let type = isPlain && photo.mediaType.hasPrefix("image/") ? photo.mediaType : "image/jpeg"
        return "PHOTO:data:\(type);base64,"
    }

    /// RFC 6350, section 3.4: backslash, comma, semicolon and line breaks.
    private static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += "\\\\"
            case ",": escaped += "\\,"
            case ";": escaped += "\\;"
            case "\n", "\r\n", "\r": escaped += "\\n"
            // Not allowed in a vCard.
            case _ where character.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\t" }:
                break
            default: escaped.append(character)
            }
        }
        return escaped
    }

    /// RFC 6350, section 3.3: a parameter's value in quotes, in which there are none, nor control characters.
    private static func quoted(_ text: String) -> String {
        let plain = text.unicodeScalars.filter { $0 != "\"" && $0.properties.generalCategory != .control }
        return "\"" + String(String.UnicodeScalarView(plain)) + "\""
    }

    /// RFC 6350, section 3.2: lines of at most 75 bytes, continued after a space, cut between characters.
    private static func fold(_ line: String) -> String {
        var folded = ""
        var count = 0
        for scalar in line.unicodeScalars {
            let length = UTF8.width(scalar)
            if count + length > lineLimit {
                folded += "\r\n "
                count = 1
            }
            folded.unicodeScalars.append(scalar)
            count += length
        }
        return folded
    }
}
