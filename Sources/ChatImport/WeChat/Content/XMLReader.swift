import Foundation

/// Reads the XML of messages piece by piece, as it is and not as it should be: what people's phones wrote has bare
/// ampersands in addresses and bytes that are no UTF-8. There are the five entities and characters by number, and no
/// others; a document type is a fault. Comments and processing instructions are passed over.
package struct XMLReader {
    /// A piece of a text.
    package enum Event: Hashable, Sendable {
        /// An element begins; attributes in their order.
        case start(name: String, attributes: [Attribute])
        /// The element that began last, and has not ended, ends.
        case end(name: String)
        /// Characters, with entities resolved; neighbouring ones may come in several pieces.
        case text(String)
    }

    /// An attribute of an element.
    package struct Attribute: Hashable, Sendable {
        package let name: String
        package let value: String
    }

    /// The longest text, in bytes.
    package static let longest = 8 << 20
    /// How deep elements may be nested.
    package static let deepest = 64
    /// How many elements and attributes a text may have together.
    package static let mostParts = 200_000

    private let bytes: [UInt8]
    private var position = 0
    /// Where the names of open elements stand.
    private var open: [Range<Int>] = []
    private var parts = 0
    /// The end of an element without content, which comes after its beginning.
    private var endsAtOnce = false

    /// A reader of a text in UTF-8.
    package init(_ bytes: [UInt8]) throws(ContentFault) {
        guard bytes.count <= Self.longest else { throw .tooLarge(limit: Self.longest) }
        self.bytes = bytes
    }

    /// The next piece; nil at the end, where no element is open.
    package mutating func next() throws(ContentFault) -> Event? {
        if endsAtOnce {
            endsAtOnce = false
            return .end(name: string(open.removeLast()))
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
                    return .text(string(start..<end))
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
        var attributes: [Attribute] = []
        while true {
            skipSpace()
            guard position < bytes.count else { throw .damaged(offset: position) }
            switch bytes[position] {
            case UInt8(ascii: ">"):
                position += 1
                open.append(name)
                return .start(name: string(name), attributes: attributes)
            case UInt8(ascii: "/"):
                guard starts(with: "/>") else { throw .damaged(offset: position) }
                position += 2
                open.append(name)
                endsAtOnce = true
                return .start(name: string(name), attributes: attributes)
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
        let value = resolved(position..<end)
        position = end + 1
        return Attribute(name: string(name), value: value)
    }

    private mutating func endTag() throws(ContentFault) -> Event {
        position += 2
        let name = try self.name()
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: ">"), let last = open.last,
            last.count == name.count, bytes[last] == bytes[name]
        else { throw .damaged(offset: position) }
        position += 1
        open.removeLast()
        return .end(name: string(name))
    }

    /// A name is what stands up to a space or one of `= / > < " '`.
    private mutating func name() throws(ContentFault) -> Range<Int> {
        let start = position
        while position < bytes.count, !Self.endsName(bytes[position]) { position += 1 }
        guard position > start, position - start <= 256 else { throw .damaged(offset: start) }
        return start..<position
    }

    private mutating func countPart() throws(ContentFault) {
        parts += 1
        guard parts <= Self.mostParts else { throw .tooComplex }
    }

    // MARK: Characters

    private mutating func characters() -> String {
        let start = position
        position = first(UInt8(ascii: "<"), from: start) ?? bytes.count
        return resolved(start..<position)
    }

    /// Replaces entities; an ampersand that begins none is itself.
    private func resolved(_ range: Range<Int>) -> String {
        let ampersand = first(UInt8(ascii: "&"), from: range.lowerBound, to: range.upperBound)
        if ampersand == nil { return string(range) }
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            if byte == UInt8(ascii: "&"),
                let entity = Self.entity(bytes[index + 1..<min(index + 13, range.upperBound)])
            {
                UTF8.encode(entity.character).map { result.append(contentsOf: $0) }
                index += entity.length + 2
            } else {
                result.append(byte)
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The character of what follows an ampersand, and how many bytes stand before its semicolon.
    private static func entity(_ bytes: ArraySlice<UInt8>) -> (character: Unicode.Scalar, length: Int)? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let name = bytes[..<end]
        if name.first == UInt8(ascii: "#") {
            let digits = name.dropFirst()
            let isHexadecimal = digits.first == UInt8(ascii: "x") || digits.first == UInt8(ascii: "X")
            let text = String(decoding: isHexadecimal ? digits.dropFirst() : digits, as: UTF8.self)
            guard let number = UInt32(text, radix: isHexadecimal ? 16 : 10), !text.hasPrefix("+") else { return nil }
            return (Unicode.Scalar(number) ?? "\u{FFFD}", name.count)
        }
        switch String(decoding: name, as: UTF8.self) {
        case "amp": return ("&", name.count)
        case "lt": return ("<", name.count)
        case "gt": return (">", name.count)
        case "quot": return ("\"", name.count)
        case "apos": return ("'", name.count)
        default: return nil
        }
    }

    // MARK: Bytes

    private static func endsName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "="), UInt8(ascii: "/"), UInt8(ascii: ">"), UInt8(ascii: "<"), UInt8(ascii: "\""),
            UInt8(ascii: "'"):
            true
        default: isSpace(byte)
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private mutating func skipSpace() {
        while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    }

    private func starts(with text: StaticString) -> Bool {
        guard bytes.count - position >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where bytes[position + index] != text.utf8Start[index] { return false }
        return true
    }

    /// Where a byte stands next, before an end.
    private func first(_ byte: UInt8, from start: Int, to end: Int? = nil) -> Int? {
        let end = end ?? bytes.count
        return bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, start < end else { return nil }
            guard let found = memchr(base + start, Int32(byte), end - start) else { return nil }
            return UnsafeRawPointer(found) - base
        }
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

    private func string(_ range: Range<Int>) -> String {
        bytes.withUnsafeBufferPointer { String(decoding: UnsafeBufferPointer(rebasing: $0[range]), as: UTF8.self) }
    }
}
