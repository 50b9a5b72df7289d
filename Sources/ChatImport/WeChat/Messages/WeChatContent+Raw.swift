import ChatModel

extension WeChatContent {
    /// The row itself, for a message whose text and files do not hold everything; nil for one where they do.
    package func raw(of row: WeChatRow) -> [UInt8]? {
        guard isUnknown || isDamaged || !holdsEverything(of: row) else { return nil }
        let content = WeChatText.string(row.content[...], longest: PlatformRow.longestContent)
        return PlatformRow.raw(type: row.type, subtype: row.subtype, content: content)
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
