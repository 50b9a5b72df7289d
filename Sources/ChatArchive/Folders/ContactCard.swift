import ChatModel

/// A person as a vCard 4.0 (RFC 6350).
enum ContactCard {
    static func render(_ record: PersonRecord) -> [UInt8] {
        let person = record.person
        var lines = ["BEGIN:VCARD", "VERSION:4.0", "UID:\(escape("urn:chatark:" + person.id.text))"]
        lines.append("FN:\(escape(person.name.isEmpty ? person.id.text : person.name))")
        if !record.earlierNames.isEmpty {
            lines.append("NICKNAME:\(record.earlierNames.map(escape).joined(separator: ","))")
        }
        for phone in person.phones { lines.append("TEL;VALUE=text:\(escape(phone))") }
        for handle in person.handles { lines.append("X-CHAT-HANDLE:\(escape(handle))") }
        lines.append("END:VCARD")
        return Array(lines.map { fold($0) + "\r\n" }.joined().utf8)
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

    /// RFC 6350, section 3.2: lines of at most 75 bytes, continued after a space, cut between characters.
    private static func fold(_ line: String) -> String {
        var folded = ""
        var count = 0
        for scalar in line.unicodeScalars {
            let length = UTF8.width(scalar)
            if count + length > 75 {
                folded += "\r\n "
                count = 1
            }
            folded.unicodeScalars.append(scalar)
            count += length
        }
        return folded
    }
}
