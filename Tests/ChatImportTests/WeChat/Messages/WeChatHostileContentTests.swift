import ChatModel
import SeededRandom
import Testing

@testable import ChatImport

/// Contents that nobody wrote: whatever they are, there is a message, and it is bounded.
struct WeChatHostileContentTests {
    typealias Samples = WeChatSamples

    private func expectBounded(_ row: WeChatRow, _ size: Int) {
        let content = Samples.read(row)
        #expect(content.text.utf8.count <= min(WeChatText.longest + 3, 40 * size + 4096))
        #expect(content.raw(of: row).map { $0.count <= 6 * PlatformRow.longestContent + 256 } ?? true)
    }

    @Test("samples that were cut off give a message of the same kind")
    func truncated() {
        for (type, text) in Samples.all {
            let bytes = Array(text.utf8)
            for count in stride(from: 0, through: bytes.count, by: 7) {
                var row = Samples.row(type, "", talker: Samples.group)
                row.content = Array(bytes[..<count])
                expectBounded(row, count)
            }
        }
    }

    @Test("samples with changed bytes give a message")
    func changed() {
        var random = SeededGenerator.printed("WeChatHostileContentTests.changed")
        let replacements = Array("<>\"'&;/:\n$%{}\0".utf8) + [0x80, 0xC0, 0xE5, 0xFF]
        for (type, text) in Samples.all {
            let bytes = Array(text.utf8)
            for _ in 0..<60 {
                var row = Samples.row(type, "", subtype: [0, 0, 1, 4, 6, 57].randomElement(using: &random) ?? 0)
                row.content = bytes
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    let index = Int.random(in: 0..<bytes.count, using: &random)
                    if Bool.random(using: &random) {
                        row.content[index] = replacements.randomElement(using: &random) ?? 0
                    } else {
                        row.content[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                    }
                }
                if Bool.random(using: &random) { row.talker = Samples.group }
                expectBounded(row, bytes.count)
            }
        }
    }

    @Test("every sample is read as every type")
    func crossed() {
        let types = Set(Samples.all.map(\.0)).union([37, 40, 51, 52, 53, 62, 268_445_456, -1_879_048_186, .min, .max])
        for (_, text) in Samples.all {
            for type in types { expectBounded(Samples.row(type, text), text.utf8.count) }
        }
    }

    @Test("deep, wide and huge contents end within bounds")
    func bombs() {
        let deep = String(repeating: "<a>", count: 100_000)
        let wide = "<msg><appmsg><title>a</title>" + String(repeating: "<b c='d'/>", count: 150_000) + "</appmsg></msg>"
        let tags = "你" + String(repeating: "<a", count: 200_000)
        let dollars = "<sysmsg type='x'><x><template>\(String(repeating: "$a", count: 50_000))</template></x></sysmsg>"
        let open = String(repeating: "${", count: 50_000)
        let braces = "<sysmsg type='pat'><pat><template>\(open)</template></pat></sysmsg>"
        for text in [deep, wide, tags, dollars, braces] {
            for type in [3, 49, 10000, 4242] as [Int32] { expectBounded(Samples.row(type, text), text.utf8.count) }
        }
        #expect(Samples.read(49, wide, subtype: 5).text == "a")
        for type in [49, 10000, 65, 4242] as [Int32] {
            expectBounded(Samples.row(type, "<sysmsg type='a'><appmsg/><a/></sysmsg>"), 40)
            expectBounded(Samples.row(type, "<appmsg><appmsg><type>5</type></appmsg></appmsg>"), 40)
        }
        var row = Samples.row(1, "")
        row.content = [UInt8](repeating: 0xE5, count: 20 << 20)
        expectBounded(row, row.content.count)
        row.type = 49
        row.content[0] = UInt8(ascii: "<")
        expectBounded(row, row.content.count)
    }
}
