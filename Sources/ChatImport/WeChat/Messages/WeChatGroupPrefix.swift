/// The `user name:\n` before the content of what others wrote in a group.
struct WeChatGroupPrefix {
    /// The sender's user name, when a prefix stands there.
    let sender: String?
    /// The content without it.
    let content: ArraySlice<UInt8>

    /// The longest user name, in bytes.
    static let longestName = 128

    /// Splits the content of a row.
    init(_ row: WeChatRow, owner: String?, name: (String) -> String?) {
        let content = row.content[...]
        sender = Self.sender(row, owner: owner, name: name)
        self.content = sender.map { content.dropFirst($0.utf8.count + 2) } ?? content
    }

    private static func sender(_ row: WeChatRow, owner: String?, name: (String) -> String?) -> String? {
        // Most rows are not in groups, or have no sender's name: that is found without making a text.
        guard row.isOwn != true, row.talker.utf8.last == UInt8(ascii: "m"), let colon = colon(in: row.content),
            row.isInGroup
        else { return nil }
        if row.isOwn == nil, let sender = row.sender, sender == owner { return nil }
        let sender = String(decoding: row.content[..<colon], as: UTF8.self)
        // Where the shape tells the sender there may be no prefix, and "PS:" at the head of a text is no user name.
        if let known = row.sender, !known.isEmpty, known != sender, name(sender) == nil { return nil }
        return sender
    }

    /// Where the colon of a prefix stands.
    private static func colon(in content: [UInt8]) -> Int? {
        content.withUnsafeBufferPointer { bytes in
            let end = min(bytes.count - 1, longestName + 1)
            var index = 0
            while index < end {
                let byte = bytes[index]
                // User names are ASCII; "注意:" at the head of a text is none.
                if byte <= 0x20 || byte >= 0x7F || byte == UInt8(ascii: "<") { return nil }
                if byte == UInt8(ascii: ":"), bytes[index + 1] == 0x0A { return index == 0 ? nil : index }
                index += 1
            }
            return nil
        }
    }
}
