/// What is inside a merged forward, a note or a favourite:
///
///     <recordinfo><title/><desc/><datalist count="2">
///         <dataitem datatype="1"><sourcename/><sourcetime/><datadesc/></dataitem>
///         <dataitem datatype="17"><datatitle/><recordxml><recordinfo> … </recordinfo></recordxml></dataitem>
///     </datalist></recordinfo>
struct WeChatRecord {
    /// The title, and the first lines as they are shown where there is no place for the whole.
    let title: String?
    let summary: String?
    /// The items, each on lines of its own, those of a forward in a forward indented.
    let items: String
    /// The files of all items.
    let media: [WeChatContent.Media]

    /// How deep forwards are read in forwards. WeChat itself shows fewer.
    static let deepest = 8

    /// Reads an element in which a record is, as an element or, as a rule, as the text of one.
    init(_ element: XMLTree) {
        let record = Self.record(in: element)
        title = record.words("title")
        summary = record.words("desc")
        var reader = Reader()
        reader.read(record, depth: 0)
        items = reader.lines.joined(separator: "\n")
        media = reader.media
    }

    private static func record(in element: XMLTree) -> XMLTree {
        if let record = element["recordinfo"] { return record }
        guard let text = element.words else { return .nothing }
        let xml = WeChatXML(text)
        return xml.element("recordinfo")
    }

    private struct Reader {
        var lines: [String] = []
        var media: [WeChatContent.Media] = []
        private var length = 0

        mutating func read(_ record: XMLTree, depth: Int) {
            let indent = String(repeating: "  ", count: depth)
            for item in record["datalist"]?.all("dataitem") ?? [] {
                guard length < WeChatText.longest else {
                    lines.append(indent + "…")
                    return
                }
                read(item, indent: indent)
                guard item.attribute("datatype") == "17" else { continue }
                guard depth + 1 < WeChatRecord.deepest else {
                    append(indent + "  …")
                    continue
                }
                read(WeChatRecord.record(in: item["recordxml"] ?? item), depth: depth + 1)
            }
        }

        private mutating func read(_ element: XMLTree, indent: String) {
            let item = WeChatRecordItem(element)
            // The first item of a note is the note as a page; its parts follow.
            if item.isPage { return }
            if let file = item.media { media.append(file) }
            let words = item.words
            let head = [item.sender, item.time].compactMap { $0 }.joined(separator: " ")
            if head.isEmpty {
                if !words.isEmpty { append(WeChatText.indented(words, by: indent)) }
                return
            }
            // Lines after the first stand further in, so that nobody takes them for another's.
            let first = WeChatText.firstLine(words)
            append("\(indent)\(head): \(first)")
            let rest = words.utf8.dropFirst(first.utf8.count + 1)
            if !rest.isEmpty { append(WeChatText.indented(String(Substring(rest)), by: indent + "    ")) }
        }

        private mutating func append(_ line: String) {
            lines.append(line)
            length += line.utf8.count + 1
        }
    }
}
