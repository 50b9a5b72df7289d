import Glibc

/// Reads the XML of messages piece by piece, as it is and not as it should be: what people's phones wrote has bare
/// ampersands in addresses and bytes that are no UTF-8. There are the five entities and characters by number, and no
/// others; a document type is a fault. Comments and processing instructions are passed over.
///
/// A piece says where something stands in the text, and is no copy of it: most of a message's XML is for programs, and
/// nobody asks for it. `XMLCharacters` makes texts of such places.
package struct XMLReader {
    /// A piece of a text.
    enum Event {
        /// An element begins. Its attributes are the last of `attributes`, from a place on.
        case start(name: Range<Int>, attributes: Int)
        /// The element that began last, and has not ended, ends.
        case end
        /// Characters; neighbouring ones may come in several pieces.
        case text(XMLCharacters)
    }

    /// An attribute of an element.
    struct Attribute {
        let name: Range<Int>
        let value: XMLCharacters
    }

    /// The longest text, in bytes.
    package static let longest = 8 << 20
    /// How deep elements may be nested.
    package static let deepest = 64
    /// How many elements and attributes a text may have together.
    package static let mostParts = 200_000

    /// The attributes of all elements so far, in their order.
    private(set) var attributes: [Attribute] = []
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    /// Where the names of open elements stand.
    private var open: [Range<Int>] = []
    private var parts = 0
    /// The end of an element without content, which comes after its beginning.
    private var endsAtOnce = false

    /// A reader of a text in UTF-8, which must stay where it is while it is read.
    init(_ bytes: UnsafeBufferPointer<UInt8>) throws(ContentFault) {
        guard bytes.count <= Self.longest else { throw .tooLarge(limit: Self.longest) }
        self.bytes = bytes
        attributes.reserveCapacity(16)
        open.reserveCapacity(8)
    }

    /// The next piece; nil at the end, where no element is open.
    mutating func next() throws(ContentFault) -> Event? {
        if endsAtOnce {
            endsAtOnce = false
            open.removeLast()
            return .end
        }
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "<") else { return .text(characters()) }
            switch position + 1 < bytes.count ? bytes[position + 1] : 0 {
            case UInt8(ascii: "/"): return try endTag()
            case UInt8(ascii: "?"): position = try find("?>", from: position + 2) + 2
            case UInt8(ascii: "!"):
                if starts(with: "<![CDATA[") {
                    let start = position + 9
                    let end = try find("]]>", from: start)
                    position = end + 3
                    return .text(XMLCharacters(start..<end, isLiteral: true))
                }
                guard starts(with: "<!--") else { throw .documentType }
                position = try find("-->", from: position + 4) + 3
            default: return try startTag()
            }
        }
        guard open.isEmpty else { throw .damaged(offset: position) }
        return nil
    }

    // MARK: Tags

    private mutating func startTag() throws(ContentFault) -> Event {
        position += 1
        let name = try self.name()
        guard open.count < Self.deepest else { throw .tooComplex }
        try countPart()
        let first = attributes.count
        while true {
            skipSpace()
            guard position < bytes.count else { throw .damaged(offset: position) }
            switch bytes[position] {
            case UInt8(ascii: ">"):
                position += 1
                open.append(name)
                return .start(name: name, attributes: first)
            case UInt8(ascii: "/"):
                guard starts(with: "/>") else { throw .damaged(offset: position) }
                position += 2
                open.append(name)
                endsAtOnce = true
                return .start(name: name, attributes: first)
            default:
                try countPart()
                attributes.append(try attribute())
            }
        }
    }

    private mutating func attribute() throws(ContentFault) -> Attribute {
        let name = try self.name()
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else { throw .damaged(offset: position) }
        position += 1
        skipSpace()
        guard position < bytes.count else { throw .damaged(offset: position) }
        let quote = bytes[position]
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { throw .damaged(offset: position) }
        position += 1
        guard let end = first(quote, from: position) else { throw .damaged(offset: position) }
        let value = XMLCharacters(position..<end, isLiteral: false)
        position = end + 1
        return Attribute(name: name, value: value)
    }

    private mutating func endTag() throws(ContentFault) -> Event {
        position += 2
        let name = try self.name()
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: ">"), let last = open.last,
            XMLCharacters.areEqual(bytes.extracting(last), bytes.extracting(name))
        else { throw .damaged(offset: position) }
        position += 1
        open.removeLast()
        return .end
    }

    /// A name is what stands up to a space or one of `= / > < " '`.
    private mutating func name() throws(ContentFault) -> Range<Int> {
        let start = position
        var end = start
        while end < bytes.count, !Self.endsName(bytes[end]) { end += 1 }
        guard end > start, end - start <= 256 else { throw .damaged(offset: start) }
        position = end
        return start..<end
    }

    private mutating func countPart() throws(ContentFault) {
        parts += 1
        guard parts <= Self.mostParts else { throw .tooComplex }
    }

    // MARK: Characters

    private mutating func characters() -> XMLCharacters {
        let start = position
        position = first(UInt8(ascii: "<"), from: start) ?? bytes.count
        return XMLCharacters(start..<position, isLiteral: false)
    }

    // MARK: Bytes

    private static func endsName(_ byte: UInt8) -> Bool {
        // A bit for each of the bytes that do, which are all below 64.
        byte < 64 && nameEnds & 1 << UInt64(byte) != 0
    }

    private static let nameEnds: UInt64 = "=/><\"' \t\n\u{0B}\u{0C}\r".unicodeScalars.reduce(0) {
        $0 | 1 << UInt64($1.value)
    }

    private mutating func skipSpace() {
        while position < bytes.count, XMLCharacters.isSpace(bytes[position]) { position += 1 }
    }

    private func starts(with text: StaticString) -> Bool {
        guard bytes.count - position >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where bytes[position + index] != text.utf8Start[index] { return false }
        return true
    }

    /// Where a byte stands next.
    private func first(_ byte: UInt8, from start: Int) -> Int? {
        guard let base = bytes.baseAddress, start < bytes.count,
            let found = memchr(base + start, Int32(byte), bytes.count - start)
        else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    /// Where a text begins next.
    private func find(_ text: StaticString, from start: Int) throws(ContentFault) -> Int {
        let count = text.utf8CodeUnitCount
        var index = start
        while let found = first(text.utf8Start[0], from: index), found + count <= bytes.count {
            if (1..<count).allSatisfy({ bytes[found + $0] == text.utf8Start[$0] }) { return found }
            index = found + 1
        }
        throw .damaged(offset: start)
    }
}
