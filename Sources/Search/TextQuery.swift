import Glibc

/// What is looked for: words that a message must all have, wherever they stand and whatever the case of their letters, or regular
/// expressions that must all match.
///
/// Texts are searched as bytes of UTF-8, as grep does, so Chinese needs no list of words. For words, a segment is looked through as it is
/// stored: only lines that have all of them are decoded.
public struct TextQuery: Sendable {
    private enum Terms: Sendable {
        case words([FoldedWord], Folding)
        case patterns([Pattern])
    }

    private let terms: Terms
    /// Words that stand in a line of JSON as in the message, in lower case; a line that lacks one does not match.
    private var needles: [[UInt8]] = []
    /// Words of which that is so where nothing is decomposed; see `Folding.mayBeDecomposed`.
    private var composedNeedles: [[UInt8]] = []

    /// Nil when no word has a letter.
    public init?(words: [String]) {
        let folding = Folding(for: words)
        let folded = words.map { folding.fold($0) }.filter { !$0.isEmpty }
        guard !folded.isEmpty else { return nil }
        terms = .words(folded.map { FoldedWord(text: $0) }, folding)
        // Letters beyond ASCII have no lower case of the same bytes, so lines are not told apart by words that have one.
        for word in words.map({ $0.lowercased() }) where !word.isEmpty && word.unicodeScalars.allSatisfy(Self.isFound) {
            needles.append(Array(word.utf8))
        }
        for word in words.map({ $0.lowercased() }) where word.unicodeScalars.contains(where: Folding.isComposed) {
            guard word.unicodeScalars.allSatisfy({ Self.isFound($0) || Folding.isComposed($0) }) else { continue }
            composedNeedles.append(Array(word.utf8))
        }
    }

    /// Regular expressions as Perl writes them. Nil when all are empty.
    public init?(patterns: [String]) throws(QueryError) {
        var compiled: [Pattern] = []
        for pattern in patterns where !pattern.isEmpty { compiled.append(try Pattern(pattern)) }
        guard !compiled.isEmpty else { return nil }
        terms = .patterns(compiled)
    }

    /// Whether a character of a word stands in a line as it stands in the message.
    private static func isFound(_ scalar: Unicode.Scalar) -> Bool {
        // JSON writes quotes, backslashes and control characters otherwise, and raw content as it is; brackets are around the
        // kind of a message that has nothing else. The Kelvin sign and the dotted I are lower-cased to ASCII letters.
        if scalar.isASCII { return scalar.value >= 0x20 && !"\"\\[]ki\u{7F}".unicodeScalars.contains(scalar) }
        return !Folding.isSpecial(scalar)
    }

    /// What was found in a segment.
    public struct Matches: Sendable {
        /// The messages that match: the numbers of their lines from 0, the conversation's own line counted, and where they stand.
        public var lines: [(number: Int, range: Range<Int>)] = []
        /// How many messages an expression was given up at; whether they match is not known.
        public var givenUp = 0
        /// Why, at the last of them.
        public var reason: QueryError?
    }

    /// Messages of one segment that an expression may be given up at; with more it is no use to go on.
    private static let givenUpLimit = 16

    /// The messages of a segment that match.
    ///
    /// Costs a pass over the bytes for words, and decoding every message for regular expressions.
    public func matches(in segment: [UInt8]) throws(QueryError) -> Matches {
        let lines = candidates(in: segment)
        let result = segment.withUnsafeBytes { segment in
            Result { () throws(QueryError) in
                var text: [UInt8] = []
                let matches = matcher()
                var found = Matches()
                for line in lines {
                    guard SearchedText.read(UnsafeRawBufferPointer(rebasing: segment[line.range]), into: &text) else {
                        continue
                    }
                    do throws(QueryError) {
                        if try matches(text) { found.lines.append(line) }
                    } catch {
                        found.givenUp += 1
                        found.reason = error
                        if found.givenUp > Self.givenUpLimit { throw error }
                    }
                }
                return found
            }
        }
        return try result.get()
    }

    /// Whether a text has all that is looked for, for one thread.
    private func matcher() -> ([UInt8]) throws(QueryError) -> Bool {
        switch terms {
        case .words(let words, .lower):
            let words = words.map(\.bytes)
            return { (text) throws(QueryError) in
                // Invalid UTF-8 is shown as replacement characters, and so it is searched.
                let lower = Array(String(decoding: text, as: UTF8.self).lowercased().utf8)
                return lower.withUnsafeBytes { lower in
                    words.allSatisfy { Self.find($0, in: lower, from: 0, to: lower.count) != nil }
                }
            }
        case .words(let words, let folding):
            return { (text) throws(QueryError) in
                // A letter and its accent may be one code point in the word and two in the text, or the other way round: Swift's
                // characters are equal then.
                let folded = folding.fold(String(decoding: text, as: UTF8.self))
                let bytes = Array(folded.utf8)
                return bytes.withUnsafeBytes { bytes in
                    words.allSatisfy {
                        Self.find($0.bytes, in: bytes, from: 0, to: bytes.count) != nil
                            || folded.contains($0.text)
                    }
                }
            }
        case .patterns(let patterns):
            let matchers = patterns.map(Pattern.Matcher.init)
            return { (text) throws(QueryError) in
                for matcher in matchers where try !matcher.matches(text) { return false }
                return true
            }
        }
    }

