import Glibc

/// The kinds of JSON value.
public enum JSONKind: Sendable { case object, array, string, number, bool, null }

/// A pull reader over JSON text (RFC 8259), in memory or streamed, that makes no tree.
///
/// Call the method that fits what comes next; every method throws `JSONError` and leaves the reader unusable then.
///
///     try reader.beginObject()
///     while let key = try reader.nextKey() {
///         switch key {
///         case "time": time = try reader.readInt64()
///         default: try reader.skipValue()
///         }
///     }
///
/// Invalid UTF-8 and lone surrogates are replaced by U+FFFD. A streamed text needs memory for its longest string or raw
/// value only; values that are skipped need none.
public struct JSONReader: ~Copyable {
    /// Fills the buffer with the text's next bytes and returns how many, 0 at the end.
    public typealias Source = (UnsafeMutableRawBufferPointer) throws(JSONError) -> Int

    /// Deepest nesting that `skipValue` and `rawValue` accept.
    public static let depthLimit = 512

    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var cursor = 0
    private var end: Int
    /// Text bytes before `base[0]`.
    private var dropped = 0
    /// First byte that a refill must keep.
    private var pin: Int?
    private var expectsComma = false
    /// The last string that had escapes, without them.
    private var scratch = ByteBuffer()
    private let source: Source?
    private let maximumValueLength: Int
    private let acceptsHexEscapes: Bool

    /// Reads a text in memory; `text` must outlive the reader.
    ///
    /// - Parameter acceptsHexEscapes: also takes `\xNN`, which Telegram Desktop writes for some control characters.
    public init(_ text: UnsafeRawBufferPointer, acceptsHexEscapes: Bool = false) {
        let noBytes = UnsafeMutablePointer<UInt8>(bitPattern: 1)!
        base =
            text.baseAddress.map { UnsafeMutablePointer(mutating: $0.assumingMemoryBound(to: UInt8.self)) } ?? noBytes
        capacity = 0
        end = text.count
        source = nil
        maximumValueLength = .max
        self.acceptsHexEscapes = acceptsHexEscapes
    }

    /// Reads a text of any length from `source`.
    ///
    /// - Parameters:
    ///   - maximumValueLength: longest string, key or raw value, in bytes; a longer one throws `tooLong`.
    ///   - acceptsHexEscapes: also takes `\xNN`, which Telegram Desktop writes for some control characters.
    public init(maximumValueLength: Int = 64 << 20, acceptsHexEscapes: Bool = false, source: @escaping Source) {
        capacity = 256 << 10
        base = .allocate(capacity: capacity)
        end = 0
        self.source = source
        self.maximumValueLength = maximumValueLength
        self.acceptsHexEscapes = acceptsHexEscapes
    }

    deinit {
        if source != nil { base.deallocate() }
    }

    /// Bytes read so far.
    public var offset: Int { dropped + cursor }

    // MARK: Structure

    /// What kind of value comes next.
    public mutating func peekKind() throws(JSONError) -> JSONKind {
        switch try nextSignificantByte() {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case let byte: throw JSONError(.unexpected(byte: byte, expected: "a value"), at: offset)
        }
    }

    /// Enters an object.
    public mutating func beginObject() throws(JSONError) {
        try expect(UInt8(ascii: "{"))
        expectsComma = false
    }

    /// The next key of the object, or nil when it ends. The key is valid until the next call.
    public mutating func nextKey() throws(JSONError) -> JSONKey? {
        guard try continues(until: UInt8(ascii: "}")) else { return nil }
        let key = JSONKey(bytes: try scanString())
        expectsComma = false
        if cursor < end, base[cursor] == UInt8(ascii: ":") {
            cursor += 1
            return key
        }
        // The key may lie in the buffer, which a refill on the way to the colon moves.
        let held = copied(key)
        try expect(UInt8(ascii: ":"))
        return held
    }

    /// Enters an array.
    public mutating func beginArray() throws(JSONError) {
        try expect(UInt8(ascii: "["))
        expectsComma = false
    }

