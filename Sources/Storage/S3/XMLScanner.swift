/// Why bytes are not the XML that S3 speaks.
enum XMLFault: Error { case malformed }

/// A small reader of XML: elements and text, the five named entities and character numbers, comments and processing
/// instructions skipped. Attributes are passed over. A document type, and so any other entity, is refused.
struct XMLScanner {
    /// What stands next.
    enum Event: Hashable {
        case start(String)
        case text(String)
        case end(String)
    }

    private static let depthLimit = 32
    private static let nameLimit = 128

    private let bytes: [UInt8]
    private var cursor = 0
    private var open: [String] = []
    private var pendingEnd: String?
    private var hasRoot = false

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { cursor = 3 }
    }

    /// The next event; nil at the end of the document. Text outside the root and empty text are left out.
    mutating func next() throws(XMLFault) -> Event? {
        if let name = pendingEnd {
            pendingEnd = nil
            return .end(name)
        }
        while cursor < bytes.count {
            if bytes[cursor] != UInt8(ascii: "<") {
                let text = try readText()
                guard !open.isEmpty else {
                    guard text.utf8.allSatisfy({ $0 <= 0x20 }) else { throw .malformed }
                    continue
                }
                return .text(text)
            }
            if skip("<?") {
                try pass("?>")
            } else if skip("<!--") {
                try pass("-->")
            } else if skip("</") {
                let name = try readName()
                skipSpace()
                guard skip(">"), open.popLast() == name else { throw .malformed }
                return .end(name)
            } else if skip("<") {
                return try readStart()
            }
        }
        guard open.isEmpty, hasRoot else { throw .malformed }
        return nil
    }

    private mutating func readStart() throws(XMLFault) -> Event {
        // Also refuses `<!DOCTYPE` and `<![CDATA[`, which no S3 answer has.
        let name = try readName()
        guard !open.isEmpty || !hasRoot, open.count < Self.depthLimit else { throw .malformed }
        hasRoot = true
        while true {
            skipSpace()
            if skip("/>") {
                pendingEnd = name
                return .start(name)
            }
            if skip(">") {
                open.append(name)
                return .start(name)
            }
            _ = try readName()
            skipSpace()
            guard skip("=") else { throw .malformed }
            skipSpace()
            guard cursor < bytes.count, [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(bytes[cursor]) else {
                throw .malformed
            }
            let quote = bytes[cursor]
            cursor += 1
            while cursor < bytes.count, bytes[cursor] != quote { cursor += 1 }
            guard cursor < bytes.count else { throw .malformed }
            cursor += 1
        }
    }

    /// A name without its namespace's prefix.
    private mutating func readName() throws(XMLFault) -> String {
        let start = cursor
        while cursor < bytes.count, Self.isNameByte(bytes[cursor]) { cursor += 1 }
        guard cursor > start, cursor - start <= Self.nameLimit else { throw .malformed }
        return String(decoding: bytes[start..<cursor], as: UTF8.self)
    }

    private mutating func readText() throws(XMLFault) -> String {
        var text: [UInt8] = []
        while cursor < bytes.count, bytes[cursor] != UInt8(ascii: "<") {
            let byte = bytes[cursor]
            cursor += 1
            if byte == UInt8(ascii: "&") { text += try readEntity() } else { text.append(byte) }
        }
        guard let text = String(validating: text, as: UTF8.self) else { throw .malformed }
        return text
    }

    private mutating func readEntity() throws(XMLFault) -> [UInt8] {
        guard let length = bytes[cursor...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { throw .malformed }
        let name = String(decoding: bytes[cursor..<length], as: UTF8.self)
        cursor = length + 1
        switch name {
        case "amp": return [UInt8(ascii: "&")]
        case "lt": return [UInt8(ascii: "<")]
        case "gt": return [UInt8(ascii: ">")]
        case "quot": return [UInt8(ascii: "\"")]
        case "apos": return [UInt8(ascii: "'")]
        default:
            guard name.hasPrefix("#") else { throw .malformed }
            let number =
                name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : UInt32(name.dropFirst(), radix: 10)
            guard let number, number != 0, let scalar = Unicode.Scalar(number) else { throw .malformed }
            return Array(String(Character(scalar)).utf8)
        }
    }

    private mutating func skip(_ text: StaticString) -> Bool {
        let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard bytes[cursor...].starts(with: wanted) else { return false }
        cursor += wanted.count
        return true
    }

    private mutating func pass(_ text: StaticString) throws(XMLFault) {
        while cursor < bytes.count {
            if skip(text) { return }
            cursor += 1
        }
        throw .malformed
    }

    private mutating func skipSpace() {
        while cursor < bytes.count, bytes[cursor] <= 0x20 { cursor += 1 }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: ":"), 0x80...0xff:
            true
        default: false
        }
    }
}