    /// Where the first of what is looked for stands in a text, in characters; nil where that cannot be said.
    public func firstMatch(in text: String) -> Range<Int>? {
        switch terms {
        case .words(let words, let folding):
            let folded = folding.fold(text)
            guard let range = words.first.flatMap({ folded.firstRange(of: $0.text) }) else { return nil }
            // Few characters are more or fewer in lower case.
            let start = folded.distance(from: folded.startIndex, to: range.lowerBound)
            return start..<start + folded.distance(from: range.lowerBound, to: range.upperBound)
        case .patterns(let patterns):
            let bytes = Array(text.utf8)
            guard let range = patterns.first.flatMap({ Pattern.Matcher($0).firstRange(in: bytes) }) else { return nil }
            let start = String(decoding: bytes[..<range.lowerBound], as: UTF8.self).count
            return start..<start + String(decoding: bytes[range], as: UTF8.self).count
        }
    }

    /// The lines of JSON Lines that may match.
    func candidates(in text: [UInt8]) -> [(number: Int, range: Range<Int>)] {
        var needles = needles
        if !composedNeedles.isEmpty, !text.withUnsafeBytes(Folding.mayBeDecomposed) { needles += composedNeedles }
        guard let first = needles.max(by: { $0.count < $1.count }) else {
            return text.withUnsafeBytes { Self.allLines(of: $0) }
        }
        // Only letters have a case; without them the text is searched as it is.
        guard needles.contains(where: { $0.contains { $0 &- 0x61 < 26 } }) else {
            return text.withUnsafeBytes { Self.candidates(in: $0, first, needles) }
        }
        return Self.lowercased(text).withUnsafeBytes { Self.candidates(in: $0, first, needles) }
    }

    private static func candidates(
        in text: UnsafeRawBufferPointer, _ first: [UInt8], _ needles: [[UInt8]]
    ) -> [(number: Int, range: Range<Int>)] {
        var found: [(number: Int, range: Range<Int>)] = []
        var (position, number, counted) = (0, 0, 0)
        while let hit = find(first, in: text, from: position, to: text.count) {
            let (ends, start) = newlines(in: text, from: counted, to: hit)
            number += ends
            let lineStart = start ?? counted
            let end = find([0x0A], in: text, from: hit, to: text.count) ?? text.count
            if needles.allSatisfy({ find($0, in: text, from: lineStart, to: end) != nil }) {
                found.append((number, lineStart..<end))
            }
            position = end + 1
            number += 1
            counted = min(position, text.count)
            if position >= text.count { break }
        }
        return found
    }

    /// ASCII letters in lower case. Costs a pass that the compiler turns into vector instructions.
    private static func lowercased(_ text: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: text.count) { lower, count in
            text.withUnsafeBufferPointer { text in
                for index in 0..<text.count {
                    let byte = text[index]
                    lower[index] = byte &- 0x41 < 26 ? byte | 0x20 : byte
                }
            }
            count = text.count
        }
    }

    private static func allLines(of text: UnsafeRawBufferPointer) -> [(number: Int, range: Range<Int>)] {
        var lines: [(number: Int, range: Range<Int>)] = []
        var start = 0
        while start < text.count {
            let end = find([0x0A], in: text, from: start, to: text.count) ?? text.count
            lines.append((lines.count, start..<end))
            start = end + 1
        }
        return lines
    }

    /// How many line ends lie in a range, and where the last line that begins in it begins; nil when none does.
    private static func newlines(
        in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int
    ) -> (count: Int, last: Int?) {
        var (count, position) = (0, start)
        var last: Int?
        while let next = find([0x0A], in: bytes, from: position, to: end) {
            count += 1
            position = next + 1
            last = position
        }
        return (count, last)
    }

    private static func find(_ needle: [UInt8], in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int?
    {
        guard !needle.isEmpty, end - start >= needle.count else { return nil }
        // The last byte tells most: Chinese characters share their first ones.
        let tail = needle.count - 1
        return needle.withUnsafeBytes { needle in
            guard let base = bytes.baseAddress, let wanted = needle.baseAddress else { return nil }
            var position = start + tail
            while position < end {
                guard let hit = memchr(base + position, Int32(needle[tail]), end - position) else { return nil }
                position = UnsafeRawPointer(hit) - base
                if memcmp(base + position - tail, wanted, needle.count) == 0 { return position - tail }
                position += 1
            }
            return nil
        }
    }
}
