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
        buckets.finishFilling()
        for (key, texts) in expected {
            #expect(try MonthBuckets.rows(buckets.lines(key)).map(\.message.text) == texts)
            #expect(buckets.rowCount(key) == texts.count)
            #expect(buckets.months(of: key.conversation).contains(key))
        }
    }

    @Test("rows with attachments are found among the lines, in memory or not", arguments: [0, 500, 1 << 20])
    func attachments(limit: Int) throws {
        var random = SeededGenerator.printed("attachments")
        var buckets = MonthBuckets(limit: limit)
        let key = MonthBuckets.Key(source: 0, conversation: 0, month: Month(number: 24_000))
        var expected: [String] = []
        for number in 0..<300 {
            var message = ChatArchiveTests.text("\(number) \(random.text())")
            if Int.random(in: 0..<5, using: &random) == 0 {
                message.attachments = [ChatModel.Attachment(name: "a", content: .file(path: "\(number).jpg"))]
                expected.append(message.text)
            }
            try buckets.add(SegmentMerge.Row(message: message, export: 0), to: key)
        }
        let lines = try buckets.lines(key)
        let found = try buckets.linesWithAttachments(key).map { try MonthBuckets.rows(Array(lines[$0])) }
        #expect(found.allSatisfy { $0.count == 1 && $0[0].message.attachments.count == 1 })
        #expect(found.map { $0[0].message.text } == expected)
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
