import JSON

/// A line that the platform wrote: words with some marks in them, or one of the forms of
///
///     <sysmsg type="T"><T> … </T></sysmsg>
enum WeChatSystemLine {
    /// Reads a line; `type` tells a recalled message where the content does not.
    static func content(_ xml: WeChatXML, type: WeChatType, name: (String) -> String?) -> WeChatContent {
        if let plain = xml.plain { return line(plain, type: type) }
        if !xml.root.isNamed("sysmsg"), xml.root["appmsg"] != nil {
            return .app(xml, type: type, isOwn: nil, name: name)
        }

        let isMessage = xml.root.isNamed("sysmsg")
        let form = isMessage ? xml.root.attribute("type") ?? xml.root.children.first?.name ?? "" : xml.root.name
        let children = isMessage ? xml.root.children : []
        let body = isMessage ? children.first { $0.name == form } ?? children.first ?? .nothing : xml.root
        switch form {
        case "revokemsg":
            return WeChatContent(
                .deleted, withoutTags(body.words("replacemsg") ?? body.words("content") ?? body.words ?? ""))
        case "editrevokecontent":
            // The only form that keeps what was recalled, for its author to edit and to send again.
            let said = body.at("link", "revokecontent")?.words
            return WeChatContent(.deleted, WeChatText.lines(withoutTags(body.words("text") ?? ""), said))
        case "pat": return WeChatContent(.system, pat(body.words("template") ?? "", name: name))
        case "roomtoolstips" where body["template"] != nil:
            return WeChatContent(.system, pat(body.words("template") ?? "", name: name))
        case "paymsg":
            let text = withoutTags(unescaped(body.words("appmsgcontent") ?? words(of: body)))
            return WeChatContent(.system, text, isNoise: text.isEmpty)
        case "secmsg": return WeChatContent(.system, isNoise: true)
        default: break
        }
        let isTemplate = body["content_template"] != nil || body["template"] != nil
        let text = isTemplate ? template(body["content_template"] ?? body, name: name) : withoutTags(words(of: body))
        if type.isRecall { return WeChatContent(.deleted, text) }
        let isKnown = !text.isEmpty || form == "sysmsgtemplate" || form == "delchatroommember"
        return WeChatContent(isKnown ? .system : .unknown, text, isUnknown: !isKnown)
    }

    /// Reads a line that is words.
    static func line(_ plain: String, type: WeChatType) -> WeChatContent {
        let text = withoutTags(words(ofJSON: plain) ?? plain)
        return WeChatContent(type.isRecall || saysRecalled(text) ? .deleted : .system, text)
    }

