import SeededRandom
import Testing

@testable import ChatImport

struct ProtobufMessageTests {
    @Test("fields of every kind are read")
    func kinds() throws {
        // 1: 300, 2: "你", 3: {1: 1}, 4: 8 bytes, 5: 4 bytes, 3: {1: 2}
        let bytes: [UInt8] =
            [0x08, 0xAC, 0x02, 0x12, 3, 0xE4, 0xBD, 0xA0, 0x1A, 2, 0x08, 1, 0x21, 1, 0, 0, 0, 0, 0, 0, 0x80]
            + [0x2D, 0xFF, 0, 0, 0, 0x1A, 2, 0x08, 2]
        let message = try ProtobufMessage(bytes)
        #expect(message.number(1) == 300 && message.text(2) == "你")
        #expect(try message.messages(3).map { $0.number(1) } == [1, 2])
        #expect(try message.message(3)?.number(1) == 2)
        #expect(message[4] == .fixed64(0x8000_0000_0000_0001) && message[5] == .fixed32(255))
        #expect(message.number(2) == nil && message.text(9) == nil && message.fields.count == 6)
        #expect(try ProtobufMessage([]).fields.isEmpty)
        #expect(try ProtobufMessage([8] + [UInt8](repeating: 0xFF, count: 9) + [1]).number(1) == .max)
    }

    @Test(
        "garbage is a fault",
        arguments: [
            [0x08], [0x08, 0x80], [0x12, 5, 1, 2], [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
            [0x0B],
            [0x0C], [0x0F], [0x00, 1], [0x09, 1, 2], [0x0D, 1],
            [8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2],
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1],
        ] as [[UInt8]])
    func garbage(bytes: [UInt8]) {
        #expect(throws: ContentFault.self) { try ProtobufMessage(bytes) }
    }

    @Test("random bytes are read or a fault")
    func random() {
        var generator = SeededGenerator.printed("random bytes are read or a fault")
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            if let message = try? ProtobufMessage(bytes) { #expect(message.fields.count <= bytes.count) }
        }
    }
}
