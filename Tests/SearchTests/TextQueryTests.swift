import JSON
import Search
import Testing

struct TextQueryTests {
    private func line(_ text: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("text")
        writer.string(text)
        writer.endObject()
        writer.newline()
        return writer.bytes
    }

    @Test func `words are found whatever their case, in Chinese and English, in any order`() throws {
        let query = try #require(TextQuery(words: ["LAKE", "西湖"]))
        #expect(query.matches("去西湖 the Lake"))
        #expect(!query.matches("the lake"))
        #expect(try #require(TextQuery(words: ["École"])).matches("à l'éCOLE"))
        #expect(TextQuery(words: []) == nil && TextQuery(words: [""]) == nil)
    }

    @Test func `lines are told apart without decoding them, and none that matches is passed over`() throws {
        var random = SystemRandomNumberGenerator()
        let pieces = ["Lake", "lake", "西湖", "合同", "\"", "\n", "\\", "É", "é", "K", "K", "x", " ", "😀", "\u{1}"]
        for round in 0..<300 {
            let texts = (0..<20).map { _ in
                (0..<Int.random(in: 0...6, using: &random)).map { _ in
                    pieces[Int.random(in: 0..<pieces.count, using: &random)]
                }
                .joined()
            }
            let words = (0..<Int.random(in: 1...2, using: &random)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }
            let query = try #require(TextQuery(words: words))
            let segment = texts.flatMap { line($0) }
            let candidates = query.candidates(in: segment)
            let matching = texts.indices.filter { query.matches(texts[$0]) }
            #expect(Set(matching).isSubset(of: candidates.map(\.number)), "round \(round): \(words) in \(texts)")
            for candidate in candidates {
                #expect(Array(segment[candidate.range]) + [0x0A] == line(texts[candidate.number]), "round \(round)")
            }
        }
    }
}
