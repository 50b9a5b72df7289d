import ChatModel
import Foundation
import SeededRandom
import Testing

@testable import ChatArchive

struct MonthBucketsTests {
    @Test("rows come back in the order in which they came, in memory or not", arguments: [0, 500, 1 << 20])
    func order(limit: Int) throws {
        var random = SeededGenerator.printed("buckets")
        var buckets = MonthBuckets(limit: limit)
        var expected: [MonthBuckets.Key: [String]] = [:]
        for number in 0..<500 {
            let key = MonthBuckets.Key(
                source: Int.random(in: 0...1, using: &random),
                conversation: Int.random(in: 0...2, using: &random),
                month: Month(number: Int.random(in: 24_000...24_003, using: &random)))
            let text = "\(number) \(random.text())"
            try buckets.add(SegmentMerge.Row(message: ChatArchiveTests.text(text), export: number / 100), to: key)
            expected[key, default: []].append(text)
        }
        try buckets.finishFilling()
        for (key, texts) in expected {
            #expect(try MonthBuckets.rows(buckets.lines(key)).map(\.message.text) == texts)
            #expect(buckets.rowCount(key) == texts.count)
            #expect(buckets.months(of: key.conversation).contains(key))
        }
    }

    @Test("rows that exceeded the limit leave no memory behind when they have all come")
    func givenBack() throws {
        var buckets = MonthBuckets(limit: 10_000)
        let keys = (0..<7).map { MonthBuckets.Key(source: 0, conversation: $0 % 3, month: Month(number: 24_000 + $0)) }
        for number in 0..<1000 {
            try buckets.add(.init(message: ChatArchiveTests.text("\(number) 一二三"), export: 1), to: keys[number % 7])
            #expect(buckets.bytesInMemory <= 10_000)
        }
        try buckets.finishFilling()
        #expect(buckets.bytesInMemory == 0)
        #expect(keys.map { buckets.rowCount($0) }.reduce(0, +) == 1000)
    }

    @Test("rows with attachments are found among others, whatever these say")
    func withAttachments() throws {
        var key = MonthBuckets.Key(source: 0, conversation: 0, month: Month(number: 24_000))
        var buckets = MonthBuckets(limit: 1 << 20)
        var noisy = ChatArchiveTests.text("\"attachments\":[]\n\"attachments\":")
        noisy.raw = Array("{\"attachments\":[1]}".utf8)
        let messages = [
            ChatArchiveTests.text("a"), picture(.file(path: "b.jpg")), ChatArchiveTests.text("\"attachments\":"), noisy,
            picture(.missing(reason: "gone")), ChatArchiveTests.text("c"),
        ]
        for message in messages { try buckets.add(.init(message: message, export: 1), to: key) }
        try buckets.finishFilling()
        let lines = try buckets.lines(key)
        let found = MonthBuckets.linesWithAttachments(in: lines)
        #expect(
            try found.map { try MonthBuckets.rows(Array(lines[$0])).map(\.message) }
                == [[1], [3], [4]].map { $0.map { messages[$0] } })
        key.conversation = 1
        #expect(try MonthBuckets.linesWithAttachments(in: buckets.lines(key)).isEmpty)
    }

    @Test("a temporary file gives back what was put in, and holds no readable text")
    func sealed() throws {
        let file = try SpillFile()
        let pieces = [Array("一 secret message".utf8), [], [UInt8](repeating: 7, count: 100_000)]
        let extents = try pieces.map { try file.append($0) }
        for (piece, extent) in zip(pieces, extents).reversed() { #expect(try file.read(extent) == piece) }
        let stored = try #require(file.rawContents)
        #expect(stored.count > 100_000)
        #expect(stored.range(of: Data("secret".utf8)) == nil)
    }

    @Test("several threads read a temporary file at once")
    func readTogether() throws {
        let file = try SpillFile()
        let extents = try (0..<2000).map { try file.append([UInt8](repeating: UInt8($0 & 255), count: 5000 + $0)) }
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for (number, extent) in extents.enumerated() {
                #expect(
                    (try? file.read(extent)) == [UInt8](repeating: UInt8(number & 255), count: 5000 + number))
            }
        }
    }
}

extension SpillFile {
    /// What lies on the disk.
    fileprivate var rawContents: Data? {
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for descriptor in descriptors {
            let link = "/proc/self/fd/\(descriptor)"
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: link),
                target.contains("chatark-"), target.hasSuffix("(deleted)"),
                let data = FileManager.default.contents(atPath: link), data.count > 100_000
            else { continue }
            return data
        }
        return nil
    }
}