    /// Whether the array has another element, which is read next.
    public mutating func nextElement() throws(JSONError) -> Bool {
        guard try continues(until: UInt8(ascii: "]")) else { return false }
        expectsComma = false
        return true
    }

    /// Whether only white space is left.
    public mutating func isAtEnd() throws(JSONError) -> Bool {
        try skipWhitespace()
    }

    /// Allows another text to follow, as in JSON Lines.
    public mutating func beginNextText() {
        expectsComma = false
    }

    // MARK: Values

    /// Reads a string.
    public mutating func readString() throws(JSONError) -> String {
        String(decoding: try readUTF8(), as: UTF8.self)
    }

    /// Reads a string's bytes without making a String; valid until the next call.
    public mutating func readUTF8() throws(JSONError) -> UnsafeRawBufferPointer {
        let bytes = try scanString()
        expectsComma = true
        return bytes
    }

    /// Reads a string or null.
    public mutating func readOptionalString() throws(JSONError) -> String? {
        try readNullIfPresent() ? nil : try readString()
    }

    /// Reads an integer.
    public mutating func readInt64() throws(JSONError) -> Int64 {
        let start = offset
        var byte = try nextSignificantByte()
        let negative = byte == UInt8(ascii: "-")
        if negative { cursor += 1 }
        var value: Int64 = 0
        var digits = 0
        while cursor < end ? true : try fill() {
            byte = base[cursor]
            guard byte &- 0x30 < 10 else { break }
            // RFC 8259, section 6: no leading zeros.
            guard value != 0 || digits == 0 else { throw JSONError(.badNumber, at: start) }
            let (product, overflow1) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(byte &- 0x30)
            let (sum, overflow2) =
                negative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard !overflow1, !overflow2 else { throw JSONError(.badNumber, at: start) }
            value = sum
            digits += 1
            cursor += 1
        }
        guard digits > 0, !(cursor < end && Self.continuesNumber(base[cursor])) else {
            throw JSONError(.badNumber, at: start)
        }
        expectsComma = true
        return value
    }

    /// Reads a number.
    public mutating func readDouble() throws(JSONError) -> Double {
        _ = try nextSignificantByte()
        let start = offset
        let text = try pinned { (reader) throws(JSONError) in try reader.passNumber() }
        guard let value = Double(String(decoding: text, as: UTF8.self)) else { throw JSONError(.badNumber, at: start) }
        return value
    }

    /// Reads true or false.
    public mutating func readBool() throws(JSONError) -> Bool {
        let isTrue = try nextSignificantByte() == UInt8(ascii: "t")
        try expectWord(isTrue ? "true" : "false")
        return isTrue
    }

    /// Reads null if it comes next, else leaves the value unread.
    public mutating func readNullIfPresent() throws(JSONError) -> Bool {
        guard try nextSignificantByte() == UInt8(ascii: "n") else { return false }
        try expectWord("null")
        return true
    }

