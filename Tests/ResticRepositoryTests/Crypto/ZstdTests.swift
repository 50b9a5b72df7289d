import SeededRandom
import Testing

@testable import ResticRepository

@Suite struct ZstdTests {
    let zstd: Zstd
    init() throws { zstd = try Zstd() }

    @Test func `what was compressed inflates, with and without its size known`() throws {
        for count in [0, 1, 100, 200_000, 3_000_000] {
            let plain = SeededGenerator.bytes(count / 2, seed: 1) + [UInt8](repeating: 7, count: count - count / 2)
            var frame: [UInt8] = []
            try plain.withUnsafeBytes { try zstd.compress($0, into: &frame) }
            #expect(try frame.withUnsafeBytes { try zstd.inflate($0, size: count) } == plain)
            #expect(try frame.withUnsafeBytes { try zstd.inflate($0) } == plain)
        }
    }

    @Test func `a frame that inflates to another size than promised is refused`() throws {
        var frame: [UInt8] = []
        try [UInt8](repeating: 1, count: 1000).withUnsafeBytes { try zstd.compress($0, into: &frame) }
        for size in [0, 999, 1001, 100_000] {
            #expect(throws: Damage.self) { try frame.withUnsafeBytes { try zstd.inflate($0, size: size) } }
        }
    }

    @Test func `a promise that no frame can keep costs no memory`() throws {
        #expect(throws: Damage.badCompression) {
            try [UInt8](repeating: 0, count: 20).withUnsafeBytes { try zstd.inflate($0, size: 1 << 40) }
        }
        var frame: [UInt8] = []
        try [UInt8](repeating: 1, count: 1 << 20).withUnsafeBytes { try zstd.compress($0, into: &frame) }
        #expect(throws: Damage.badCompression) { try frame.withUnsafeBytes { try zstd.inflate($0, limit: 1000) } }
    }

    /// Made by `zstd --no-content-size` and read as a stream: a header without a size.
    @Test func `a frame without a size inflates up to the limit`() throws {
        // Magic, descriptor without size, window 1 KiB, one last RLE block of 1000 times 'a'.
        let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x00, 0x43, 0x1F, 0x00, 0x61]
        #expect(try frame.withUnsafeBytes { try zstd.inflate($0) } == [UInt8](repeating: 0x61, count: 1000))
        #expect(throws: Damage.badCompression) { try frame.withUnsafeBytes { try zstd.inflate($0, limit: 999) } }
        for count in 0..<frame.count {
            #expect(throws: Damage.self) { try Array(frame[..<count]).withUnsafeBytes { try zstd.inflate($0) } }
        }
    }
}
