/// What the words of a message are made of: lines, within bounds.
enum WeChatText {
    /// The longest text of a message, in bytes; what people can type ends far below it.
    static let longest = 1 << 20

    /// Bytes as text. What is not UTF-8 becomes U+FFFD; what is too long ends in "…".
    static func string(_ bytes: ArraySlice<UInt8>, longest: Int = longest) -> String {
        // Repairing may make three bytes of one.
        guard bytes.count > longest else { return bounded(String(decoding: bytes, as: UTF8.self), longest: longest) }
        var end = bytes.startIndex + longest
        // Not amid a character; of bytes that are none, only few are looked at.
        let lowest = end - 3
        while end > lowest, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        let text = String(decoding: bytes[..<end], as: UTF8.self)
        return text.utf8.count > longest ? bounded(text, longest: longest) : text + "…"
    }

    /// A text within bounds.
    static func bounded(_ text: String, longest: Int = longest) -> String {
        guard text.utf8.count > longest else { return text }
        // An index amid a character stands for its beginning.
        return text[..<text.utf8.index(text.startIndex, offsetBy: longest)] + "…"
    }

    /// Lines under each other, without those that are empty or say again what stands above.
    static func lines(_ lines: String?...) -> String { self.lines(lines) }

    /// Lines under each other, without those that are empty or say again what stands above.
    static func lines(_ lines: [String?]) -> String {
        var kept: [String] = []
        for case let line? in lines where !line.isEmpty && !kept.contains(line) { kept.append(line) }
        return kept.joined(separator: "\n")
    }

    /// A word in brackets, as WeChat shows what is no text, and what it is about.
    static func labelled(_ label: String, _ text: String?) -> String {
        guard let text, !text.isEmpty else { return "[\(label)]" }
        return "[\(label)] \(text)"
    }

    /// The first line of a text.
    static func firstLine(_ text: String) -> String {
        guard let end = text.utf8.firstIndex(of: 0x0A) else { return text }
        return String(text[..<end])
    }

    /// A text with something before each of its lines.
    static func indented(_ text: String, by prefix: String) -> String {
        var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).makeIterator()
        var result = prefix + (lines.next().map(Substring.init) ?? "")
        while let line = lines.next() {
            result += "\n"
            result += prefix
            result += Substring(line)
        }
        return result
    }

    /// A text in which each `open`name`close` is replaced by what is known for the name, else stays.
    static func filled(
        _ template: String, open: StaticString, close: UInt8, with value: (String) -> String?
    ) -> String {
        let bytes = Array(template.utf8)
        let width = open.utf8CodeUnitCount
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            // A name is short; without a bound, thousands that do not end would each be read to the end.
            if bytes[index...].starts(with: UnsafeBufferPointer(start: open.utf8Start, count: width)),
                let end = bytes[(index + width)...].prefix(longestName + 1).firstIndex(of: close),
                let filling = value(String(decoding: bytes[(index + width)..<end], as: UTF8.self))
            {
                result += filling.utf8
                index = end + 1
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The longest name that is filled, in bytes.
    private static let longestName = 128
}
