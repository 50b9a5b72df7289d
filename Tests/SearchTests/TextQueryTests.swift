import JSON
import Testing

@testable import Search

struct TextQueryTests {
    private func line(_ text: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("time")
        writer.int(1)
        writer.key("text")
        writer.string(text)
        writer.endObject()
        writer.newline()
        return writer.bytes
    }

    private func matches(_ query: TextQuery?, _ text: String) throws -> Bool {
        try #require(query).matches(in: line(text)).lines.count == 1
    }

    @Test func `words are found whatever their case, in Chinese and English, in any order`() throws {
        let query = TextQuery(words: ["LAKE", "西湖"])
        #expect(try matches(query, "去西湖 the Lake"))
        #expect(try !matches(query, "the lake"))
        #expect(try matches(TextQuery(words: ["École"]), "à l'éCOLE"))
        #expect(TextQuery(words: []) == nil && TextQuery(words: [""]) == nil)
    }

    @Test func `regular expressions match lines of any script, whatever the case, and all must`() throws {
        #expect(try matches(TextQuery(patterns: ["转账.*\\d+ ?元"]), "昨天转账给你 300 元了"))
        #expect(try !matches(TextQuery(patterns: ["转账.*\\d+ ?元"]), "昨天转账给你"))
        #expect(try matches(TextQuery(patterns: ["^second (LINE|row)$"]), "first\nSecond line\nthird"))
        #expect(try matches(TextQuery(patterns: ["^\\w+$"]), "Müller"))
        #expect(try !matches(TextQuery(patterns: ["(?-i)lake"]), "LAKE"))
        #expect(try !matches(TextQuery(patterns: ["lake", "西湖"]), "the lake"))
        #expect(try TextQuery(patterns: [""]) == nil)
    }

    @Test func `the names of files are searched too, escapes are understood, and other keys are not looked into`()
        throws
    {
        let segment = Array(
            #"{"conversation":{"id":"lake"}}"#.utf8 + [0x0A]
                + #"{"time":1,"from":"lake","text":"a\u002fb","attachments":[{"name":"plan.pdf","path":"lake"}]}"#.utf8)
        #expect(try #require(TextQuery(words: ["plan"])).matches(in: segment).lines.map(\.number) == [1])
        #expect(try #require(try TextQuery(patterns: ["a/b"])).matches(in: segment).lines.count == 1)
        #expect(try #require(TextQuery(words: ["lake"])).matches(in: segment).lines.isEmpty)
        #expect(try #require(try TextQuery(patterns: ["^plan\\."])).matches(in: segment).lines.map(\.number) == [1])
    }

    @Test func `an expression that cannot be understood is refused with its place, and one that explodes is given up`()
        throws
    {
        #expect {
            _ = try TextQuery(patterns: ["good", "a(b"])
        } throws: { error in
            guard case .badPattern("a(b", at: 3, _) = error as? QueryError else { return false }
            return true
        }
        let query = try #require(try TextQuery(patterns: ["(a|aa)+$"]))
        let explodes = line(String(repeating: "a", count: 500) + "b")
        let found = try query.matches(in: line("aab") + explodes + line("aa"))
        #expect(found.lines.map(\.number) == [2], "what stands beside it is matched")
        #expect(found.givenUp == 1 && found.reason != nil)
        let many = Array((0..<20).map { _ in explodes }.joined())
        #expect(throws: QueryError.self, "an expression that explodes everywhere ends") { try query.matches(in: many) }
    }

    @Test func `a long message is matched whatever the expression has to remember`() throws {
        let long = String(repeating: "foo word ", count: 20_000) + "invoice"
        #expect(try matches(TextQuery(patterns: ["(word |foo )+invoice"]), long))
        #expect(try matches(TextQuery(patterns: ["(.|\\n)*invoice"]), String(long.suffix(30_000))))
        #expect(try !matches(TextQuery(patterns: ["^(word |foo )+voice"]), String(long.suffix(3000))))
    }

    @Test func `Greek and accents are found however they are written`() throws {
        #expect(try matches(TextQuery(words: ["ΟΔΟΣ"]), "η οδος μου"))
        #expect(try matches(TextQuery(words: ["οδος"]), "Η ΟΔΟΣ"))
        #expect(try matches(TextQuery(words: ["straße"]), "STRASSE") && matches(TextQuery(words: ["straße"]), "STRAẞE"))
        #expect(try matches(TextQuery(words: ["caf\u{E9}"]), "un CAFE\u{301} noir"))
        #expect(try matches(TextQuery(words: ["cafe\u{301}"]), "un caf\u{E9} noir"))
        #expect(try !matches(TextQuery(words: ["caf\u{E9}"]), "cafe"))
        #expect(try matches(TextQuery(words: ["cafe"]), "un cafe\u{301}"), "as grep has it")
    }

