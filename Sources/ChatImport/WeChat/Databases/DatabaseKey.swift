import COpenSSL

/// A secret of a user that opens encrypted databases; its bytes are wiped when it is dropped.
public final class DatabaseKey: Sendable {
    /// What the secret is.
    enum Kind: Hashable, Sendable {
        /// A text that keys are derived from.
        case passphrase
        /// 32 bytes: the key, or what keys are derived from.
        case raw
        /// The key of the one file that begins with this salt.
        case ofFile(salt: [UInt8])
    }

    let kind: Kind
    nonisolated(unsafe) private let secret: UnsafeMutableRawBufferPointer

    private init(_ kind: Kind, _ bytes: [UInt8]) {
        self.kind = kind
        secret = .allocate(byteCount: max(1, bytes.count), alignment: 16)
        secret.initializeMemory(as: UInt8.self, repeating: 0)
        secret.copyBytes(from: bytes)
        count = bytes.count
    }

    private let count: Int

    deinit {
        OPENSSL_cleanse(secret.baseAddress, secret.count)
        secret.deallocate()
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: secret[..<count]) }

    /// The longest secret that is accepted, in bytes.
    public static let longest = 1024

    /// Reads a secret as people have it, with spaces around it ignored: 64 hexadecimal digits (32 bytes), 96 of them (a
    /// key and the salt of its file), both also as `x'…'`, or else a passphrase. Nil when it is empty or too long.
    public convenience init?(_ text: [UInt8]) {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        var trimmed = text[...]
        while let first = trimmed.first, isSpace(first) { trimmed.removeFirst() }
        while let last = trimmed.last, isSpace(last) { trimmed.removeLast() }
        guard !trimmed.isEmpty, trimmed.count <= Self.longest else { return nil }
        var digits = trimmed
        if digits.count > 3, digits.first == UInt8(ascii: "x"), digits.dropFirst().first == UInt8(ascii: "'"),
            digits.last == UInt8(ascii: "'")
        {
            digits = digits.dropFirst(2).dropLast()
        }
        var bytes = Self.bytes(ofHexadecimal: digits) ?? []
        switch bytes.count {
        case 32: self.init(.raw, bytes)
        case 48:
            self.init(.ofFile(salt: Array(bytes[32...])), Array(bytes[..<32]))
        default: self.init(.passphrase, Array(trimmed))
        }
        bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }

    /// The secrets of a text with one on each line; empty lines, and lines that begin with `#`, are nothing.
    public static func lines(of text: [UInt8]) -> [DatabaseKey] {
        text.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).filter { $0.first != UInt8(ascii: "#") }
            .compactMap { DatabaseKey(Array($0)) }
    }

    private static func bytes(ofHexadecimal digits: ArraySlice<UInt8>) -> [UInt8]? {
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = digit - UInt8(ascii: "A") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }
}
