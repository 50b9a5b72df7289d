import JSON

/// A whole row of a platform's database, as `raw` of the message that was made of it: words that are made of it later, by another
/// name of a person or by a better importer, are no edit.
///
///     {"type":49,"subtype":57,"content":"<msg> … </msg>"}
public enum PlatformRow {
    /// What of a row's content is kept at the most, in bytes. One that is cut says nothing of what stood behind.
    public static let longestContent = 64 << 10

    /// The text of a row.
    public static func raw(type: Int32, subtype: Int32, content: String) -> [UInt8] {
        var json = JSONWriter(reserving: content.utf8.count * 9 / 8 + 64)
        json.beginObject()
        json.key("type")
        json.int(type)
        json.key("subtype")
        json.int(subtype)
        json.key("content")
        json.string(content)
        json.endObject()
        return json.bytes
    }

    /// Whether a message's `raw` is all that there is to be read of it. Elsewhere it is what the other fields do not hold, and
    /// says nothing of them.
    public static func isWhole(_ raw: [UInt8]) -> Bool {
        guard raw.count < longestContent else { return false }
        var rest = raw[...]
        for (key, isNumber) in [(#"{"type":"#, true), (#","subtype":"#, true), (#","content":""#, false)] {
            guard rest.starts(with: key.utf8) else { return false }
            rest = rest.dropFirst(key.utf8.count)
            if isNumber { rest = rest.drop { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) } }
        }
        return true
    }
}
