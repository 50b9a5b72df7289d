import ChatModel

extension WeChatContent {
    /// Reads what a row says. `name` gives the name to show for a user name, nil when it knows none.
    ///
    /// Nothing fails: what cannot be read is damaged or unknown, and keeps its kind and the words that can be read.
    package init(of row: WeChatRow, owner: String?, name: (String) -> String?) {
        let prefix = WeChatGroupPrefix(row, owner: owner, name: name)
        if row.type == 1 {
            self.init(.text, WeChatText.string(prefix.content), sender: prefix.sender)
            return
        }
        let type = WeChatType(row.type, subtype: row.subtype)
        var content = prefix.content
        // The platform's own lines have no prefix, but what comes over the wire has one before its XML.
        if type.base.isSystem, content.first != UInt8(ascii: "<") { content = row.content[...] }
        self = Self.read(type, content, note: row.note, isOwn: row.isOwn, name: name)
        text = WeChatText.bounded(text)
        if type.base.isSystem || kind == .deleted { return }
        sender = prefix.sender ?? Self.sender(ofMedia: type.base, content, in: row)
    }

    /// Reads a content without its prefix.
    static func read(
        _ type: WeChatType, _ bytes: ArraySlice<UInt8>, note: String? = nil, isOwn: Bool? = nil,
        name: (String) -> String?
    ) -> WeChatContent {
        if type.base == .text { return WeChatContent(.text, WeChatText.string(bytes)) }
        if type.base.isSystem, WeChatSystemLine.isLine(bytes) {
            return WeChatSystemLine.line(WeChatText.string(bytes), type: type)
        }
        let xml = WeChatXML(bytes)
        var content: WeChatContent
        switch type.base {
        case .text: content = WeChatContent(.text, WeChatText.string(bytes))
        case .image: content = image(xml)
        case .voice: content = voice(xml, note: note)
        case .video: content = video(xml)
        case .sticker: content = sticker(xml, note: note)
        case .location: content = location(xml)
        case .mail: content = mail(xml)
        case .friendRequest, .possibleFriend: content = friendRequest(xml, isRequest: type.base == .friendRequest)
        case .card: content = card(xml)
        case .app: content = app(xml, type: type, isOwn: isOwn, name: name)
        case .call: content = call(xml, note: note)
        case .statusNotice: content = WeChatContent(.system, isNoise: true)
        case .notice: content = notice(xml, note: note)
        case .enterprise: content = enterprise(xml, type: type, isOwn: isOwn, name: name)
        case .system, .recalled: content = WeChatSystemLine.content(xml, type: type, name: name)
        case .liveLocation:
            content = app(xml, type: type, isOwn: isOwn, name: name)
            content.kind = .location
        case .unknown: content = unknown(xml, type: type, isOwn: isOwn, name: name)
        }
        if xml.isDamaged { content.isDamaged = true }
        return content
    }

    /// A type that is not known: what its XML is may still tell that it is an app message or a system line.
    private static func unknown(
        _ xml: WeChatXML, type: WeChatType, isOwn: Bool?, name: (String) -> String?
    ) -> WeChatContent {
        var content = WeChatContent(.unknown, xml.remark)
        if xml.root.isNamed("sysmsg") {
            content = WeChatSystemLine.content(xml, type: type, name: name)
        } else if xml.root["appmsg"] != nil {
            content = app(xml, type: type, isOwn: isOwn, name: name)
        }
        content.kind = .unknown
        content.isUnknown = true
        return content
    }

    /// Android keeps `user name:length:state` as the content of a voice and of a video that came into a group.
    private static func sender(
        ofMedia base: WeChatType.Base, _ bytes: ArraySlice<UInt8>, in row: WeChatRow
    ) -> String? {
        guard base == .voice || base == .video, row.sender == nil, row.isOwn == false, row.isInGroup,
            bytes.count <= 256, bytes.first != UInt8(ascii: "<")
        else { return nil }
        let parts = bytes.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, (1...WeChatGroupPrefix.longestName).contains(parts[0].count), !parts[1].isEmpty,
            parts[1].allSatisfy({ (0x30...0x39).contains($0) }),
            parts[0].allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: "<") })
        else { return nil }
        return String(validating: parts[0], as: UTF8.self)
    }
}
