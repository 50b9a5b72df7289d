/// The fields of a message in protocol buffers' wire format, without its schema
/// (protobuf.dev/programming-guides/encoding). Each field:
///
///     | varint: number · 8 + kind | kind 0: varint | 1: 8 bytes | 2: varint length, bytes | 5: 4 bytes |
///
/// Numbers are little-endian. Groups, which nothing has written for decades, are damage.
package struct ProtobufMessage: Sendable {
    /// A field's value.
    package enum Value: Hashable, Sendable {
        case number(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes(ArraySlice<UInt8>)
    }

    /// Fields in the order in which they lie.
    package let fields: [(number: Int, value: Value)]

    /// Fields of one message at the most.
    package static let mostFields = 1 << 20

    /// Reads all fields of a message; what is in its bytes is not looked at.
    package init(_ bytes: ArraySlice<UInt8>) throws(ContentFault) {
        var reader = Reader(bytes: bytes, position: bytes.startIndex)
        var fields: [(number: Int, value: Value)] = []
        fields.reserveCapacity(min(bytes.count / 2, 8))
        while reader.position < bytes.endIndex {
            fields.append(try reader.field())
            guard fields.count <= Self.mostFields else { throw .tooComplex }
        }
        self.fields = fields
    }

    /// Reads all fields of a message.
    package init(_ bytes: [UInt8]) throws(ContentFault) { try self.init(bytes[...]) }

    /// The last value of a field; as for protocol buffers, later ones replace earlier ones.
    package subscript(number: Int) -> Value? { fields.last { $0.number == number }?.value }

    /// A field as a number.
    package func number(_ field: Int) -> UInt64? {
        guard case .number(let number)? = self[field] else { return nil }
        return number
    }

    /// A field as bytes.
    package func bytes(_ field: Int) -> ArraySlice<UInt8>? {
        guard case .bytes(let bytes)? = self[field] else { return nil }
        return bytes
    }

    /// A field as text; what is not UTF-8 becomes U+FFFD.
    package func text(_ field: Int) -> String? { bytes(field).map { String(decoding: $0, as: UTF8.self) } }

    /// A field as a message; nil when there is none.
    package func message(_ field: Int) throws(ContentFault) -> ProtobufMessage? {
        guard let bytes = bytes(field) else { return nil }
        return try ProtobufMessage(bytes)
    }

    /// All values of a repeated field that are messages.
    package func messages(_ field: Int) throws(ContentFault) -> [ProtobufMessage] {
        var messages: [ProtobufMessage] = []
        for case (field, .bytes(let bytes)) in fields { messages.append(try ProtobufMessage(bytes)) }
        return messages
    }

    private struct Reader {
        let bytes: ArraySlice<UInt8>
        var position: Int

        var offset: Int { position - bytes.startIndex }

        mutating func field() throws(ContentFault) -> (number: Int, value: Value) {
            let key = try varint()
            let number = Int(key >> 3)
            guard (1..<1 << 29).contains(number) else { throw .damaged(offset: offset) }
            switch key & 7 {
            case 0: return (number, .number(try varint()))
            case 1: return (number, .fixed64(try fixed(8)))
            case 2:
                let count = try varint()
                guard count <= UInt64(bytes.endIndex - position) else { throw .damaged(offset: offset) }
                defer { position += Int(count) }
                return (number, .bytes(bytes[position..<position + Int(count)]))
            case 5: return (number, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
            default: throw .damaged(offset: offset)
            }
        }

        private mutating func varint() throws(ContentFault) -> UInt64 {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 70, by: 7) {
                guard position < bytes.endIndex else { throw .damaged(offset: offset) }
                let byte = bytes[position]
                position += 1
                guard shift < 63 || byte <= 1 else { throw .damaged(offset: offset) }
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return value }
            }
            throw .damaged(offset: offset)
        }

        private mutating func fixed(_ count: Int) throws(ContentFault) -> UInt64 {
            guard bytes.endIndex - position >= count else { throw .damaged(offset: offset) }
            defer { position += count }
            return bytes[position..<position + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}
