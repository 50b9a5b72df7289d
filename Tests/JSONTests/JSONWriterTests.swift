import JSON
import Testing

struct JSONWriterTests {
    /// What a string must become, character by character.
    private static func escaped(_ text: String, _ escaping: JSONWriter.Escaping) -> String {
        let letters: [UInt32: String] = [
            0x22: "\\\"", 0x5C: "\\\\", 10: "\\n", 13: "\\r", 9: "\\t", 8: "\\b", 12: "\\f",
        ]
        let result = text.unicodeScalars.map { scalar -> String in
            if let known = letters[scalar.value] { return known }
            let isEscaped =
                scalar.value < 0x20 || escaping == .go && (["<", ">", "&", "\u{2028}", "\u{2029}"].contains(scalar))
            guard isEscaped else { return String(scalar) }
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
        return "\"" + result.joined() + "\""
    }

    @Test("a character is escaped wherever in a text it stands", arguments: [JSONWriter.Escaping.minimal, .go])
    func positions(escaping: JSONWriter.Escaping) {
        let characters: [Unicode.Scalar] =
            (0..<0x20).map { Unicode.Scalar(UInt8($0)) } + [
                "\"", "\\", "<", ">", "&", "a", "\u{7F}", "€", "\u{2028}", "\u{2029}",
            ]
        for character in characters {
            for position in 0..<40 {
                for rest in [0, 1, 15, 16, 17, 40] {
                    let text =
                        String(repeating: "x", count: position) + String(character)
                        + String(repeating: "一", count: rest) + String(character)
                    var writer = JSONWriter(escaping: escaping)
                    writer.string(text)
                    let expected = Self.escaped(text, escaping)
                    #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
                }
            }
        }
    }
}
