/// One item of a record; the numbers are those of its `datatype`.
struct WeChatRecordItem {
    private let element: XMLTree
    private let type: String

    /// An element `dataitem`.
    init(_ element: XMLTree) {
        self.element = element
        type = element.attribute("datatype") ?? ""
    }

    /// The sender's name, as it was when the message was forwarded.
    var sender: String? { element.words("sourcename") }

    /// When it was sent, as the text that stands there: it has no zone.
    var time: String? { element.words("sourcetime") }

    /// Whether it is a note as a page, whose parts are items too.
    var isPage: Bool { type == "8" && ["htm", ".htm", "html"].contains(element.words("datafmt") ?? "") }

    /// What it says; what is no text has its word in brackets.
    var words: String {
        switch type {
        case "1": element["datadesc"]?.words ?? title ?? ""
        case "2": WeChatText.labelled("图片", nil)
        case "3": WeChatText.labelled("语音", description)
        case "4", "15": WeChatText.labelled("视频", nil)
        case "5": WeChatText.lines(WeChatText.labelled("链接", linkTitle), linkDescription, address)
        case "6": WeChatText.labelled("位置", place)
        case "8": WeChatText.labelled("文件", title)
        case "16": WeChatText.labelled("名片", card)
        case "17": WeChatText.labelled("聊天记录", title ?? nestedTitle ?? description.map(WeChatText.firstLine))
        case "19": WeChatText.labelled("小程序", miniProgram)
        case "22": WeChatText.labelled("视频号", channels("finderFeed"))
        case "23": WeChatText.labelled("直播", channels("finderLive"))
        case "26": WeChatText.labelled("视频号名片", channels("finderShareNameCard"))
        case "29", "32": WeChatText.lines(WeChatText.labelled("音乐", title), description, address)
        case "37": WeChatText.labelled("表情", nil)
        default: WeChatText.lines(title ?? "[消息]", description, address)
        }
    }

    /// Its file, if it is one.
    var media: WeChatContent.Media? {
        let kind: WeChatContent.Media.Kind
        switch type {
        case "2": kind = .image
        case "3": kind = .voice
        case "4", "15": kind = .video
        case "8": kind = .file
        case "37": kind = .sticker
        default: return nil
        }
        let md5 = element.md5("fullmd5") ?? element["emojiitem"]?.md5("md5")
        return .init(
            kind, md5: md5, name: kind == .file ? title ?? "" : "", size: element.size("datasize"),
            key: kind == .sticker ? element["emojiitem"]?.value("aeskey") : nil, storedName: storedName,
            isForwarded: true)
    }

    /// `<dataid>.<datafmt>`; nil where these are no plain names.
    private var storedName: String? {
        guard let stem = element.attribute("dataid"), Self.isPlain(stem) else { return nil }
        guard let format = element.words("datafmt")?.drop(while: { $0 == "." }), Self.isPlain(format) else {
            return stem
        }
        return "\(stem).\(format)"
    }

    private static func isPlain(_ name: some StringProtocol) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x2D || $0 == 0x5F
            }
    }

    private var title: String? { element.words("datatitle") }
    private var description: String? { element.words("datadesc") }

    private var linkTitle: String? { title ?? element["weburlitem"]?.words("title") }
    private var linkDescription: String? { element["weburlitem"]?.words("desc") ?? description }

    private var address: String? {
        element.words("link") ?? element.words("streamweburl") ?? element["weburlitem"]?.words("link")
    }

    private var place: String {
        let place = element["location"] ?? element["locitem"] ?? .nothing
        return WeChatContent.place(place, latitude: "lat", longitude: "lng")
    }

    private var card: String? {
        guard let description, description.hasPrefix("<") else { return title ?? description }
        let text = WeChatContent.person(WeChatXML(description).root)
        return text.isEmpty ? title : text
    }

    private var nestedTitle: String? { element.at("recordxml", "recordinfo")?.words("title") }

    private var miniProgram: String {
        let program = element["appbranditem"]?.words("sourcedisplayname") ?? element.words("sourcedisplayname")
        return [title, program.flatMap { $0 == title ? nil : "(\($0))" }].compactMap { $0 }.joined(separator: " ")
    }

    private func channels(_ name: String) -> String? {
        let feed = element[name] ?? element["finderFeed"] ?? element["findernamecard"]
        let text = [feed?.words("nickname"), feed?.words("desc")].compactMap { $0 }.joined(separator: ": ")
        return text.isEmpty ? title ?? description : text
    }
}
