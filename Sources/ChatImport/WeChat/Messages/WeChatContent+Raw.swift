import ChatModel
import JSON

extension WeChatContent {
    /// What of a row's content is kept at the most, in bytes.
    package static let longestRaw = 64 << 10

    /// The row's own content as JSON, for a message whose text and files do not hold everything; nil for one where they
    /// do:
    ///
    ///     {"type":49,"subtype":57,"content":"<msg> … </msg>"}
    package func raw(of row: WeChatRow) -> [UInt8]? {
        guard isUnknown || isDamaged || !holdsEverything(of: row) else { return nil }
        var json = JSONWriter(reserving: min(row.content.count, Self.longestRaw) * 9 / 8 + 64)
        json.beginObject()
        json.key("type")
        json.int(row.type)
        json.key("subtype")
        json.int(row.subtype)
        json.key("content")
        json.string(WeChatText.string(row.content[...], longest: Self.longestRaw))
        json.endObject()
        return json.bytes
    }

    private func holdsEverything(of row: WeChatRow) -> Bool {
        switch kind {
        case .text where row.type == 1: return true
        // Their XML says where the file was to be had, and how large its preview is.
        case .image, .voice, .video, .sticker: return true
        default:
            return row.content.count == text.utf8.count && row.content.elementsEqual(text.utf8)
        }
    }
}
