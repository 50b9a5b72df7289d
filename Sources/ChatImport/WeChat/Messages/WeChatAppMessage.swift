/// What another program, or one of WeChat's own parts, sent:
///
///     <msg><appmsg><title/><des/><type>N</type><url/><appattach/> … </appmsg><appinfo><appname/></appinfo></msg>
struct WeChatAppMessage {
    /// What of the subtypes is read in the same way.
    enum Form: Hashable {
        case words, link, music, picture, sticker, place, file, miniProgram, channels, live, quote, forward, note, pat
        case announcement, transfer, redPacket, favourite, unknown
    }

    /// The element `appmsg`; without content when there is none.
    let element: XMLTree
    /// What it is.
    let form: Form
    /// The subtype, from the XML before all else; 0 when nothing tells it.
    let subtype: Int
    /// The name of the program that it comes from.
    let program: String?

    /// Reads what kind of app message a content is.
    init(_ xml: WeChatXML, subtype: Int) {
        element = xml.element("appmsg")
        program = xml.root["appinfo"]?.words("appname")
        let told = element.words("type").flatMap { Int($0) } ?? 0
        self.subtype = told != 0 ? told : subtype
        form = Self.form(self.subtype)
    }

    private static func form(_ subtype: Int) -> Form {
        switch subtype {
        case 1, 53: .words
        case 2: .picture
        case 3, 76, 92: .music
        case 4, 5, 7, 9, 10, 13, 15, 16, 100_001: .link
        case 6, 74: .file
        case 8: .sticker
        case 17: .place
        case 19: .forward
        case 24: .note
        case 33, 36: .miniProgram
        case 40: .favourite
        case 50, 51: .channels
        case 63, 88: .live
        case 57: .quote
        case 62: .pat
        case 87: .announcement
        case 2000: .transfer
        case 2001, 2003: .redPacket
        default: .unknown
        }
    }

    /// The word that WeChat shows in brackets where there is no place for the whole.
    var label: String? {
        switch form {
        case .words, .quote, .pat, .unknown: nil
        case .link: subtype == 4 ? "视频" : subtype == 10 || subtype == 13 ? "商品" : subtype == 16 ? "卡券" : "链接"
        case .music: "音乐"
        case .picture: "图片"
        case .sticker: "表情"
        case .place: "位置"
        case .file: "文件"
        case .miniProgram: "小程序"
        case .channels: subtype == 50 ? "视频号名片" : "视频号"
        case .live: "直播"
        case .forward: "聊天记录"
        case .note: "笔记"
        case .announcement: "群公告"
        case .transfer: "转账"
        case .redPacket: "红包"
        case .favourite: "收藏"
        }
    }

    /// The title; of a quote it is the answer, of a file its name.
    var title: String? { element.words("title") }

    /// Title, description, address and where it is from, each on a line; an official account may send several articles.
    var linkText: String {
        let articles = element.at("mmreader", "category")?.all("item").prefix(Self.mostArticles) ?? []
        let lines = articles.flatMap { [$0.words("title"), $0.words("digest"), $0.words("url")] }
        return WeChatText.lines([title, element.words("des"), element.words("url")] + lines + [source])
    }

    /// Articles of one message at the most; WeChat allows eight.
    private static let mostArticles = 32

    private var source: String? { element.words("sourcedisplayname") ?? program }

    /// A mini program's page. Its address is only a page that says that the program is too old.
    var miniProgramText: String {
        WeChatText.lines(title, element.words("des"), source)
    }

    /// Who shows something in Channels, and what it is. The title only says that the program is too old.
    var channelsText: String {
        let feed = element["finderFeed"]
        let live = element["finderLive"]
        let card = element["findernamecard"] ?? element["finderShareNameCard"]
        let name = [live, feed, card].lazy.compactMap { $0?.words("nickname") }.first
        let words = [live, feed].lazy.compactMap { $0?.words("desc") }.first ?? card?.words("auth_job")
        let text = WeChatText.lines(name, words)
        return text.isEmpty ? WeChatText.lines(title, element.words("des")) : text
    }

    /// The size of what is attached, in bytes.
    var attachedSize: Int64? { element["appattach"]?.size("totallen") }

    /// The lines of who patted whom; without records, the title is the line.
    func patText(name: (String) -> String?) -> String {
        let records = element.at("patMsg", "records")?.all("record") ?? []
        let patinfo = element["patinfo"].map { [$0] } ?? []
        let lines = (records + patinfo).compactMap { record in
            (record.words("templete") ?? record.words("template")).map { WeChatSystemLine.pat($0, name: name) }
        }
        return lines.isEmpty ? WeChatSystemLine.pat(title ?? "", name: name) : lines.joined(separator: "\n")
    }

    // MARK: Money

    /// The amount, what became of it, and what its sender wrote.
    var transferText: String {
        let payment = element["wcpayinfo"] ?? .nothing
        let state: String? =
            switch payment.words("paysubtype") {
            case "1": "发起转账"
            case "3": "已收款"
            case "4": "已退还"
            case "5": "已收款"
            case "7": "发起转账 (延时到账)"
            default: nil
            }
        let amount = payment.words("feedesc") ?? element.words("des")
        let first = [amount, state].compactMap { $0 }.joined(separator: " ")
        return WeChatText.lines(
            WeChatText.labelled("转账", first), payment.words("pay_memo") ?? element.words("pay_memo"))
    }

    /// The greeting of a red packet.
    func redPacketText(isOwn: Bool?) -> String {
        let payment = element["wcpayinfo"] ?? .nothing
        let titles = [payment.words("receivertitle"), payment.words("sendertitle")].compactMap { $0 }
        let greeting = (isOwn == true ? titles.last : titles.first) ?? element.words("des") ?? title
        let isShared = payment.words("scenetext")?.contains("收款") == true
        let label = subtype == 2003 ? "红包封面" : isShared ? "群收款" : "红包"
        return WeChatText.labelled(label, greeting)
    }
}