    /// The words of a line that is kept as JSON, `{"msgContent":"…"}`; nil when it is none, or has none.
    static func words(ofJSON line: String) -> String? {
        guard line.utf8.first == UInt8(ascii: "{") else { return nil }
        var line = line
        return line.withUTF8 { bytes in
            var words: String?
            var reader = JSONReader(UnsafeRawBufferPointer(bytes))
            do throws(JSONError) {
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    if key.string == "msgContent", try reader.peekKind() == .string {
                        words = try reader.readString()
                    } else {
                        try reader.skipValue()
                    }
                }
            } catch {
                return nil
            }
            return words
        }
    }

    /// Whether a content is words that begin with a picture or a link, and not one of the forms.
    static func isLine(_ content: ArraySlice<UInt8>) -> Bool {
        guard content.first == UInt8(ascii: "<") else { return false }
        return tags.contains(String(decoding: tagName(content.dropFirst()), as: UTF8.self))
    }

    /// The words of a form that is not known.
    static func words(of body: XMLTree) -> String {
        for name in ["plain", "replacemsg", "text", "content", "msgcontent", "displaymsg", "title", "desc"] {
            if let words = body.words(name) { return words }
        }
        return body.words ?? ""
    }

    /// A line in which `${user name}` stands for people.
    static func pat(_ template: String, name: (String) -> String?) -> String {
        withoutTags(WeChatText.filled(template, open: "${", close: UInt8(ascii: "}")) { name($0) ?? $0 })
    }

    // MARK: Templates

    /// A line in which `$name$` stands for a link, and the link for people or for words.
    private static func template(_ content: XMLTree, name: (String) -> String?) -> String {
        guard let template = content.words("template") else { return withoutTags(content.words("plain") ?? "") }
        let links = content["link_list"]?.all("link") ?? []
        let filled = WeChatText.filled(template, open: "$", close: UInt8(ascii: "$")) { wanted in
            links.first { $0.attribute("name") == wanted }.map { words(ofLink: $0, name: name) }
        }
        return withoutTags(filled)
    }

    private static func words(ofLink link: XMLTree, name: (String) -> String?) -> String {
        // What can be done about the line, and is not shown in it.
        if link.attribute("hidden") == "1" { return "" }
        guard let members = link["memberlist"]?.all("member"), !members.isEmpty else {
            return link.words("title") ?? link.words("plain") ?? ""
        }
        let names = members.map { member in
            let username = member.words("username")
            // As it is: some people's names begin or end with spaces.
            let nickname = member["nickname"].flatMap { $0.words == nil ? nil : $0.text }
            return nickname ?? username.flatMap(name) ?? username ?? ""
        }
        let separator = link["separator"]?.text ?? ""
        return names.joined(separator: separator.isEmpty ? "、" : separator)
    }

    // MARK: Words

    private static func saysRecalled(_ text: String) -> Bool {
        // Such a line is some words and a name.
        guard text.utf8.count < 1024 else { return false }
        var text = text
        return text.withUTF8 { bytes in
            recallWords.contains { words in
                let count = words.utf8CodeUnitCount
                guard bytes.count >= count else { return false }
                return (0...bytes.count - count).contains {
                    bytes[$0] == words.utf8Start[0]
                        && bytes[$0..<$0 + count].elementsEqual(
                            UnsafeBufferPointer(start: words.utf8Start, count: count))
                }
            }
        }
    }

    private static let recallWords: [StaticString] = [
        "撤回了一条", "撤回一条", "撤回了一則", "收回了一則", "收回一則", "撤回了消息", "recalled a message",
    ]

    /// The tags that stand in lines. Others are not taken out: a group may be called `<3`.
    private static let tags: Set<String> = ["_wc_custom_link_", "a", "img", "font", "b", "i", "u", "span"]

    /// A line without the tags of its links and pictures, and without the spaces around it.
    static func withoutTags(_ line: String) -> String {
        let bytes = Array(line.utf8)
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "<"), let end = endOfTag(bytes[index...]) {
                index = end
            } else {
                kept.append(bytes[index])
                index += 1
            }
        }
        let isFilling: (UInt8) -> Bool = { $0 <= 0x20 }
        let tail = kept.reversed().prefix(while: isFilling).count
        return String(decoding: kept.dropLast(tail).drop(while: isFilling), as: UTF8.self)
    }

    /// Where a tag that stands in lines ends; nil when it is none.
    private static func endOfTag(_ bytes: ArraySlice<UInt8>) -> Int? {
        var rest = bytes.dropFirst()
        if rest.first == UInt8(ascii: "/") { rest = rest.dropFirst() }
        let name = tagName(rest)
        guard tags.contains(String(decoding: name, as: UTF8.self)) else { return nil }
        let end = rest[name.endIndex...].firstIndex { $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: "<") }
        guard let end, bytes[end] == UInt8(ascii: ">") else { return nil }
        return end + 1
    }

    private static func tagName(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        bytes.prefix(20).prefix { byte in
            byte == UInt8(ascii: "_") || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
    }

    /// A text in which `%41` stands for a byte.
    private static func unescaped(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = digit(bytes[index + 1]),
                let low = digit(bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) }
    }
}
