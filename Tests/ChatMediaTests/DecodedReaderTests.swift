import ChatMedia
import ChatModel
import Testing

struct DecodedReaderTests {
    @Test func `a reader shows as many bytes as its pieces`() throws {
        let piece = try #require(ContentDecoding.Piece(.copy, source: 3..<10, shown: 7))
        #expect(DecodedReader(try #require(ContentDecoding([piece]))).decoding.size == 7)
    }
}
