/// The content of a row that should be XML: its element as far as it can be read, or the plain text that stands there
/// instead.
struct WeChatXML {
    /// The outermost element; without name and content when there is none.
    let root: XMLTree
    /// The text, when it is not XML at all.
    let plain: String?
    /// Whether the XML breaks before its end.
    let isDamaged: Bool

    /// Reads a content.
    init(_ bytes: ArraySlice<UInt8>) {
        guard let first = bytes.firstIndex(where: { $0 > 0x20 && !Self.byteOrderMark.contains($0) }) else {
            self.init(root: .nothing, plain: "", isDamaged: false)
            return
        }
        guard bytes[first] == UInt8(ascii: "<") else {
            self.init(root: .nothing, plain: WeChatText.string(bytes), isDamaged: false)
            return
        }
        let read = XMLTree.readable(bytes[first...])
        self.init(root: read.element ?? .nothing, plain: nil, isDamaged: !read.isWhole)
    }

    /// Reads a content.
    init(_ text: String) { self.init(Array(text.utf8)[...]) }

    private init(root: XMLTree, plain: String?, isDamaged: Bool) {
        self.root = root
        self.plain = plain
        self.isDamaged = isDamaged
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// An element that is the outermost one, in it or beside it; without content when there is none.
    func element(_ name: String) -> XMLTree {
        root.isNamed(name) ? root : root[name] ?? root.following(name) ?? .nothing
    }

    /// The plain text where it is meant for people. Android keeps `user name:length:state` for some media.
    var remark: String {
        guard let plain, !plain.isEmpty else { return "" }
        let isForPrograms = plain.utf8.contains(UInt8(ascii: ":")) && !plain.dropLast().contains { $0.isWhitespace }
        return isForPrograms ? "" : plain
    }
}

extension XMLTree {
    /// The words of the first child of a name; nil when there are none.
    func words(_ name: String) -> String? { self[name]?.words }

    /// What an attribute, or else a child, of a name says; nil when it says nothing.
    func value(_ name: String) -> String? {
        if let value = attribute(name), !value.isEmpty { return value }
        return words(name)
    }

    /// A size in bytes; nil when none is given.
    func size(_ name: String) -> Int64? {
        guard let size = value(name).flatMap({ Int64($0) }), size > 0 else { return nil }
        return size
    }

    /// An MD5, 32 lower-case digits; nil when there is none.
    func md5(_ name: String) -> String? { value(name).flatMap(Self.md5) }

    /// A text as an MD5, when it is one.
    static func md5(_ text: String) -> String? {
        let isMD5 = text.utf8.count == 32 && text.utf8.allSatisfy(isHexadecimal)
        guard isMD5 else { return nil }
        return text.utf8.contains { (0x41...0x46).contains($0) } ? text.lowercased() : text
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }

    /// A server's number of a message; nil when there is none. They are unsigned, and stored as signed ones.
    func serverID(_ name: String) -> Int64? {
        guard let text = value(name) else { return nil }
        guard let number = Int64(text) ?? UInt64(text).map({ Int64(bitPattern: $0) }), number != 0 else { return nil }
        return number
    }
}
