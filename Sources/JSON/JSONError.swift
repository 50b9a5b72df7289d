/// Why a JSON text could not be read, and where.
public struct JSONError: Error, Equatable, Sendable {
    /// What was wrong.
    public enum Reason: Equatable, Sendable {
        /// The text ended inside a value.
        case endOfInput
        /// A byte that cannot stand here; `expected` says what could.
        case unexpected(byte: UInt8, expected: String)
        /// A string escape that JSON does not have.
        case badEscape
        /// A number that does not fit the type asked for.
        case badNumber
        /// Objects and arrays nested deeper than `limit`.
        case tooDeep(limit: Int)
        /// One value longer than `limit` bytes.
        case tooLong(limit: Int)
        /// The source of the bytes failed, with its errno.
        case sourceFailed(errno: Int32)
    }

    /// What was wrong.
    public let reason: Reason
    /// Position of the fault, in bytes from the start of the text.
    public let offset: Int

    /// Makes an error at a byte offset.
    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension JSONError: CustomStringConvertible {
    /// The words for a person.
    public var description: String {
        switch reason {
        case .endOfInput: "the text ends at byte \(offset), inside a value"
        case .unexpected(let byte, let expected):
            "byte \(offset) is \(Self.show(byte)) where \(expected) was expected"
        case .badEscape: "a string has an unknown escape at byte \(offset)"
        case .badNumber: "the number at byte \(offset) cannot be used"
        case .tooDeep(let limit): "values are nested deeper than \(limit) at byte \(offset)"
        case .tooLong(let limit): "the value at byte \(offset) is longer than \(limit) bytes"
        case .sourceFailed(let errno): "reading failed after byte \(offset) (errno \(errno))"
        }
    }

    private static func show(_ byte: UInt8) -> String {
        (0x21...0x7E).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "0x" + String(byte, radix: 16)
    }
}
