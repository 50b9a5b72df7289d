import ChatArchive
import ChatModel
import JSON

/// From a stored segment to messages.
enum SegmentBenchmarks {
    static let all = [
        Benchmark(
            name: "segment-content", about: "a segment's JSON lines out of the store: decrypted, verified, inflated"
        ) {
            let history = try $0.history()
            let size = try history.segmentText().count
            return Benchmark.Work(amount: .bytes(size)) { try history.segmentText().count }
        },
        Benchmark(
            name: "segment-open", about: "segment-content, and decoded as the mount does (no smaller public door)"
        ) {
            try open($0.history())
        },
        Benchmark(
            name: "segment-decode", about: "JSON lines to full messages, as a backup and a search's results need them"
        ) {
            try decode($0.history())
        },
        Benchmark(name: "segment-encode", about: "messages to JSON lines") { try encode($0.history()) },
    ]

    /// The tree keeps one segment, the last: asked for messages of two months by turns, it decodes one each time.
    private static func open(_ history: SampleHistory) throws -> Benchmark.Work {
        let shown = try ShownMonths(history, memoryLimit: 1)
        let messages = try shown.months.map { month in
            guard let first = try shown.messages(of: month).first else {
                throw BenchmarkFault.unexpected("a month is empty")
            }
            return first.inode
        }
        let tree = shown.tree
        let size = try (0...1).reduce(0) { try $0 + history.segmentText($1).count } / 2
        var turn = 0
        func call() throws -> Int {
            turn ^= 1
            return try Int(tree.attributes(of: messages[turn], waiting: .long).size)
        }
        // What was in memory before is gone after these.
        for _ in messages { _ = try call() }
        for _ in 0..<4 {
            try check(!ShownMonths.isInMemory(messages[turn ^ 1], of: tree), "segments stay in memory")
            _ = try call()
        }
        return Benchmark.Work(amount: .bytes(size), call: call)
    }

    private static func decode(_ history: SampleHistory) throws -> Benchmark.Work {
        let text = try history.segmentText()
        let count = try messages(text).count
        try check(count == SampleHistory.messagesPerMonth, "\(count) messages were decoded")
        return Benchmark.Work(amount: .bytes(text.count)) {
            let messages = try messages(text)
            return messages.count &+ (messages.last?.message.text.utf8.count ?? 0)
        }
    }

    private static func encode(_ history: SampleHistory) throws -> Benchmark.Work {
        let messages = try messages(history.segmentText())
        func call() -> [UInt8] {
            var writer = JSONWriter()
            for message in messages { message.encode(into: &writer) }
            return writer.bytes
        }
        return Benchmark.Work(amount: .bytes(call().count)) { call().count }
    }

    private static func messages(_ text: [UInt8]) throws -> [MessageLine] {
        var messages: [MessageLine] = []
        try JSONReader.read(text) { (reader) throws(JSONError) in
            while try !reader.isAtEnd() {
                if case .message(let line) = try InterchangeLine(reading: &reader) { messages.append(line) }
                reader.beginNextText()
            }
        }
        return messages
    }
}
