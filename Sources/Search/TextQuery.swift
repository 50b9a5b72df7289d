import Glibc
import JSON

/// Words that a message must all have, wherever they stand in it and whatever the case of their letters.
///
/// Texts are searched as bytes of UTF-8, as grep does, so Chinese needs no list of words. A segment is looked through as
/// it is stored, before its lines are decoded: only lines that have all words are.
public struct TextQuery: Sendable {
    /// In lower case.
    private let words: [[UInt8]]
    /// The words as they stand in a line of JSON, in lower case; a line that lacks one does not match.
    private let needles: [[UInt8]]

    /// Nil when no word has a letter.
    public init?(words: [String]) {
        let lower = words.map { $0.lowercased() }.filter { !$0.isEmpty }
        guard !lower.isEmpty else { return nil }
        self.words = lower.map { Array($0.utf8) }
        // Letters beyond ASCII have no lower case of the same bytes, so lines are not told apart by words that have one.
        needles = lower.filter { Self.isFound(in: $0) }.map { word in
            var writer = JSONWriter()
            writer.string(word)
            return Array(writer.bytes.dropFirst().dropLast())
        }
    }

    private static func isFound(in word: String) -> Bool {
        // The Kelvin sign and the dotted I are lower-cased to ASCII letters, so words with these are found line by line.
        word.unicodeScalars.allSatisfy { $0.isASCII ? $0 != "k" && $0 != "i" : !$0.properties.isCased }
    }

    /// Whether a text has all words.
    public func matches(_ text: String) -> Bool {
        let lower = Array(text.lowercased().utf8)
        return words.allSatisfy { word in Self.find(word, in: lower, from: 0, to: lower.count) != nil }
    }

    /// The lines of JSON Lines that may match, by their numbers from 0 and where they stand.
    public func candidates(in text: [UInt8]) -> [(number: Int, range: Range<Int>)] {
        let lower = text.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
        guard let first = needles.max(by: { $0.count < $1.count }) else { return Self.allLines(of: text) }
        var found: [(number: Int, range: Range<Int>)] = []
        var (position, number, counted) = (0, 0, 0)
        while let hit = Self.find(first, in: lower, from: position, to: lower.count) {
            let (newlines, start) = Self.newlines(in: lower, from: counted, to: hit)
            number += newlines
            let lineStart = start ?? counted
            let end = Self.find([0x0A], in: lower, from: hit, to: lower.count) ?? lower.count
            if needles.allSatisfy({ Self.find($0, in: lower, from: lineStart, to: end) != nil }) {
                found.append((number, lineStart..<end))
            }
            position = end + 1
            number += 1
            counted = min(position, lower.count)
            if position >= lower.count { break }
        }
        return found
    }

    private static func allLines(of text: [UInt8]) -> [(number: Int, range: Range<Int>)] {
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
    private static func newlines(in bytes: [UInt8], from start: Int, to end: Int) -> (count: Int, last: Int?) {
        var (count, position) = (0, start)
        var last: Int?
        while let next = find([0x0A], in: bytes, from: position, to: end) {
            count += 1
            position = next + 1
            last = position
        }
        return (count, last)
    }

    private static func find(_ needle: [UInt8], in bytes: [UInt8], from start: Int, to end: Int) -> Int? {
        guard !needle.isEmpty, end - start >= needle.count else { return nil }
        // The last byte tells most: Chinese characters share their first ones.
        let tail = needle.count - 1
        return bytes.withUnsafeBytes { bytes in
            needle.withUnsafeBytes { needle in
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
}
