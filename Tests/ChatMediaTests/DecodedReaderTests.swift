import ChatMedia
import ChatModel
import Testing

struct DecodedReaderTests {
    @Test func `any range of any decoding is the slice of the whole decoded file`() throws {
        var random = Sample.generator()
        for _ in 0..<12 {
            let file = Sample.bytes(Int.random(in: 64...4000, using: &random), &random)
            var pieces: [ContentDecoding.Piece] = []
            var whole: [UInt8] = []
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let start = Int.random(in: 0..<file.count, using: &random)
                let count = Int.random(in: 0...file.count - start, using: &random)
                let (source, bytes) = (Int64(start)..<Int64(start + count), file[start..<start + count])
                switch Int.random(in: 0..<3, using: &random) {
                case 0:
                    pieces.append(try #require(.init(.copy, source: source, shown: Int64(count))))
                    whole += bytes
                case 1:
                    let byte = UInt8.random(in: 0...255, using: &random)
                    pieces.append(try #require(.init(.xor(byte), source: source, shown: Int64(count))))
                    whole += bytes.map { $0 ^ byte }
                default:
                    let (key, blocks) = (Sample.bytes(16, &random), count / 16 * 16)
                    let shown = Int.random(in: 0...blocks, using: &random)
                    pieces.append(
                        try #require(
                            .init(
                                .aes(key: key), source: Int64(start)..<Int64(start + blocks), shown: Int64(shown))))
                    whole += try openssl(Array(bytes.prefix(blocks)), key: key, decrypt: true).prefix(shown)
                }
            }
            let reader = DecodedReader(try #require(ContentDecoding(pieces)))
            #expect(reader.decoding.size == Int64(whole.count))
            for _ in 0..<200 {
                let start = Int.random(in: 0...whole.count + 5, using: &random)
                let end = start + Int.random(in: 0...whole.count, using: &random)
                var read = 0
                let shown = try #require(
                    reader.read(Int64(start)..<Int64(end)) {
                        read += $0.count
                        return Array(file[Int($0.lowerBound)..<Int($0.upperBound)])
                    })
                let expected = whole[min(start, whole.count)..<min(end, whole.count)]
                #expect(shown == Array(expected))
                #expect(read <= shown.count + 30 * pieces.count, "only what is needed is read")
            }
        }
    }

    @Test func `a range needs only the blocks that it touches`() throws {
        let key = [UInt8](repeating: 7, count: 16)
        let pieces = try [
            #require(ContentDecoding.Piece(.aes(key: key), source: 15..<1039, shown: 1020)),
            #require(ContentDecoding.Piece(.copy, source: 1039..<5000, shown: 3961)),
        ]
        let reader = DecodedReader(try #require(ContentDecoding(pieces)))
        #expect(reader.steps(for: 17..<18).map(\.source) == [31..<47])
        #expect(reader.steps(for: 0..<16).map(\.source) == [15..<31])
        #expect(reader.steps(for: 1019..<1022).map(\.source) == [1023..<1039, 1039..<1041])
        #expect(reader.steps(for: 4980..<9999).map(\.source) == [4999..<5000])
        #expect(reader.steps(for: 9999..<10_000).isEmpty)
    }

    @Test func `a file that is shorter than its decoding says gives nothing`() throws {
        let piece = try #require(ContentDecoding.Piece(.xor(1), source: 0..<100, shown: 100))
        let reader = DecodedReader(try #require(ContentDecoding([piece])))
        #expect(reader.read(0..<100) { _ in [1, 2, 3] } == nil)
        #expect(reader.read(0..<3) { _ in [1, 2, 3] } == [0, 3, 2])
    }
}
