/// A SHA-256 digest: 32 bytes, ordered as bytes are.
///
/// Kept as four big-endian words, so that comparing and hashing touch no memory elsewhere.
public struct SHA256Digest: Hashable, Sendable, Comparable {
    /// Bytes in a digest.
    public static let byteCount = 32

    /// 32 zero bytes, which restic calls the null id; the digest of nothing.
    public static let zero = SHA256Digest(first: 0, second: 0, third: 0, fourth: 0)

    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    private init(first: UInt64, second: UInt64, third: UInt64, fourth: UInt64) {
        self.first = first
        self.second = second
        self.third = third
        self.fourth = fourth
    }

    /// Copies a digest; nil unless there are exactly 32 bytes.
    public init?(copying bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.byteCount else { return nil }
        first = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        second = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        third = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        fourth = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
    }

    /// Reads 64 hexadecimal digits, lowercase as restic writes them; nil for anything else.
    public init?(hex: String) {
        var hex = hex
        guard let digest = hex.withUTF8({ SHA256Digest(hex: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = digest
    }

    /// Reads 64 lowercase hexadecimal digits in ASCII; nil for anything else.
    public init?(hex digits: UnsafeRawBufferPointer) {
        guard digits.count == 2 * Self.byteCount,
            let first = Self.word(digits, at: 0), let second = Self.word(digits, at: 16),
            let third = Self.word(digits, at: 32), let fourth = Self.word(digits, at: 48)
        else { return nil }
        self.first = first
        self.second = second
        self.third = third
        self.fourth = fourth
    }

    /// 64 lowercase hexadecimal digits.
    public var hex: String {
        withBytes { bytes in
            String(unsafeUninitializedCapacity: 64) { text in
                for (index, byte) in bytes.enumerated() {
                    text[2 * index] = Self.digit(byte >> 4)
                    text[2 * index + 1] = Self.digit(byte & 15)
                }
                return 64
            }
        }
    }

    /// The first 8 hexadecimal digits, for messages.
    public var short: String { String(hex.prefix(8)) }

    /// The first 64 bits: digests spread evenly over them, and order by them first.
    public var leadingBits: UInt64 { first }

    /// Lends the 32 bytes.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: (first.bigEndian, second.bigEndian, third.bigEndian, fourth.bigEndian), body)
    }

    /// Orders by bytes.
    public static func < (left: SHA256Digest, right: SHA256Digest) -> Bool {
        if left.first != right.first { return left.first < right.first }
        if left.second != right.second { return left.second < right.second }
        if left.third != right.third { return left.third < right.third }
        return left.fourth < right.fourth
    }

    private static func word(_ digits: UnsafeRawBufferPointer, at start: Int) -> UInt64? {
        var word: UInt64 = 0
        var areDigits: UInt8 = 1
        // Digits are as random as digests, so a processor would guess branches on them wrongly half the time.
        for index in start..<start + 16 {
            let number = digits[index] &- UInt8(ascii: "0")
            let letter = digits[index] &- UInt8(ascii: "a")
            word = word << 4 | UInt64(number < 10 ? number : letter &+ 10)
            areDigits &= (number < 10 ? 1 : 0) | (letter < 6 ? 1 : 0)
        }
        return areDigits == 1 ? word : nil
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? value + UInt8(ascii: "0") : value - 10 + UInt8(ascii: "a")
    }
}

extension SHA256Digest: CustomStringConvertible {
    /// 64 hex digits.
    public var description: String { hex }
}
