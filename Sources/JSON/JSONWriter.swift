/// Writes JSON text into a byte array, without white space, keys in the order given.
///
/// Strings are valid UTF-8 by construction, so only `"`, `\` and control characters are escaped; `.go` escapes as Go's
/// encoding/json does, which restic's identifiers depend on.
public struct JSONWriter: Sendable {
    /// Which characters are escaped.
    public enum Escaping: Sendable {
        /// `"`, `\` and control characters.
        case minimal
        /// Also `<`, `>`, `&`, U+2028 and U+2029, as Go's encoding/json.
        case go
    }

    /// The text so far.
    public var bytes: [UInt8]
    private let escaping: Escaping
    private var needsComma = false

    /// Starts a text.
    public init(escaping: Escaping = .minimal) {
        bytes = []
        self.escaping = escaping
    }

    /// Starts a text of about so many bytes.
    public init(reserving bytes: Int) {
        self.init()
        self.bytes.reserveCapacity(bytes)
    }

    /// Starts an object.
    public mutating func beginObject() { open("{") }

    /// Ends an object.
    public mutating func endObject() { close("}") }

    /// Starts an array.
    public mutating func beginArray() { open("[") }

    /// Ends an array.
    public mutating func endArray() { close("]") }

    /// Writes a key; its value must follow.
    public mutating func key(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a key that is not a literal; its value must follow.
    public mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a string.
    public mutating func string(_ value: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var value = value
        value.withUTF8 { append($0) }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Writes an integer.
    public mutating func int(_ value: some BinaryInteger) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
        needsComma = true
    }

    /// Writes a finite number; Swift's shortest form that reads back the same.
    public mutating func double(_ value: Double) {
        separate()
        bytes.append(contentsOf: (value.isFinite ? "\(value)" : "null").utf8)
        needsComma = true
    }

    /// Writes true or false.
    public mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
        needsComma = true
    }

    /// Writes null.
    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
        needsComma = true
    }

    /// Writes a value that already is JSON text.
    public mutating func raw(_ text: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: text)
        needsComma = true
    }

    /// Ends a line of JSON Lines.
    public mutating func newline() {
        bytes.append(0x0A)
        needsComma = false
    }

    private mutating func open(_ bracket: Unicode.Scalar) {
        separate()
        bytes.append(UInt8(ascii: bracket))
        needsComma = false
    }

    private mutating func close(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func append(_ utf8: UnsafeBufferPointer<UInt8>) {
        var run = 0
        var index = 0
        while true {
            index = firstCandidate(in: utf8, from: index)
            guard index < utf8.count else { break }
            let byte = utf8[index]
            var length = 1
            let escape: String?
            switch byte {
            case UInt8(ascii: "\""): escape = "\\\""
            case UInt8(ascii: "\\"): escape = "\\\\"
            case 0x0A: escape = "\\n"
            case 0x0D: escape = "\\r"
            case 0x09: escape = "\\t"
            case 0x08: escape = "\\b"
            case 0x0C: escape = "\\f"
            case 0x00..<0x20: escape = Self.unicodeEscape(byte)
            case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
                escape = escaping == .go ? Self.unicodeEscape(byte) : nil
            case 0xE2
            where escaping == .go && index + 2 < utf8.count && utf8[index + 1] == 0x80 && utf8[index + 2] | 1 == 0xA9:
                escape = utf8[index + 2] == 0xA8 ? "\\u2028" : "\\u2029"
                length = 3
            default: escape = nil
            }
            if let escape {
                bytes.append(contentsOf: utf8[run..<index])
                bytes.append(contentsOf: escape.utf8)
                run = index + length
            }
            index += length
        }
        bytes.append(contentsOf: utf8[run...])
    }

    /// Where the first byte from an index on is that may have to be escaped, else the end. Looks at eight bytes at a time:
    /// the lowest bit that the usual tests for a byte leave set is that of the first such byte
    /// (graphics.stanford.edu/~seander/bithacks.html#ZeroInWord).
    private func firstCandidate(in utf8: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let bytes = UnsafeRawBufferPointer(utf8)
        var index = start
        while index + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            var found = Self.below0x20(word) | Self.equal(word, "\"") | Self.equal(word, "\\")
            if escaping == .go {
                found |= Self.equal(word, "<") | Self.equal(word, ">") | Self.equal(word, "&")
                found |= Self.zeros(word ^ Self.ones &* 0xE2)
            }
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < bytes.count {
            switch bytes[index] {
            case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"): return index
            case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"), 0xE2:
                if escaping == .go { return index }
            default: break
            }
            index += 1
        }
        return index
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101

    private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & (ones << 7) }

    private static func below0x20(_ word: UInt64) -> UInt64 { (word &- ones &* 0x20) & ~word & (ones << 7) }

    private static func equal(_ word: UInt64, _ character: Unicode.Scalar) -> UInt64 {
        zeros(word ^ ones &* UInt64(character.value))
    }

    private static func unicodeEscape(_ byte: UInt8) -> String {
        let digits = Array("0123456789abcdef")
        return "\\u00\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
    }
}
