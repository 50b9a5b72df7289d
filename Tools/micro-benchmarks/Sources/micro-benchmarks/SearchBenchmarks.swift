import Search

/// Searching a month's segment, as `chatark search` does when it has its bytes.
enum SearchBenchmarks {
    static let all = [
        Benchmark(name: "search-chinese", about: "a segment for a Chinese word that no message has") {
            try work($0, TextQuery(words: ["西湖醋鱼"]), expected: 0)
        },
        Benchmark(name: "search-english", about: "the same for an English word") {
            try work($0, TextQuery(words: ["banana"]), expected: 0)
        },
        Benchmark(name: "search-common", about: "a segment for a word that many messages have: those are decoded") {
            try work($0, TextQuery(words: ["西湖"]), expected: nil)
        },
        Benchmark(name: "search-regex", about: "a segment for a regular expression: every message is decoded") {
            try work($0, TextQuery(patterns: ["合同.{1,30}[0-9]{3}"]), expected: 0)
        },
    ]

    private static func work(_ fixtures: Fixtures, _ query: TextQuery?, expected: Int?) throws -> Benchmark.Work {
        let segment = try fixtures.history().segmentText()
        guard let query else { throw BenchmarkFault.unexpected("the query has no words") }
        let found = try query.matches(in: segment).lines.count
        try check(expected.map { $0 == found } ?? (found > 0), "\(found) messages match")
        return Benchmark.Work(amount: .bytes(segment.count)) { try query.matches(in: segment).lines.count }
    }
}
