import SeededRandom
import Testing

@testable import ResticRepository

struct ChunkerTests {
    @Test func `zeros are cut at the smallest chunk`() throws {
        var chunker = try #require(Chunker(Polynomial(rawValue: 0x3DA3_358B_4DC1_73)))
        #expect(
            lengths(of: [UInt8](repeating: 0, count: 4 * 524_288 + 17), &chunker) == [
                524_288, 524_288, 524_288, 524_288, 17,
            ])
    }

    /// The lengths are those of the blobs that restic 0.14.0 stored for the same bytes in a repository with this polynomial.
    @Test func `content is cut where restic cut it`() throws {
        var chunker = try #require(Chunker(Polynomial(rawValue: 0x37_d4e2_547d_4c55)))
        let content = SeededGenerator.bytes(1_785_601 + 1_494_904 + 667_536 + 1_000_000, seed: 23)
        #expect(lengths(of: content, &chunker).prefix(3) == [1_785_601, 1_494_904, 667_536])
    }

    @Test func `cuts do not depend on the pieces that content comes in`() throws {
        var chunker = try #require(Chunker(Polynomial(rawValue: 0x37_d4e2_547d_4c55)))
        let content = SeededGenerator.bytes(1_785_601 + 1_494_904 + 3, seed: 23)
        var generator = SeededGenerator(seed: 5)
        var found: [Int] = []
        var start = 0
        var shown = 0
        while shown < content.count {
            shown = min(content.count, shown + Int.random(in: 1...900_000, using: &generator))
            while let length = content[start..<shown].withUnsafeBytes({ chunker.cut(in: $0) }) {
                found.append(length)
                start += length
            }
        }
        #expect(found == [1_785_601, 1_494_904])
    }

    @Test func `a naive rolling hash cuts in the same places`() throws {
        let polynomial = Polynomial(rawValue: 0x3DA3_358B_4DC1_73)
        var chunker = try #require(Chunker(polynomial))
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        let content = SeededGenerator.bytes(1_300_000, seed: seed)
        let cut = content.withUnsafeBytes { chunker.cut(in: $0) }
        #expect(cut == Self.naiveCut(content, polynomial))
    }

    @Test func `content without a cut is cut at the largest chunk`() throws {
        var chunker = try #require(Chunker(Polynomial(rawValue: 0x3DA3_358B_4DC1_73)))
        // A period of one byte gives one digest; this one's low bits are not 0.
        let content = [UInt8](repeating: 1, count: Chunker.maximumLength + 100)
        #expect(lengths(of: content, &chunker) == [Chunker.maximumLength, 100])
    }

    /// The digest of the last 64 bytes by division, without tables.
    private static func naiveCut(_ content: [UInt8], _ polynomial: Polynomial) -> Int? {
        let power = UInt64(1) << 53
        func push(_ digest: UInt64, _ byte: UInt8) -> UInt64 {
            var digest = digest
            for bit in (0..<8).reversed() {
                digest = digest << 1 | UInt64(byte >> UInt8(bit) & 1)
                if digest & power != 0 { digest ^= polynomial.rawValue }
            }
            return digest
        }
        var leaving = [UInt64](repeating: 0, count: 256)
        for byte in 0..<256 {
            var digest = push(0, UInt8(byte))
            for _ in 0..<63 { digest = push(digest, 0) }
            leaving[byte] = digest
        }
        var digest: UInt64 = 0
        for position in (524_288 - 64)..<content.count {
            if position >= 524_288 { digest ^= leaving[Int(content[position - 64])] }
            digest = push(digest, content[position])
            if position + 1 >= 524_288, digest & 0xFFFFF == 0 { return position + 1 }
        }
        return nil
    }

    private func lengths(of content: [UInt8], _ chunker: inout Chunker) -> [Int] {
        var found: [Int] = []
        var start = 0
        content.withUnsafeBytes { bytes in
            while let length = chunker.cut(in: UnsafeRawBufferPointer(rebasing: bytes[start...])) {
                found.append(length)
                start += length
            }
        }
        if start < content.count { found.append(content.count - start) }
        return found
    }
}

struct PolynomialTests {
    @Test(arguments: [
        (UInt64(0x38f1_e565_e288_df), false), (0x3DA3_358B_4DC1_73, true), (0x37_d4e2_547d_4c55, true), (0b11, true),
        (0b111, true), (0b101, false), (0b1011, true), (0x11B, true), (0x3DA3_358B_4DC1_72, false), (1, false),
        (0, false),
    ])
    func `irreducible polynomials are told from others`(bits: UInt64, irreducible: Bool) {
        #expect(Polynomial(rawValue: bits).isIrreducible == irreducible)
    }

    @Test func `as many polynomials of degree 8 are irreducible as theory says`() {
        #expect((256..<512).count { Polynomial(rawValue: UInt64($0)).isIrreducible } == 30)
    }

    @Test func `a random polynomial can be used`() {
        for seed in 0..<5 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let polynomial = Polynomial.random(using: &generator)
            #expect(polynomial.isUsableForChunking)
            #expect(polynomial.rawValue & 1 == 1)
            #expect(Polynomial(hex: polynomial.hex) == polynomial)
        }
    }

    @Test(arguments: ["", "0x37d4e2547d4c55", "+1", "xyz", "10000000000000000"])
    func `text that is no hexadecimal number is no polynomial`(text: String) {
        #expect(Polynomial(hex: text) == nil)
    }
}
