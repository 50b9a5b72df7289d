/// What opens a source that a messenger has encrypted, as the user wrote it into a file.
///
///     # a line each; names may have a prefix, as in `v4-image-aes`
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

    /// Reads the lines of a text. Nil when one of them is no key.
    public init?(parsing text: [UInt8]) {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
        for line in text.split(separator: 0x0A) {
            let words = line.split(whereSeparator: isSpace)
            guard let first = words.first, first.first != UInt8(ascii: "#") else { continue }
            let name = String(decoding: first, as: UTF8.self)
            if words.count == 2, name.hasSuffix("image-aes") {
                guard let key = Self.imageKey(Array(words[1])) else { return nil }
                imageKey = key
            } else if words.count == 2, name.hasSuffix("image-xor") {
                guard let byte = UInt8(String(decoding: words[1], as: UTF8.self), radix: 16) else { return nil }
                imageByte = byte
            } else {
                let isNamed = words.count == 2 && name.hasSuffix("database-key")
                guard let key = DatabaseKey(isNamed ? Array(words[1]) : Array(line)) else { return nil }
                databaseKeys.append(key)
            }
        }
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
