/// What opens a source that a messenger has encrypted, as the user wrote it into a file.
///
///     # a line each; names may have a prefix, as in `v4-image-aes`, and ':' or '=' behind them
///     database-key 0970be4                  a passphrase, or 64 (96) hexadecimal digits; the name may be left out
///     image-aes 228483845d90eca2            the key of pictures of WeChat 4: 16 characters, or 32 hexadecimal digits
///     image-xor da                          a byte
public struct SourceKeys: Sendable {
    /// What opens databases.
    public var databaseKeys: [DatabaseKey] = []
    /// The key of encrypted pictures: 16 bytes.
    public var imageKey: [UInt8]?
    /// The byte with which the end of encrypted pictures is changed.
    public var imageByte: UInt8?

    /// None.
    public init() {}

    /// What is wrong with a line of a text of keys; lines count from 1. It says nothing of what stands there, which may be secret.
    public enum Fault: Error, Hashable, Sendable {
        /// The name of a key stands there, and nothing behind it.
        case noValue(line: Int)
        /// A word that is no name of a key stands before something else.
        case unknownName(line: Int)
        /// What stands there is no key of its kind.
        case badValue(line: Int)
    }

    /// Reads the lines of a text.
    public init(parsing text: [UInt8]) throws(Fault) {
        var text = text[...]
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
        var number = 0
        for line in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            let line = Self.trimmed(line)
            guard let first = line.first, first != UInt8(ascii: "#") else { continue }
            try read(line, number)
        }
    }

    private mutating func read(_ line: ArraySlice<UInt8>, _ number: Int) throws(Fault) {
        let name = line.prefix(while: Self.isOfName)
        var value = Self.trimmed(line.dropFirst(name.count))
        let written = String(decoding: name, as: UTF8.self)
        let kind = Kind.allCases.first { written.hasSuffix($0.rawValue) }
        guard let kind else {
            // `word: value`, `word=value`, or two words.
            let isNamed = value.first.map(Self.separators.contains) == true && !name.isEmpty && value.count > 1
            guard !isNamed, !line.contains(where: Self.isSpace) else { throw .unknownName(line: number) }
            guard let key = DatabaseKey(Array(line)) else { throw .badValue(line: number) }
            databaseKeys.append(key)
            return
        }
        if let first = value.first, Self.separators.contains(first) { value = Self.trimmed(value.dropFirst()) }
        guard !value.isEmpty else { throw .noValue(line: number) }
        switch kind {
        case .database:
            guard let key = DatabaseKey(Array(value)) else { throw .badValue(line: number) }
            databaseKeys.append(key)
        case .image:
            guard let key = Self.imageKey(Array(value)) else { throw .badValue(line: number) }
            imageKey = key
        case .imageByte:
            guard let byte = UInt8(String(decoding: value, as: UTF8.self), radix: 16) else {
                throw .badValue(line: number)
            }
            imageByte = byte
        }
    }

    /// What the names of keys end in.
    private enum Kind: String, CaseIterable {
        case database = "database-key"
        case image = "image-aes"
        case imageByte = "image-xor"
    }

    private static let separators: [UInt8] = [UInt8(ascii: ":"), UInt8(ascii: "=")]

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

    /// Letters, digits, `-` and `_`.
    private static func isOfName(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }

    private static func imageKey(_ text: [UInt8]) -> [UInt8]? {
        if text.count == 16 { return text }
        guard text.count == 32 else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: 32, by: 2) {
            guard let byte = UInt8(String(decoding: text[start..<start + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }

    /// Adds those of another file.
    public mutating func add(_ other: SourceKeys) {
        databaseKeys += other.databaseKeys
        imageKey = other.imageKey ?? imageKey
        imageByte = other.imageByte ?? imageByte
    }
}

extension SourceKeys.Fault: CustomStringConvertible {
    /// The words for a person.
    public var description: String {
        switch self {
        case .noValue(let line): "line \(line) names a key and has none"
        case .unknownName(let line): "line \(line) begins with a word that is no name of a key"
        case .badValue(let line): "line \(line) is no key"
        }
    }
}
