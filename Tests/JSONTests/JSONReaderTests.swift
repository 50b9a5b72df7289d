import Foundation
import JSON
import SeededRandom
import Testing

struct JSONReaderTests {
    @Test func `random texts are read as the system's parser reads them`() throws {
        var random = SeededGenerator.printed("random JSON")
        for _ in 0..<1500 {
            let text = Array(Samples.text(&random).utf8)
            let expected = try JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)
            let found = try Samples.read(text)
            #expect((expected as? NSObject) == (found as? NSObject), "\(String(decoding: text, as: UTF8.self))")
        }
    }

    @Test func `small chunks give what a text in memory gives`() throws {
        var random = SeededGenerator.printed("chunks")
        for _ in 0..<300 {
            let text = Array(Samples.text(&random).utf8)
            let whole = try Samples.read(text) as? NSObject
            for size in 1...7 {
                #expect(try Samples.read(text, chunk: size) as? NSObject == whole)
                #expect(try Samples.compact(text, chunk: size) == Samples.compact(text))
            }
        }
    }

    @Test func `white space between a key and its colon may lie across a refill`() throws {
        let text = Array("{\"key\"    :    1,\"k\\u0065y\"  :2}".utf8)
        for size in 1...12 {
            let found = try Samples.keys(text, chunk: size)
            #expect(found == ["key", "key"])
        }
    }

    @Test func `a compact value means the same and has no line break`() throws {
        var random = SeededGenerator.printed("compact")
        for _ in 0..<500 {
            let text = Array(Samples.text(&random).utf8)
            let compact = try Samples.compact(text)
            #expect(!compact.contains(0x0A))
            #expect(try Samples.read(compact) as? NSObject == Samples.read(text) as? NSObject)
            #expect(try Samples.compact(compact) == compact)
        }
    }

    @Test func `every truncation is refused and no bit flip traps`() throws {
        for sample in Samples.fixed {
            let text = Array(sample.utf8)
            for length in 0..<text.count {
                #expect(throws: JSONError.self) { try Samples.read(Array(text[..<length])) }
                #expect(throws: JSONError.self) { try Samples.skip(Array(text[..<length])) }
            }
            for index in text.indices {
                for bit in 0..<8 {
                    var damaged = text
                    damaged[index] ^= 1 << bit
                    let ours = (try? Samples.read(damaged)).map { $0 as? NSObject }
                    let theirs = try? JSONSerialization.jsonObject(with: Data(damaged), options: .fragmentsAllowed)
                    if let theirs {
                        #expect(ours == theirs as? NSObject, "\(String(decoding: damaged, as: UTF8.self))")
                    }
                    _ = try? Samples.compact(damaged)
                    _ = try? Samples.skip(damaged)
                }
            }
        }
    }

    @Test func `nesting beyond the limit is refused, in memory that does not grow with it`() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(throws: JSONError(.tooDeep(limit: JSONReader.depthLimit), at: 512)) { try Samples.skip(deep) }
        #expect(throws: JSONError(.tooDeep(limit: JSONReader.depthLimit), at: 512)) { try Samples.compact(deep) }
        let allowed =
            [UInt8](repeating: UInt8(ascii: "["), count: 512) + [UInt8](repeating: UInt8(ascii: "]"), count: 512)
        #expect(throws: Never.self) { try Samples.skip(allowed) }
    }

    @Test func `a string of a gigabyte is passed over in little memory`() throws {
        let length = 1 << 30
        var given = 0
        var reader = JSONReader(maximumValueLength: 1 << 20) { (buffer) throws(JSONError) in
            let count = min(buffer.count, length + 2 - given)
            guard count > 0 else { return 0 }
            UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]).initializeMemory(as: UInt8.self, repeating: 0x61)
            if given == 0 { buffer[0] = 0x22 }
            if given + count == length + 2 { buffer[count - 1] = 0x22 }
            given += count
            return count
        }
        try reader.skipValue()
        #expect(try reader.isAtEnd())
        #expect(reader.offset == length + 2)
    }

    @Test func `a value longer than the limit is refused when it is asked for`() {
        let text = Array("[\"\(String(repeating: "a", count: 600_000))\"]".utf8)
        #expect(throws: JSONError.self) { try Samples.read(text, chunk: 65536, limit: 100_000) }
        let escaped = Array("\"\(String(repeating: "\\n", count: 600_000))\"".utf8)
        #expect(throws: JSONError.self) { try Samples.read(escaped, chunk: 65536, limit: 100_000) }
        #expect(throws: Never.self) { try Samples.skip(text, chunk: 65536, limit: 100_000) }
    }

    @Test func `surrogates are joined, lone ones replaced`() throws {
        #expect(try Samples.read(Array(#""\ud83d\ude00""#.utf8)) as? NSString == "😀")
        #expect(try Samples.read(Array(#""\ud83dx""#.utf8)) as? NSString == "\u{FFFD}x")
        #expect(try Samples.read(Array(#""\ud83d\ud83d\ude00""#.utf8)) as? NSString == "\u{FFFD}😀")
        #expect(try Samples.read(Array(#""\ude00\n""#.utf8)) as? NSString == "\u{FFFD}\n")
        #expect(try Samples.read(Array(#""\ud83d\n""#.utf8)) as? NSString == "\u{FFFD}\n")
    }

    @Test func `hexadecimal escapes are taken only when asked for`() throws {
        let text = Array(#""a\x1Fb\xe9""#.utf8)
        #expect(throws: JSONError(.badEscape, at: 2)) { try Samples.read(text) }
        try text.withUnsafeBytes { (buffer) throws in
            var reader = JSONReader(buffer, acceptsHexEscapes: true)
            #expect(try reader.readString() == "a\u{1F}bé")
            var again = JSONReader(buffer, acceptsHexEscapes: true)
            #expect(try again.compactValue() == Array(#""a\u001fbé""#.utf8))
        }
    }

    @Test func `invalid UTF-8 is replaced`() throws {
        #expect(try Samples.read([0x22, 0x61, 0xFF, 0x62, 0x22]) as? NSString == "a\u{FFFD}b")
    }
}
