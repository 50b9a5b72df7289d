import Testing

@testable import Storage

@Suite struct SHA256DigestTests {
    let hex = "00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210"

    @Test func `hexadecimal digits survive the round trip`() throws {
        let digest = try #require(SHA256Digest(hex: hex))
        #expect(digest.hex == hex)
        #expect(digest.short == "00112233")
        #expect(digest.withBytes { Array($0) }.prefix(4) == [0x00, 0x11, 0x22, 0x33])
        #expect(digest.withBytes { SHA256Digest(copying: $0) } == digest)
    }

    @Test(arguments: ["", "00", String(repeating: "g", count: 64), String(repeating: "A", count: 64)])
    func `anything but 64 lowercase digits is no digest`(text: String) {
        #expect(SHA256Digest(hex: text) == nil)
    }

    @Test func `only 32 bytes make a digest`() {
        for count in [0, 31, 33, 64] {
            #expect([UInt8](repeating: 1, count: count).withUnsafeBytes { SHA256Digest(copying: $0) } == nil)
        }
    }

    @Test func `digests are ordered as their digits are`() throws {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef")
        let texts = (0..<200).map { _ in
            // Long common beginnings, so that every word decides once.
            String(repeating: "0", count: [0, 16, 32, 48, 63].randomElement(using: &generator) ?? 0)
                + String((0..<64).map { _ in digits.randomElement(using: &generator) ?? "0" })
        }.map { String($0.prefix(64)) }
        let sorted = try texts.map { try #require(SHA256Digest(hex: $0)) }.sorted()
        #expect(sorted.map(\.hex) == texts.sorted())
    }

    @Test func `object names say where restic puts them`() throws {
        let digest = try #require(SHA256Digest(hex: hex))
        #expect(ObjectName.config.path == "config")
        #expect(ObjectName(.data, digest).path == "data/00/\(hex)")
        #expect(ObjectName(.index, digest).path == "index/\(hex)")
        #expect(ObjectName(.keys, digest).path == "keys/\(hex)")
        #expect(ObjectName(.locks, digest).path == "locks/\(hex)")
        #expect(ObjectName(.snapshots, digest).path == "snapshots/\(hex)")
        #expect(ObjectName(.data, digest).description == "pack 00112233")
    }
}
