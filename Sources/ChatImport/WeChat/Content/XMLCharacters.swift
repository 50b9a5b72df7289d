import Glibc

/// Characters of a text of XML, by where they stand in it.
struct XMLCharacters {
    /// Where they stand.
    let range: Range<Int>
    /// Whether an ampersand among them is one, as in CDATA, and begins no entity.
    let isLiteral: Bool

    init(_ range: Range<Int>, isLiteral: Bool) {
        self.range = range
        self.isLiteral = isLiteral
    }

    /// The characters, with entities resolved; an ampersand that begins none is itself. What is not UTF-8 becomes U+FFFD.
    func text(in bytes: UnsafeBufferPointer<UInt8>) -> String {
        let bytes = bytes.extracting(range)
        return resolved(bytes).map { String(decoding: $0, as: UTF8.self) } ?? String(decoding: bytes, as: UTF8.self)
    }

    /// Whether they are what stands between elements to indent them; nothing at all is, too.
    func isSpaces(in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let bytes = bytes.extracting(range)
        guard let first = bytes.first(where: { !Self.isSpace($0) }) else { return true }
        guard first == UInt8(ascii: "&") else { return false }
        return resolved(bytes)?.allSatisfy(Self.isSpace) ?? false
    }

    /// Whether the same bytes stand at two places.
    static func areEqual(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        guard let left = left.baseAddress, let base = right.baseAddress else { return true }
        return memcmp(left, base, right.count) == 0
    }

    /// Whether a byte is a space, a tabulator or an end of a line.
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// Bytes with entities resolved; nil when there are none.
    private func resolved(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard !isLiteral, let base = bytes.baseAddress, memchr(base, Int32(UInt8(ascii: "&")), bytes.count) != nil
        else {
            return nil
        }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "&"),
                let entity = Self.entity(bytes.extracting(index + 1..<min(index + 13, bytes.count)))
            {
                result.append(contentsOf: UTF8.encode(entity.character) ?? UTF8.encodedReplacementCharacter)
                index += entity.length + 2
            } else {
                result.append(byte)
                index += 1
            }
        }
        return result
    }

    /// The character of what follows an ampersand, and how many bytes stand before its semicolon.
    private static func entity(_ bytes: UnsafeBufferPointer<UInt8>) -> (character: Unicode.Scalar, length: Int)? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let name = bytes.extracting(..<end)
        if name.first == UInt8(ascii: "#") {
            let digits = name.dropFirst()
            let isHexadecimal = digits.first == UInt8(ascii: "x") || digits.first == UInt8(ascii: "X")
            let text = String(decoding: isHexadecimal ? digits.dropFirst() : digits, as: UTF8.self)
            guard let number = UInt32(text, radix: isHexadecimal ? 16 : 10), !text.hasPrefix("+") else { return nil }
            return (Unicode.Scalar(number) ?? "\u{FFFD}", end)
        }
        for (entity, character) in entities where name.elementsEqual(entity.utf8Buffer) { return (character, end) }
        return nil
    }

    private static let entities: [(StaticString, Unicode.Scalar)] = [
        ("lt", "<"), ("gt", ">"), ("amp", "&"), ("quot", "\""), ("apos", "'"),
    ]
}

extension StaticString {
    /// Its bytes.
    fileprivate var utf8Buffer: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}
