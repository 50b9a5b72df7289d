extension WeChatContent {
    /// Reads an app message: what is common to all is in `WeChatAppMessage`, what it becomes is here.
    static func app(_ xml: WeChatXML, type: WeChatType, isOwn: Bool?, name: (String) -> String?) -> WeChatContent {
        // Android stores lines about a group under a number of app messages.
        if xml.root.isNamed("sysmsg") { return WeChatSystemLine.content(xml, type: type, name: name) }
        let app = WeChatAppMessage(xml, subtype: type.subtype)
        var content = app.content(isOwn: isOwn, name: name)
        if content.text.isEmpty, let plain = xml.plain { content.text = plain }
        return content
    }
}

extension WeChatAppMessage {
    /// The content of the message.
    func content(isOwn: Bool?, name: (String) -> String?) -> WeChatContent {
        switch form {
        case .words: return WeChatContent(.text, WeChatText.lines(title, element.words("des")))
        case .link, .music: return WeChatContent(.link, linkText)
        case .picture: return WeChatContent(.link, linkText, media: attached(.image))
        case .sticker: return WeChatContent(.sticker, media: [sticker])
        case .place: return WeChatContent(.location, title ?? "")
        case .file:
            let name = title ?? ""
            return WeChatContent(
                .file, name, media: [.init(.file, md5: element.md5("md5"), name: name, size: attachedSize)])
        case .miniProgram: return WeChatContent(.link, miniProgramText)
        case .channels, .live: return WeChatContent(.link, channelsText)
        case .quote:
            let quote = WeChatQuote(element["refermsg"] ?? .nothing)
            return WeChatContent(
                .text, WeChatText.lines(title, quote.block(name: name)), repliesTo: quote.serverID)
        case .forward, .note, .favourite, .announcement: return record
        case .pat: return WeChatContent(.system, patText(name: name))
        case .transfer: return WeChatContent(.text, transferText)
        case .redPacket: return WeChatContent(.text, redPacketText(isOwn: isOwn))
        case .unknown: return WeChatContent(.unknown, linkText, isUnknown: true)
        }
    }

    private func attached(_ kind: WeChatContent.Media.Kind) -> [WeChatContent.Media] {
        guard let attachment = element["appattach"], let size = attachedSize,
            attachment.words("attachid") != nil || attachment.words("cdnattachurl") != nil
        else { return [] }
        return [.init(kind, md5: element.md5("md5"), size: size)]
    }

    private var sticker: WeChatContent.Media {
        let attachment = element["appattach"] ?? .nothing
        let md5 = attachment.md5("emoticonmd5") ?? element.md5("emoticonmd5") ?? element.md5("md5")
        return .init(.sticker, md5: md5, size: attachedSize, key: attachment.words("aeskey"))
    }

    /// A merged forward, a note, a favourite, or an announcement with more than words.
    private var record: WeChatContent {
        let record = WeChatRecord(element["recorditem"] ?? .nothing)
        var content: WeChatContent
        switch form {
        case .forward:
            let title = WeChatText.labelled("聊天记录", title ?? record.title)
            let items = record.items.isEmpty ? element.words("des") ?? record.summary : record.items
            content = WeChatContent(.text, WeChatText.lines(title, items.map { WeChatText.indented($0, by: "  ") }))
        case .note:
            let words = record.items.isEmpty ? [title, element.words("des") ?? record.summary] : [record.items]
            content = WeChatContent(.text, WeChatText.lines([WeChatText.labelled("笔记", nil)] + words))
        case .announcement:
            let told = element.words("textannouncement")
            let words = told ?? (record.items.isEmpty ? element.words("des") ?? title : record.items)
            content = WeChatContent(.system, WeChatText.lines("[群公告]", words))
        default: content = WeChatContent(.link, WeChatText.lines(linkText, record.items))
        }
        content.media = record.media
        return content
    }
}
