import Glibc

/// A key of an object, comparable with a literal in a `switch`, without making a String.
public struct JSONKey {
    let bytes: UnsafeRawBufferPointer

    /// Whether the key is spelled like the literal.
    public static func ~= (pattern: StaticString, key: JSONKey) -> Bool {
        key == pattern
    }

    /// Whether the key is spelled like the literal.
    public static func == (key: JSONKey, literal: StaticString) -> Bool {
        guard key.bytes.count == literal.utf8CodeUnitCount else { return false }
        guard let bytes = key.bytes.baseAddress else { return true }
        return memcmp(bytes, literal.utf8Start, literal.utf8CodeUnitCount) == 0
    }

    /// The key as a String.
    public var string: String { String(decoding: bytes, as: UTF8.self) }
}
