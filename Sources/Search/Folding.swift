/// How texts are made alike, so that the case of letters does not matter, nor, where there are accents, how they are written.
enum Folding: Sendable {
    /// Lower case: enough for words of ASCII and of scripts without case.
    case lower
    /// Lower, upper and lower case again: the two small sigmas of Greek become one, and the sharp s of German, small or large, two.
    case full

    init(for words: [String]) {
        self = words.contains { $0.unicodeScalars.contains(where: Self.isSpecial) } ? .full : .lower
    }

    /// Whether a character beyond ASCII has a case, or is an accent on letters that have one.
    static func isSpecial(_ scalar: Unicode.Scalar) -> Bool {
        !scalar.isASCII && (scalar.properties.isCased || (0x300..<0x370).contains(scalar.value))
    }

    func fold(_ text: String) -> String {
        switch self {
        case .lower: text.lowercased()
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