    /// Passes over a value of any kind and size.
    public mutating func skipValue() throws(JSONError) {
        var closers = OpenBrackets()
        repeat {
            let byte = try nextSignificantByte()
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard closers.count < Self.depthLimit else {
                    throw JSONError(.tooDeep(limit: Self.depthLimit), at: offset)
                }
                closers.open(byte)
                cursor += 1
                expectsComma = false
            case UInt8(ascii: "\""): try skipString()
            case UInt8(ascii: "t"): try expectWord("true")
            case UInt8(ascii: "f"): try expectWord("false")
            case UInt8(ascii: "n"): try expectWord("null")
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try passNumber()
            default: throw JSONError(.unexpected(byte: byte, expected: "a value"), at: offset)
            }
            while let closer = closers.last {
                guard try continues(until: closer) else {
                    closers.removeLast()
                    continue
                }
                if closer == UInt8(ascii: "}") {
                    try skipString()
                    try expect(UInt8(ascii: ":"))
                }
                expectsComma = false
                break
            }
        } while !closers.isEmpty
        expectsComma = true
    }

    /// The text of the next value as it stands, checked for syntax.
    public mutating func rawValue() throws(JSONError) -> [UInt8] {
        _ = try nextSignificantByte()
        return [UInt8](try pinned { (reader) throws(JSONError) in try reader.skipValue() })
    }

    /// The next value rewritten as one line without white space: strict JSON in valid UTF-8, whatever `\xNN`, broken
    /// UTF-8 or line breaks the text had. Numbers and the order of keys stay as they are.
    public mutating func compactValue() throws(JSONError) -> [UInt8] {
        var writer = JSONWriter()
        var closers: [UInt8] = []
        let start = offset
        repeat {
            switch try peekKind() {
            case .object, .array:
                guard closers.count < Self.depthLimit else {
                    throw JSONError(.tooDeep(limit: Self.depthLimit), at: offset)
                }
                let isObject = base[cursor] == UInt8(ascii: "{")
                closers.append(base[cursor] + 2)
                cursor += 1
                expectsComma = false
                if isObject { writer.beginObject() } else { writer.beginArray() }
            case .string: writer.string(try readString())
            case .bool: writer.bool(try readBool())
            case .null:
                try expectWord("null")
                writer.null()
            case .number: writer.raw(try pinned { (reader) throws(JSONError) in try reader.passNumber() })
            }
            guard writer.bytes.count <= maximumValueLength else {
                throw JSONError(.tooLong(limit: maximumValueLength), at: start)
            }
            while let closer = closers.last {
                guard try continues(until: closer) else {
                    if closer == UInt8(ascii: "}") { writer.endObject() } else { writer.endArray() }
                    closers.removeLast()
                    continue
                }
                if closer == UInt8(ascii: "}") {
                    writer.key(String(decoding: try scanString(), as: UTF8.self))
                    try expect(UInt8(ascii: ":"))
                }
                expectsComma = false
                break
            }
        } while !closers.isEmpty
        return writer.bytes
    }

    // MARK: Scanning

    private mutating func continues(until closer: UInt8) throws(JSONError) -> Bool {
        var byte = try nextSignificantByte()
        if byte == closer {
            cursor += 1
            expectsComma = true
            return false
        }
        if expectsComma {
            try expect(UInt8(ascii: ","))
            byte = try nextSignificantByte()
            if byte == closer { throw JSONError(.unexpected(byte: byte, expected: "a value"), at: offset) }
        }
        return true
    }

    private mutating func skipWhitespace() throws(JSONError) -> Bool {
        while cursor < end ? true : try fill() {
            switch base[cursor] {
            case 0x20, 0x0A, 0x0D, 0x09: cursor += 1
            default: return false
            }
        }
        return true
    }

    @inline(__always)
    private mutating func nextSignificantByte() throws(JSONError) -> UInt8 {
        // Programs write no white space.
        if cursor < end, base[cursor] > 0x20 { return base[cursor] }
        return try significantByteAfterSpace()
    }

    private mutating func significantByteAfterSpace() throws(JSONError) -> UInt8 {
        if try skipWhitespace() { throw JSONError(.endOfInput, at: offset) }
        return base[cursor]
    }

    @inline(__always)
    private mutating func expect(_ byte: UInt8) throws(JSONError) {
        let found = try nextSignificantByte()
        guard found == byte else { throw unexpected(found, instead: byte) }
        cursor += 1
    }

    private func unexpected(_ found: UInt8, instead byte: UInt8) -> JSONError {
        JSONError(.unexpected(byte: found, expected: "'\(Character(Unicode.Scalar(byte)))'"), at: offset)
    }

    private mutating func expectWord(_ word: StaticString) throws(JSONError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard cursor < end ? true : try fill() else { throw JSONError(.endOfInput, at: offset) }
            guard base[cursor] == word.utf8Start[index] else {
                throw JSONError(.unexpected(byte: base[cursor], expected: "\(word)"), at: offset)
            }
            cursor += 1
        }
        expectsComma = true
    }

    private static func continuesNumber(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e") || byte == UInt8(ascii: "+")
    }

    /// Passes over a number of RFC 8259's grammar.
    private mutating func passNumber() throws(JSONError) {
        let start = offset
        if try upcoming() == UInt8(ascii: "-") { cursor += 1 }
        if try upcoming() == UInt8(ascii: "0") { cursor += 1 } else { try passDigits(from: start) }
        if try upcoming() == UInt8(ascii: ".") {
            cursor += 1
            try passDigits(from: start)
        }
        if let byte = try upcoming(), byte | 0x20 == UInt8(ascii: "e") {
            cursor += 1
            if let sign = try upcoming(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { cursor += 1 }
            try passDigits(from: start)
        }
        if let byte = try upcoming(), byte &- 0x30 < 10 || Self.continuesNumber(byte) {
            throw JSONError(.badNumber, at: start)
        }
        expectsComma = true
    }

    private mutating func passDigits(from start: Int) throws(JSONError) {
        var count = 0
        while let byte = try upcoming(), byte &- 0x30 < 10 {
            cursor += 1
            count += 1
        }
        guard count > 0 else { throw JSONError(.badNumber, at: start) }
    }

    private mutating func skipString() throws(JSONError) {
        try expect(UInt8(ascii: "\""))
        while cursor < end ? true : try fill() {
            cursor = endOfPlainRun()
            guard cursor < end else { continue }
            cursor += 1
            if base[cursor - 1] == UInt8(ascii: "\"") {
                expectsComma = true
                return
            }
            try skipEscape()
        }
        throw JSONError(.endOfInput, at: offset)
    }

    /// Where the next quote or backslash lies, or `end`.
    private func endOfPlainRun() -> Int {
        var position = cursor
        // Searched in windows that grow: a text full of escapes would else be searched to its far quote at every one.
        var window = 64
        while position < end {
            let start = UnsafeRawPointer(base + position)
            let searched = min(window, end - position)
            var length = searched
            if let quote = memchr(start, Int32(UInt8(ascii: "\"")), length) { length = UnsafeRawPointer(quote) - start }
            if let backslash = memchr(start, Int32(UInt8(ascii: "\\")), length) {
                length = UnsafeRawPointer(backslash) - start
            }
            position += length
            if length < searched { break }
            window *= 2
        }
        return position
    }

    private mutating func skipEscape() throws(JSONError) {
        let start = offset - 1
        switch try nextByte() {
        case UInt8(ascii: "n"), UInt8(ascii: "t"), UInt8(ascii: "r"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return
        case UInt8(ascii: "u"): _ = try hexDigits(4, from: start)
        case UInt8(ascii: "x") where acceptsHexEscapes: _ = try hexDigits(2, from: start)
        default: throw JSONError(.badEscape, at: start)
        }
    }

    /// The string's bytes, in the buffer when it has no escapes, else in `scratch`.
    private mutating func scanString() throws(JSONError) -> UnsafeRawBufferPointer {
        try expect(UInt8(ascii: "\""))
        pin = cursor
        defer { pin = nil }
        while true {
            cursor = endOfPlainRun()
            if cursor < end {
                if base[cursor] == UInt8(ascii: "\\") { return try scanEscapedString() }
                let start = pin ?? cursor
                let bytes = UnsafeRawBufferPointer(start: base + start, count: cursor - start)
                cursor += 1
                return bytes
            }
            guard try fill() else { throw JSONError(.endOfInput, at: offset) }
        }
    }

    private mutating func scanEscapedString() throws(JSONError) -> UnsafeRawBufferPointer {
        let start = pin ?? cursor
        scratch.removeAll()
        scratch.append(UnsafeRawBufferPointer(start: base + start, count: cursor - start))
        pin = nil
        while cursor < end ? true : try fill() {
            let runEnd = endOfPlainRun()
            guard scratch.count <= maximumValueLength - (runEnd - cursor) else {
                throw JSONError(.tooLong(limit: maximumValueLength), at: offset)
            }
            scratch.append(UnsafeRawBufferPointer(start: base + cursor, count: runEnd - cursor))
            cursor = runEnd
            guard cursor < end else { continue }
            cursor += 1
            if base[cursor - 1] == UInt8(ascii: "\"") { return scratch.bytes }
            try scanEscape()
        }
        throw JSONError(.endOfInput, at: offset)
    }

    private mutating func scanEscape() throws(JSONError) {
        let start = offset - 1
        switch try nextByte() {
        case UInt8(ascii: "n"): scratch.append(0x0A)
        case UInt8(ascii: "t"): scratch.append(0x09)
        case UInt8(ascii: "r"): scratch.append(0x0D)
        case UInt8(ascii: "b"): scratch.append(0x08)
        case UInt8(ascii: "f"): scratch.append(0x0C)
        case let byte where byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "/"):
            scratch.append(byte)
        case UInt8(ascii: "x") where acceptsHexEscapes:
            append(Unicode.Scalar(UInt8(try hexDigits(2, from: start))))
        case UInt8(ascii: "u"):
            var unit = try hexDigits(4, from: start)
            while unit & 0xFC00 == 0xD800 {
                guard try upcoming() == UInt8(ascii: "\\") else { break }
                cursor += 1
                guard try upcoming() == UInt8(ascii: "u") else {
                    append("\u{FFFD}")
                    return try scanEscape()
                }
                cursor += 1
                let second = try hexDigits(4, from: start)
                if second & 0xFC00 == 0xDC00 {
                    unit = 0x10000 + (unit & 0x3FF) << 10 + second & 0x3FF
                } else {
                    append("\u{FFFD}")
                    unit = second
                }
            }
            append(Unicode.Scalar(unit) ?? "\u{FFFD}")
        default: throw JSONError(.badEscape, at: start)
        }
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { scratch.append(byte) }
    }

    private mutating func upcoming() throws(JSONError) -> UInt8? {
        (cursor < end ? true : try fill()) ? base[cursor] : nil
    }

    private mutating func nextByte() throws(JSONError) -> UInt8 {
        guard let byte = try upcoming() else { throw JSONError(.endOfInput, at: offset) }
        cursor += 1
        return byte
    }

    private mutating func hexDigits(_ count: Int, from start: Int) throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            let byte = try nextByte()
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - 0x30)
            case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
                value = value << 4 | UInt32((byte | 0x20) - 0x57)
            default: throw JSONError(.badEscape, at: start)
            }
        }
        return value
    }

    // MARK: Buffer

    /// Runs `body` and returns the bytes that it consumed, kept together across refills.
    private mutating func pinned(
        _ body: (inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) -> UnsafeRawBufferPointer {
        pin = cursor
        defer { pin = nil }
        try body(&self)
        let start = pin ?? cursor
        return UnsafeRawBufferPointer(start: base + start, count: cursor - start)
    }

    private mutating func copied(_ key: JSONKey) -> JSONKey {
        if key.bytes.baseAddress != scratch.bytes.baseAddress {
            scratch.removeAll()
            scratch.append(key.bytes)
        }
        return JSONKey(bytes: scratch.bytes)
    }

    private mutating func fill() throws(JSONError) -> Bool {
        guard let source else { return false }
        let keep = pin ?? cursor
        let kept = end - keep
        guard kept < maximumValueLength else {
            throw JSONError(.tooLong(limit: maximumValueLength), at: dropped + keep)
        }
        if kept > capacity / 2 {
            let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2)
            larger.update(from: base + keep, count: kept)
            base.deallocate()
            base = larger
            capacity *= 2
        } else {
            base.update(from: base + keep, count: kept)
        }
        dropped += keep
        cursor -= keep
        if pin != nil { pin = 0 }
        end = kept
        let count = try source(UnsafeMutableRawBufferPointer(start: base + end, count: capacity - end))
        end += count
        return count > 0
    }
}

extension JSONReader {
    /// Reads a text in memory with `body`.
    public static func read<Value>(
        _ text: [UInt8], _ body: (inout JSONReader) throws(JSONError) -> Value
    ) throws(JSONError) -> Value {
        try text.withUnsafeBufferPointer { (bytes) throws(JSONError) in
            var reader = JSONReader(UnsafeRawBufferPointer(bytes))
            return try body(&reader)
        }
    }
}