    @Test(
        "Korean, Japanese and other scripts are found as one code point or as several, as names of files from a Mac are",
        arguments: [
            ("계약서", "\u{1100}\u{1168}\u{110B}\u{1163}\u{11A8}\u{1109}\u{1165}"),
            ("ガイド", "\u{30AB}\u{3099}\u{30A4}\u{30C8}\u{3099}"), ("ぱん", "\u{306F}\u{309A}\u{3093}"),
            ("\u{622}ب", "\u{627}\u{653}ب"), ("ক\u{9CB}", "ক\u{9C7}\u{9BE}"), ("\u{958}", "\u{915}\u{93C}"),
        ])
    func decomposed(composed: String, parts: String) throws {
        #expect(!composed.unicodeScalars.elementsEqual(parts.unicodeScalars) && composed == parts)
        for (word, text) in [(composed, composed), (composed, parts), (parts, composed), (parts, parts)] {
            let query = try #require(TextQuery(words: [word]))
            #expect(try matches(query, "x \(text).pdf"))
            let segment = line("other") + line(text) + line(composed)
            #expect(try query.matches(in: segment).lines.map(\.number) == [1, 2])
        }
        #expect(try !matches(TextQuery(words: [composed + "x"]), "\(composed) x"))
    }

    @Test("lines without what is looked for are not decoded where nothing is written in parts")
    func composedOnly() throws {
        let query = try #require(TextQuery(words: ["계약서"]))
        #expect(query.candidates(in: line("계획") + line("계약서") + line("カ")).map(\.number) == [1])
        #expect(query.candidates(in: line("x") + line("\u{1112}\u{1161}")).count == 2)
    }

    @Test func `what has no text is found by its kind and its raw content, as its file shows it`() throws {
        let segment = Array(
            (#"{"conversation":{"id":"c"}}"# + "\n" + #"{"time":1,"kind":"poll","raw":{"question":"Lake?"}}"# + "\n"
                + #"{"time":2,"kind":"image","attachments":[{"missing":"x"}],"raw":{"question":"Lake?"}}"# + "\n"
                + #"{"time":3,"kind":"location","text":"here","raw":{"question":"Lake?"}}"# + "\n").utf8)
        for words in [["lake"], ["[POLL]"], [#""question":"lake"#], ["] {"], ["poll", "question"]] {
            #expect(try #require(TextQuery(words: words)).matches(in: segment).lines.map(\.number) == [1], "\(words)")
        }
        let pattern = try #require(try TextQuery(patterns: [#"^\[poll\] \{"question":"lake"#]))
        #expect(try pattern.matches(in: segment).lines.map(\.number) == [1])
    }

    @Test func `the place of the first match is told in characters`() throws {
        let text = "去西湖 👨‍👩‍👧‍👦 the Lake"
        #expect(TextQuery(words: ["lake"])?.firstMatch(in: text) == 10..<14)
        #expect(try TextQuery(patterns: ["l.k"])?.firstMatch(in: text) == 10..<13)
        #expect(TextQuery(words: ["sea"])?.firstMatch(in: text) == nil)
    }

    @Test func `what is not UTF-8 traps nothing`() throws {
        let segment = Array(#"{"time":1,"text":"lake "#.utf8) + [0xFF, 0xC3] + Array(#" end"}"#.utf8)
        #expect(try #require(TextQuery(words: ["lake", "end"])).matches(in: segment).lines.count == 1)
        #expect(try #require(try TextQuery(patterns: ["lake"])).matches(in: segment).lines.count == 1)
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
            let matching = texts.indices.filter { index in
                words.allSatisfy { texts[index].lowercased().utf8.firstRange(of: $0.lowercased().utf8) != nil }
            }
            #expect(
                try query.matches(in: segment).lines.map(\.number) == matching, "round \(round): \(words) in \(texts)")
            for candidate in candidates {
                #expect(Array(segment[candidate.range]) + [0x0A] == line(texts[candidate.number]), "round \(round)")
            }
        }
    }
}
