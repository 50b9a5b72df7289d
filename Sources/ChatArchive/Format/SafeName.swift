/// Names for files and folders made of what people call things: safe to type, to quote and to store anywhere.
public enum SafeName {
    /// Longest file name of Linux file systems, in bytes.
    public static let maximumLength = 255

    /// A name without separators, control characters and what a shell would interpret, at most `limit` bytes, cut at a
    /// character. White space becomes `_`; a leading `-` or `.` too. Never empty.
    public static func make(_ text: String, limit: Int = maximumLength) -> String {
        var name = ""
        var count = 0
        for character in text {
            let safe = isSafe(character) ? character : "_"
            let length = safe.utf8.count
            guard count + length <= limit else { break }
            name.append(safe)
            count += length
        }
        if let first = name.unicodeScalars.first, first == "-" || first == "." { name = "_" + name.dropFirst() }
        return name.isEmpty ? "_" : name
    }

    /// The name of something that has no other part, as a folder has: one that Windows can hold as well. It does not end in a
    /// dot, and is none of the names that devices have there, with whatever behind a dot.
    public static func makeWhole(_ text: String, limit: Int = maximumLength) -> String {
        var name = make(text, limit: limit)
        if isDevice(name) { name = make("_" + name, limit: limit) }
        if name.last == "." { name = name.dropLast() + "_" }
        return name
    }

    private static func isDevice(_ name: String) -> Bool {
        let stem = name.prefix { $0 != "." }.lowercased()
        if ["con", "prn", "aux", "nul"].contains(stem) { return true }
        return stem.count == 4 && (stem.hasPrefix("com") || stem.hasPrefix("lpt"))
            && stem.last.map { "0123456789¹²³".contains($0) } == true
    }

    /// Longest extension before which a number goes, in bytes with its dot; what is longer is no extension.
    private static let extensionLimit = 16

    /// The name, or with `-2`, `-3`, … before its extension when it is taken; and takes it.
    ///
    /// - Parameter ignoringCase: whether names that differ by the case of letters alone are the same, as on Windows and Macs;
    ///   `taken` has them in lower case then.
    public static func unique(
        _ name: String, taken: inout Set<String>, limit: Int = maximumLength, ignoringCase: Bool = false
    ) -> String {
        func take(_ name: String) -> Bool { taken.insert(ignoringCase ? name.lowercased() : name).inserted }
        if take(name) { return name }
        var dot = name.dropFirst().lastIndex(of: ".") ?? name.endIndex
        if name[dot...].utf8.count > extensionLimit { dot = name.endIndex }
        let suffix = name[dot...]
        var number = 2
        while true {
            let tail = "-\(number)\(suffix)"
            let candidate = make(String(name[..<dot]), limit: limit - tail.utf8.count) + tail
            if take(candidate) { return candidate }
            number += 1
        }
    }

    /// Whether everything in a character is safe: marks may stand on an ASCII sign that is not.
    private static func isSafe(_ character: Character) -> Bool {
        character.unicodeScalars.allSatisfy { $0.isASCII ? isSafe(ascii: UInt8(ascii: $0)) : isSafe($0) }
    }

    private static func isSafe(ascii: UInt8) -> Bool {
        switch ascii {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: "="), UInt8(ascii: "@"), UInt8(ascii: "%"):
            true
        default: false
        }
    }

    private static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
        guard !scalar.properties.isWhitespace else { return false }
        return switch scalar.properties.generalCategory {
        case .control, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        // Joiners belong to emoji and to Indic scripts; marks of direction would reorder a listing.
        case .format: scalar.value == 0x200D || scalar.value == 0x200C || (0xE0020...0xE007F).contains(scalar.value)
        default: true
        }
    }
}
