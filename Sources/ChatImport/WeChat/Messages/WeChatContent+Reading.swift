import ChatModel

extension WeChatContent {
    /// Reads what a row says. `name` gives the name to show for a user name, nil when it knows none.
    ///
    /// Nothing fails: what cannot be read is damaged or unknown, and keeps its kind and the words that can be read.
    package init(of row: WeChatRow, owner: String?, name: (String) -> String?) {
        if row.isDamaged {
            self = Self.uninflated(row, name: name)
            return
        }
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
        sender = prefix.sender ?? Self.sender(toldIn: content, type.base, of: row)
    }

    /// A row whose content cannot be inflated: what its type says that it is, and what the shape keeps beside the content.
    private static func uninflated(_ row: WeChatRow, name: (String) -> String?) -> WeChatContent {
        let type = WeChatType(row.type, subtype: row.subtype)
        var content = read(type, [], note: row.note, isOwn: row.isOwn, name: name)
        content.isUnknown = false
        content.isDamaged = true
        return content
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

    /// Who sent a row of a group whose sender neither the shape nor a prefix tells: the content itself may.
    private static func sender(
        toldIn bytes: ArraySlice<UInt8>, _ base: WeChatType.Base, of row: WeChatRow
    ) -> String? {
        guard row.sender == nil, row.isOwn == false, row.talker.utf8.last == UInt8(ascii: "m"), row.isInGroup else {
            return nil
        }
        guard bytes.first == UInt8(ascii: "<") else {
            return base == .voice || base == .video ? senderOfMedia(bytes) : nil
        }
        let root = WeChatXML(bytes).root
        let told: String? =
            switch base {
            case .voice: root["voicemsg"]?.attribute("fromusername")
            case .video: root["videomsg"]?.attribute("fromusername")
            case .sticker: root["emoji"]?.attribute("fromusername")
            case .location: root["location"]?.attribute("fromusername")
            case .app: root["appmsg"] == nil ? nil : root.words("fromusername")
            default: nil
            }
        guard let told, told != row.talker, isUserName(Array(told.utf8)[...]) else { return nil }
        return told
    }

    private static func isUserName(_ name: ArraySlice<UInt8>) -> Bool {
        (1...WeChatGroupPrefix.longestName).contains(name.count)
            && name.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "<") }
    }

    /// Android keeps `user name:length:state` as the content of a voice and of a video that came into a group.
    private static func senderOfMedia(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.count <= 256 else { return nil }
        let parts = bytes.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, isUserName(parts[0]), !parts[1].isEmpty,
            parts[1].allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return String(validating: parts[0], as: UTF8.self)
    }
}
