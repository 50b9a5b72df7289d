/// A glob that chooses paths of a tree, as restic's `--include`.
///
/// `*` and `?` stay within a component, `[a-z]` and `[!a-z]` are sets, `**` is any number of components, `\` takes the next
/// character as it is. With a leading `/` the pattern starts at the root, else anywhere. A matching directory stands for
/// everything in it.
public struct PathPattern: Hashable, Sendable {
    private let components: [[UInt8]]
    private let isAnchored: Bool

    /// Parses a pattern; nil when it has no component.
    public init?(_ text: String) {
        components = text.utf8.split(separator: UInt8(ascii: "/")).map { Array($0) }
        isAnchored = text.utf8.first == UInt8(ascii: "/")
        guard !components.isEmpty else { return nil }
    }

    /// What the pattern says of a path.
    enum Verdict {
        /// The path is chosen, and everything in it.
        case chosen
        /// Something in it may be chosen.
        case mayContain
        /// Nothing in it is chosen.
        case no
    }

    func verdict(on path: [[UInt8]]) -> Verdict {
        if isAnchored { return Self.match(components[...], path[...]) }
        for start in path.indices where Self.match(components[...], path[start...]) == .chosen { return .chosen }
        return .mayContain
    }

    /// Whether the pattern matches the path or a directory above it.
    private static func match(_ pattern: ArraySlice<[UInt8]>, _ path: ArraySlice<[UInt8]>) -> Verdict {
        guard let first = pattern.first else { return .chosen }
        guard let component = path.first else { return .mayContain }
        if first == [UInt8(ascii: "*"), UInt8(ascii: "*")] {
            let rest = pattern.dropFirst()
            if rest.isEmpty { return .chosen }
            for start in path.indices where match(rest, path[start...]) == .chosen { return .chosen }
            return .mayContain
        }
        return matches(first[...], component[...]) ? match(pattern.dropFirst(), path.dropFirst()) : .no
    }

    /// One component, without recursion: after a mismatch the last `*` takes one byte more.
    static func matches(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        var (p, n) = (pattern.startIndex, name.startIndex)
        var retry: (pattern: Int, name: Int)?
        while n < name.endIndex {
            if p < pattern.endIndex, pattern[p] == UInt8(ascii: "*") {
                retry = (p + 1, n)
                p += 1
            } else if let (nextPattern, nextName) = step(pattern, p, name, n) {
                (p, n) = (nextPattern, nextName)
            } else if let (afterStar, from) = retry {
                retry = (afterStar, from + 1)
                (p, n) = (afterStar, from + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// Matches one element of the pattern with one character of the name; nil when they differ.
    private static func step(_ pattern: ArraySlice<UInt8>, _ p: Int, _ name: ArraySlice<UInt8>, _ n: Int) -> (Int, Int)?
    {
        guard p < pattern.endIndex else { return nil }
        let (scalar, next) = character(name, n)
        switch pattern[p] {
        case UInt8(ascii: "?"): return (p + 1, next)
        case UInt8(ascii: "\\") where p + 1 < pattern.endIndex: return pattern[p + 1] == name[n] ? (p + 2, n + 1) : nil
        case UInt8(ascii: "["):
            guard let (isMember, end) = set(pattern, p + 1, scalar) else { fallthrough }
            return isMember ? (end, next) : nil
        default: return pattern[p] == name[n] ? (p + 1, n + 1) : nil
        }
    }

    /// Reads a set up to its `]`; nil when it has none and so is no set.
    private static func set(_ pattern: ArraySlice<UInt8>, _ start: Int, _ scalar: UInt32) -> (Bool, Int)? {
        var p = start
        var isNegated = false
        if p < pattern.endIndex, pattern[p] == UInt8(ascii: "!") || pattern[p] == UInt8(ascii: "^") {
            isNegated = true
            p += 1
        }
        var isMember = false
        var isFirst = true
        while p < pattern.endIndex, isFirst || pattern[p] != UInt8(ascii: "]") {
            isFirst = false
            let (low, afterLow) = character(pattern, p)
            p = afterLow
            var high = low
            if p + 1 < pattern.endIndex, pattern[p] == UInt8(ascii: "-"), pattern[p + 1] != UInt8(ascii: "]") {
                (high, p) = character(pattern, p + 1)
            }
            if low <= scalar, scalar <= high { isMember = true }
        }
        return p < pattern.endIndex ? (isMember != isNegated, p + 1) : nil
    }

    /// The UTF-8 character at a position, or the byte where there is none.
    private static func character(_ text: ArraySlice<UInt8>, _ position: Int) -> (UInt32, Int) {
        let byte = text[position]
        let length = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
        guard length > 1, position + length <= text.endIndex else { return (UInt32(byte), position + 1) }
        var value = UInt32(byte) & (0xFF >> UInt32(length + 1))
        for next in text[(position + 1)..<(position + length)] {
            guard next & 0xC0 == 0x80 else { return (UInt32(byte), position + 1) }
            value = value << 6 | UInt32(next & 0x3F)
        }
        return (value, position + length)
    }
}
