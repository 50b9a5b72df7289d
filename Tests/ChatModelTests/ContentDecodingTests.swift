import JSON
import SeededRandom
import Testing

@testable import ChatModel

struct ContentDecodingTests {
    @Test func `a decoding is written as its pieces, and read again`() throws {
        let text = "aes:000102030405060708090a0b0c0d0eff:15:32:20 copy:47:1000 xor:55:1047:9"
        let decoding = try #require(ContentDecoding(text: text))
        #expect(decoding.text == text)
        #expect(decoding.size == 20 + 1000 + 9)
        #expect(decoding.sourceEnd == 1056)
        #expect(decoding.pieces.map(\.source) == [15..<47, 47..<1047, 1047..<1056])
    }

    @Test func `any decoding is what its text says`() throws {
        let seed = UInt64.random(in: 1...UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let decoding = try #require(Self.randomDecoding(&random))
            #expect(ContentDecoding(text: decoding.text) == decoding)
        }
    }

    @Test(arguments: [
        "", " ", "copy", "copy:", "copy:0", "copy:0:", "copy:-1:5", "copy:+1:5", "copy:0:5 ", " copy:0:5",
        "copy:0:5  copy:5:5", "copy:0:5:5", "copy:9223372036854775807:1", "copy:0:9223372036854775808",
        "copy:0:99999999999999999999", "copy:0x1:5", "copy:٣:5", "xor:256:0:5", "xor:-1:0:5", "xor:55:0", "Xor:5:0:5",
        "aes:000102030405060708090a0b0c0d0e:0:16:16", "aes:000102030405060708090a0b0c0d0e0g:0:16:16",
        "aes:000102030405060708090a0b0c0d0e0f:0:15:15", "aes:000102030405060708090a0b0c0d0e0f:0:16:17",
        "aes:000102030405060708090a0b0c0d0e0f:0:16", "copy:0:9223372036854775807 copy:0:1", "gzip:0:5",
    ])
    func `a text that is none, or whose numbers do not fit, is refused`(text: String) {
        #expect(ContentDecoding(text: text) == nil)
    }

    @Test func `more pieces than anybody needs are refused`() {
        func text(_ count: Int) -> String { Array(repeating: "copy:0:1", count: count).joined(separator: " ") }
        #expect(ContentDecoding(text: text(ContentDecoding.pieceLimit)) != nil)
        #expect(ContentDecoding(text: text(ContentDecoding.pieceLimit + 1)) == nil)
        #expect(ContentDecoding(text: text(1_000_000)) == nil)
    }

    @Test func `a piece of a range below zero is refused`() {
        #expect(ContentDecoding.Piece(.copy, source: -5..<5, shown: 10) == nil)
        #expect(ContentDecoding.Piece(.copy, source: -1..<Int64.max, shown: 10) == nil)
    }

    // MARK: In a line

    private func attachment(_ json: String) throws -> ChatModel.Attachment {
        try Array(json.utf8).withUnsafeBytes { (bytes) throws in
            var reader = JSONReader(bytes)
            return try ChatModel.Attachment(reading: &reader)
        }
    }

    @Test func `an attachment of a line may say how it is decoded, hold its own bytes, and be a thumbnail`() throws {
        let decoding = try #require(ContentDecoding(text: "xor:55:0:5"))
        #expect(
            try attachment(#"{"name":"a.jpg","path":"a.dat","decode":"xor:55:0:5"}"#)
                == ChatModel.Attachment(name: "a.jpg", content: .file(path: "a.dat"), decoding: decoding))
        #expect(try attachment(#"{"bytes":"AQID"}"#) == ChatModel.Attachment(name: "", content: .contained([1, 2, 3])))
        #expect(try attachment(#"{"bytes":"","thumbnail":true}"#).isThumbnail)
        #expect(
            try attachment(#"{"bytes":null,"decode":null,"thumbnail":null,"path":"a"}"#)
                == ChatModel.Attachment(name: "", content: .file(path: "a")))
    }

    @Test(arguments: [
        #"{"sha256":"00","size":4,"decode":"xor:55:0:5"}"#, #"{"sha256":"00","size":-1,"decode":"xor:55:0:5"}"#,
        #"{"sha256":"00","size":4,"decode":"copy:4:1"}"#, #"{"sha256":"00","decode":"copy:0:1"}"#,
        #"{"bytes":"AQID","decode":"copy:0:4"}"#, #"{"bytes":"AQI"}"#, #"{"bytes":"A-ID"}"#,
        #"{"path":"a","decode":"rot13:0:4"}"#, #"{"sha256":"00","size":4,"decode":""}"#,
    ])
    func `an attachment that cannot be decoded is a missing one`(json: String) throws {
        let attachment = try attachment(json)
        guard case .missing(let reason) = attachment.content else {
            Issue.record("\(attachment.content)")
            return
        }
        #expect(!reason.isEmpty)
        #expect(attachment.decoding == nil)
    }

    @Test func `the size of what is shown is the decoding's`() throws {
        #expect(try attachment(#"{"sha256":"00","size":40,"decode":"copy:4:9"}"#).shownSize == 9)
        #expect(try attachment(#"{"sha256":"00","size":40}"#).shownSize == 40)
        #expect(try attachment(#"{"path":"a","decode":"copy:4:9"}"#).shownSize == nil)
    }

    @Test func `a decoding is no part of what a message says`() throws {
        var message = Message(time: Timestamp(milliseconds: 1), kind: .image)
        message.attachments = [Attachment(name: "a.jpg", content: .stored(sha256: "00", size: 9))]
        let plain = MessageContent(of: message)
        message.attachments[0].decoding = ContentDecoding(text: "xor:1:0:9")
        message.attachments[0].isThumbnail = true
        #expect(MessageContent(of: message) == plain)
    }

    @Test func `a person's labels and picture are read again`() throws {
        let person = Person(
            id: PersonID("p"), name: "张伟", labels: ["同事", "a,b"],
            avatar: ChatModel.Attachment(name: "", mediaType: "image/png", content: .contained([9, 8])))
        var writer = JSONWriter()
        person.encode(into: &writer)
        let read = try writer.bytes.withUnsafeBytes { (bytes) throws in
            var reader = JSONReader(bytes)
            return try Person(reading: &reader)
        }
        #expect(read == person)
    }

    static func randomDecoding(_ random: inout SeededGenerator) -> ContentDecoding? {
        var pieces: [ContentDecoding.Piece] = []
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let start = Int64.random(in: 0...1 << 40, using: &random)
            let count = Int64.random(in: 0...1 << 40, using: &random)
            let piece: ContentDecoding.Piece? =
                switch Int.random(in: 0..<3, using: &random) {
                case 0: .init(.copy, source: start..<start + count, shown: count)
                case 1: .init(.xor(.random(in: 0...255, using: &random)), source: start..<start + count, shown: count)
                default:
                    .init(
                        .aes(key: (0..<16).map { _ in .random(in: 0...255, using: &random) }),
                        source: start..<start + count * 16, shown: .random(in: 0...count * 16, using: &random))
                }
            guard let piece else { return nil }
            pieces.append(piece)
        }
        return ContentDecoding(pieces)
    }
}
