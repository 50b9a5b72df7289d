import ChatModel

/// The message that a quote answers:
///
///     <refermsg><type/><svrid/><fromusr/><chatusr/><displayname/><content/><createtime/></refermsg>
///
/// `fromusr` is the conversation, and `chatusr` the sender when the conversation is a group. `content` is the content
/// of the quoted row, XML in text when the row had XML.
struct WeChatQuote {
    /// The element `refermsg`.
    let element: XMLTree

    /// Words of a quoted message at the most, in bytes. The message itself has all of them.
    static let longest = 16 << 10

    /// Reads an element.
    init(_ element: XMLTree) { self.element = element }

    /// The server's number of the quoted message.
    var serverID: Int64? { element.serverID("svrid") }

    /// What is quoted, after `>`, and before it who said it; nil when nothing is known of it.
    func block(name: (String) -> String?) -> String? {
        let words = WeChatText.bounded(words(name: name), longest: Self.longest)
        guard !words.isEmpty else { return author(name: name).map { "> \($0)" } }
        let line = author(name: name).map { "\($0): \(words)" } ?? words
        return WeChatText.indented(line, by: "> ")
    }

    private func author(name: (String) -> String?) -> String? {
        let usernames = [element.words("chatusr"), element.words("fromusr")].compactMap { $0 }
        let username = usernames.first { !$0.hasSuffix("@chatroom") }
        return username.flatMap(name) ?? element.words("displayname") ?? username
    }

    private func words(name: (String) -> String?) -> String {
        guard let content = element["content"]?.text, !content.isEmpty else {
            return Self.label(type).map { "[\($0)]" } ?? ""
        }
        return Self.words(type, Array(content.utf8)[...], name: name)
    }

    private var type: WeChatType {
        WeChatType(element.words("type").flatMap { Int64($0) }.map { Int32(truncatingIfNeeded: $0) } ?? 1)
    }

    /// A message in a line, as WeChat shows it where there is no place for the whole.
    static func words(_ type: WeChatType, _ content: ArraySlice<UInt8>, name: (String) -> String?) -> String {
        var content = content
        if type.base != .text, let prefix = Self.prefix(content) { content = content.dropFirst(prefix) }
        let xml = WeChatXML(type.base == .text ? [] : content)
        if type.base == .app && !xml.root.isNamed("sysmsg") || xml.root.isNamed("msg") && xml.root["appmsg"] != nil {
            return words(WeChatAppMessage(xml, subtype: type.subtype), name: name) ?? xml.plain ?? ""
        }
        let read = WeChatContent.read(type, content, name: name)
        switch read.kind {
        case .text, .system, .deleted: return read.text
        case .unknown: return WeChatText.firstLine(read.text)
        // Of a voice all words are shown that there are.
        case .voice: return WeChatText.labelled("语音", read.text)
        default: return WeChatText.labelled(label(type) ?? "消息", WeChatText.firstLine(read.text))
        }
    }

    private static func words(_ app: WeChatAppMessage, name: (String) -> String?) -> String? {
        // The quote in a quote is not shown.
        if app.form == .quote { return app.title }
        let text = app.content(isOwn: nil, name: name).text
        if text.isEmpty, app.label == nil { return nil }
        switch app.form {
        case .words, .pat: return text
        case .transfer, .redPacket, .forward, .note, .announcement, .unknown: return WeChatText.firstLine(text)
        default: return WeChatText.labelled(app.label ?? "消息", WeChatText.firstLine(text))
        }
    }

    /// The word that WeChat shows in brackets for what is no text.
    static func label(_ type: WeChatType) -> String? {
        switch type.base {
        case .image: "图片"
        case .voice: "语音"
        case .video: "视频"
        case .sticker: "表情"
        case .location, .liveLocation: "位置"
        case .card: "名片"
        case .call: "通话"
        case .mail: "邮件"
        case .app: "链接"
        default: nil
        }
    }

    /// How long the prefix of a group's row is, which some quotes of XML keep.
    private static func prefix(_ content: ArraySlice<UInt8>) -> Int? {
        let head = content.prefix(WeChatGroupPrefix.longestName + 3)
        guard let end = head.firstIndex(of: 0x0A), end + 1 < content.endIndex, content[end + 1] == UInt8(ascii: "<"),
            end > content.startIndex, content[end - 1] == UInt8(ascii: ":"), content.first != UInt8(ascii: "<")
        else { return nil }
        return end + 1 - content.startIndex
    }
}
