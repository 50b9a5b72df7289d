import Glibc

/// How texts are made alike, so that the case of letters does not matter, nor, where there are accents, how they are written.
enum Folding: Sendable {
    /// Lower case: enough for words of ASCII and of scripts without case that are written in one way only.
    case lower
    /// The same, compared by characters as well: a character may be one code point in the word and several in the text, or the other
    /// way round.
    case characters
    /// Lower, upper and lower case again: the two small sigmas of Greek become one, and the sharp s of German, small or large, two.
    /// Compared by characters as well.
    case full

    init(for words: [String]) {
        let special = words.flatMap(\.unicodeScalars).filter(Self.isSpecial)
        let hasCase = special.contains { $0.properties.isCased || (0x300..<0x370).contains($0.value) }
        self = special.isEmpty ? .lower : hasCase ? .full : .characters
    }

    /// Whether a character beyond ASCII has a case, is an accent on letters that have one, or may be written in more than one way:
    /// as one code point, or as several, as names of files from a Mac are.
    static func isSpecial(_ scalar: Unicode.Scalar) -> Bool {
        !scalar.isASCII
            && (scalar.properties.isCased || isComposed(scalar) || decomposing.contains { $0.contains(scalar.value) })
    }

    /// Whether it is a syllable of Hangul or a voiced kana, as one code point: what other writing there is of them has the bytes
    /// that `mayBeDecomposed` looks for.
    static func isComposed(_ scalar: Unicode.Scalar) -> Bool { composed.contains { $0.contains(scalar.value) } }

    private static let composed: [ClosedRange<UInt32>] = [
        0x304C...0x3094, 0x309E...0x309E, 0x30AC...0x30F4, 0x30F7...0x30FE, 0xAC00...0xD7A3,
    ]

    /// Beside them, what decomposes canonically, and what of a decomposition follows the first part (UnicodeData.txt of
    /// Unicode 16): of letters without case that people write. In order: accents; Arabic and Hebrew; Devanagari; Bengali to
    /// Sinhala; Tibetan; Myanmar, the jamo of Hangul, Balinese; marks of kana, Chinese characters of old code pages.
    private static let decomposing: [ClosedRange<UInt32>] = [
        0x0300...0x036F,
        0x0622...0x0626, 0x0653...0x0655, 0x06C0...0x06C2, 0x06D3...0x06D3, 0xFB1D...0xFB4E,
        0x0929...0x0929, 0x0931...0x0934, 0x093C...0x093C, 0x0958...0x095F,
        0x09BC...0x09BE, 0x09CB...0x09CC, 0x09D7...0x09DF, 0x0A33...0x0A36, 0x0A3C...0x0A3C, 0x0A59...0x0A5E,
        0x0B3C...0x0B3E, 0x0B48...0x0B4C, 0x0B56...0x0B5D, 0x0B94...0x0B94, 0x0BBE...0x0BBE, 0x0BCA...0x0BD7,
        0x0C48...0x0C56, 0x0CC0...0x0CC2, 0x0CC7...0x0CD6, 0x0D3E...0x0D3E, 0x0D4A...0x0D57, 0x0DCA...0x0DDF,
        0x0F43...0x0F43, 0x0F4D...0x0F4D, 0x0F52...0x0F52, 0x0F57...0x0F5C, 0x0F69...0x0F81, 0x0F93...0x0FB9,
        0x1025...0x102E, 0x1100...0x11FF, 0x1B06...0x1B43,
        0x3099...0x309A, 0xF900...0xFAD9, 0x2F800...0x2FA1D,
    ]

    /// Whether UTF-8 may have a syllable of Hangul or a voiced kana in parts: jamo, U+1100 to U+11FF, or the marks U+3099 and U+309A.
    static func mayBeDecomposed(_ text: UnsafeRawBufferPointer) -> Bool {
        has(0xE1, in: text) { second, _ in 0x84...0x87 ~= second }
            || has(0xE3, in: text) { second, third in second == 0x82 && 0x99...0x9A ~= third }
    }

    /// Whether a character of three bytes begins with `first` and goes on as `rest` says.
    private static func has(_ first: UInt8, in text: UnsafeRawBufferPointer, _ rest: (UInt8, UInt8) -> Bool) -> Bool {
        guard let base = text.baseAddress else { return false }
        var position = 0
        while let hit = memchr(base + position, Int32(first), text.count - position) {
            let start = UnsafeRawPointer(hit) - base
            guard start + 2 < text.count else { return false }
            if rest(text[start + 1], text[start + 2]) { return true }
            position = start + 1
        }
        return false
    }

    func fold(_ text: String) -> String {
        switch self {
        case .lower, .characters: text.lowercased()
        case .full: text.lowercased().uppercased().lowercased()
        }
    }
}

/// A word that is looked for.
struct FoldedWord: Sendable {
    let text: String
    let bytes: [UInt8]

    init(text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }
}
