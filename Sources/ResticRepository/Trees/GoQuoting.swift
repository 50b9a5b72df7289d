/// Go's spellings of bytes in text: `strconv.Quote` for names, `encoding/json` for everything else.
enum GoQuoting {
    /// The inner part of `strconv.Quote(name)`, which restic stores as a node's name.
    static func quoted(_ name: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(name.count)
        scan(name) { piece in
            switch piece {
            case .invalid(let byte):
                output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "x")])
                output.append(hexDigits: UInt32(byte), count: 2)
            case .scalar(let scalar): append(scalar, to: &output)
            }
        }
        return output
    }

    /// Undoes `quoted`; nil when the text is no inner part of a Go string literal.
    static func unquoted(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let byte = text[index]
            index += 1
            guard byte == UInt8(ascii: "\\") else {
                guard byte != UInt8(ascii: "\""), byte != 0x0A else { return nil }
                output.append(byte)
                continue
            }
            guard index < text.count else { return nil }
            let escape = text[index]
            index += 1
            switch escape {
            case UInt8(ascii: "a"): output.append(0x07)
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0C)
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "v"): output.append(0x0B)
            case UInt8(ascii: "\\"), UInt8(ascii: "\""): output.append(escape)
            case UInt8(ascii: "x"):
                guard let value = digits(2, radix: 16, text, &index) else { return nil }
                output.append(UInt8(value))
            case UInt8(ascii: "u"), UInt8(ascii: "U"):
                let count = escape == UInt8(ascii: "u") ? 4 : 8
                guard let value = digits(count, radix: 16, text, &index), let scalar = Unicode.Scalar(value)
                else { return nil }
                output.append(contentsOf: String(scalar).utf8)
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                index -= 1
                guard let value = digits(3, radix: 8, text, &index), value < 256 else { return nil }
                output.append(UInt8(value))
            default: return nil
            }
        }
        return output
    }

    /// A JSON string as Go writes it, quotes included; a byte that is not UTF-8 becomes the escape `\ufffd`.
    static func json(_ text: [UInt8]) -> [UInt8] {
        var output: [UInt8] = [UInt8(ascii: "\"")]
        scan(text) { piece in
            switch piece {
            case .invalid: output.append(contentsOf: "\\ufffd".utf8)
            case .scalar(let scalar):
                switch scalar {
                case "\"", "\\":
                    output.append(UInt8(ascii: "\\"))
                    output.append(UInt8(ascii: scalar))
                case "\u{08}": output.append(contentsOf: "\\b".utf8)
                case "\u{0C}": output.append(contentsOf: "\\f".utf8)
                case "\n": output.append(contentsOf: "\\n".utf8)
                case "\r": output.append(contentsOf: "\\r".utf8)
                case "\t": output.append(contentsOf: "\\t".utf8)
                case "\u{00}"..."\u{1F}", "<", ">", "&", "\u{2028}", "\u{2029}":
                    output.append(contentsOf: "\\u".utf8)
                    output.append(hexDigits: scalar.value, count: 4)
                default: output.append(contentsOf: String(scalar).utf8)
                }
            }
        }
        output.append(UInt8(ascii: "\""))
        return output
    }

    /// Whether all of it is UTF-8.
    static func isUTF8(_ text: [UInt8]) -> Bool {
        var valid = true
        scan(text) { piece in
            if case .invalid = piece { valid = false }
        }
        return valid
    }

    private static func append(_ scalar: Unicode.Scalar, to output: inout [UInt8]) {
        switch scalar {
        case "\"", "\\":
            output.append(UInt8(ascii: "\\"))
            output.append(UInt8(ascii: scalar))
        case " "..."~": output.append(UInt8(ascii: scalar))
        case "\u{07}": output.append(contentsOf: "\\a".utf8)
        case "\u{08}": output.append(contentsOf: "\\b".utf8)
        case "\u{0C}": output.append(contentsOf: "\\f".utf8)
        case "\n": output.append(contentsOf: "\\n".utf8)
        case "\r": output.append(contentsOf: "\\r".utf8)
        case "\t": output.append(contentsOf: "\\t".utf8)
        case "\u{0B}": output.append(contentsOf: "\\v".utf8)
        case _ where isPrintable(scalar): output.append(contentsOf: String(scalar).utf8)
        case "\u{00}"..."\u{1F}", "\u{7F}":
            output.append(contentsOf: "\\x".utf8)
            output.append(hexDigits: scalar.value, count: 2)
        case "\u{80}"..."\u{FFFF}":
            output.append(contentsOf: "\\u".utf8)
            output.append(hexDigits: scalar.value, count: 4)
        default:
            output.append(contentsOf: "\\U".utf8)
            output.append(hexDigits: scalar.value, count: 8)
        }
    }

    /// Go's `strconv.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space. The two languages' Unicode
    /// versions may differ in scalars assigned of late; names with them read back the same all the same.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator,
            .paragraphSeparator:
            false
        default: true
        }
    }

    private enum Piece {
        case scalar(Unicode.Scalar)
        case invalid(UInt8)
    }

    /// Cuts text as Go does: a scalar, or one byte where none can be decoded.
    private static func scan(_ text: [UInt8], _ body: (Piece) -> Void) {
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte < 0x80 {
                body(.scalar(Unicode.Scalar(byte)))
                index += 1
                continue
            }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
            let lowest: UInt32 = [0x80, 0x800, 0x10000][length - 2]
            var value = UInt32(byte) & (0xFF >> UInt32(length + 1))
            var valid = (0xC2...0xF4).contains(byte) && index + length <= text.count
            for offset in 1..<length where valid {
                let next = text[index + offset]
                valid = next & 0xC0 == 0x80
                value = value << 6 | UInt32(next & 0x3F)
            }
            if valid, value >= lowest, let scalar = Unicode.Scalar(value) {
                body(.scalar(scalar))
                index += length
            } else {
                body(.invalid(byte))
                index += 1
            }
        }
    }

    private static func digits(_ count: Int, radix: UInt32, _ text: UnsafeRawBufferPointer, _ index: inout Int)
        -> UInt32?
    {
        guard index + count <= text.count else { return nil }
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = Character(Unicode.Scalar(text[index])).hexDigitValue, digit < radix else { return nil }
            // Eight hexadecimal digits fill a UInt32.
            value = value &* radix | UInt32(digit)
            index += 1
        }
        return value
    }
}

extension [UInt8] {
    fileprivate mutating func append(hexDigits value: UInt32, count: Int) {
        for digit in (0..<count).reversed() {
            let nibble = UInt8(truncatingIfNeeded: value >> UInt32(digit * 4)) & 15
            append(nibble < 10 ? 0x30 + nibble : 0x57 + nibble)
        }
    }
}
