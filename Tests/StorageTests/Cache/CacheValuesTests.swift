import SeededRandom
import Testing

@testable import Storage

@Suite struct CacheValuesTests {
    @Test func `sets of ranges agree with sets of numbers`() {
        var random = SeededGenerator(seed: .random(in: 0 ... .max))
        for _ in 0..<2000 {
            let ranges = (0..<Int.random(in: 0...8, using: &random)).map { _ in random.range(in: 0..<60) }
            let wanted = random.range(in: 0..<70)
            let naive = Set(ranges.flatMap { Array($0) })
            let set = RangeSet(ranges)
            #expect(set.ranges.flatMap { Array($0) } == naive.sorted(), "seed \(random.seed)")
            for (left, right) in zip(set.ranges, set.ranges.dropFirst()) {
                #expect(left.upperBound < right.lowerBound, "seed \(random.seed)")
            }
            #expect(
                set.missing(in: wanted).flatMap { Array($0) } == wanted.filter { !naive.contains($0) },
                "seed \(random.seed)")
            #expect(
                set.overlap(with: [wanted]).flatMap { Array($0) } == wanted.filter { naive.contains($0) },
                "seed \(random.seed)")
            #expect(
                set.outside(wanted).flatMap { Array($0) } == naive.sorted().filter { !wanted.contains($0) },
                "seed \(random.seed)")
        }
    }

    @Test func `requests cover what is missing and nothing that needs one of its own`() {
        var random = SeededGenerator(seed: .random(in: 0 ... .max))
        for _ in 0..<2000 {
            let present = RangeSet((0..<Int.random(in: 0...6, using: &random)).map { _ in random.range(in: 0..<100) })
            let (range, window) = (random.range(in: 0..<100), random.range(in: 0..<100))
            let gap = Int.random(in: 0...10, using: &random)
            let requests = FetchPlan.requests(for: range, window: window, present: present, gap: gap)
            let fetched = Set(requests.flatMap { Array($0) })
            let missing = present.missing(in: range).flatMap { Array($0) }
            #expect(fetched.isSuperset(of: missing), "seed \(random.seed)")
            let around = min(range.lowerBound, window.lowerBound)..<max(range.upperBound, window.upperBound)
            #expect(fetched.allSatisfy(around.contains), "seed \(random.seed)")
            for request in requests { #expect(!Set(missing).isDisjoint(with: request), "seed \(random.seed)") }
            for (left, right) in zip(requests, requests.dropFirst()) {
                #expect(right.lowerBound - left.upperBound > gap, "seed \(random.seed)")
            }
        }
    }

    @Test func `joined ranges stay under the limit`() {
        #expect(FetchPlan.joined([0..<4, 5..<9, 20..<30], gap: 1) == [0..<9, 20..<30])
        #expect(FetchPlan.joined([0..<4, 5..<9, 9..<30], gap: 1, size: 9) == [0..<9, 9..<30])
        #expect(FetchPlan.joined([], gap: 1).isEmpty)
    }

    @Test func `content goes before metadata, and metadata beyond three quarters before content`() {
        typealias Shares = EvictionOrder.Shares
        func shares(_ content: Int, _ metadata: Int, _ incoming: Int) -> Shares {
            EvictionOrder.shares(content: content, metadata: metadata, incoming: incoming, limit: 3200)
        }
        #expect(shares(1000, 1000, 1200) == Shares(content: 0, metadata: 0))
        #expect(shares(1000, 1000, 1201) == Shares(content: 101, metadata: 0))
        #expect(shares(50, 2300, 1000) == Shares(content: 50, metadata: 200))
        #expect(shares(500, 2700, 100) == Shares(content: 0, metadata: 200))
        #expect(shares(500, 2700, 500) == Shares(content: 300, metadata: 300))
        #expect(shares(100, 100, 9000) == Shares(content: 100, metadata: 100))
    }

    @Test func `the least recently used go until the share is free`() {
        let candidates = [(1, 30, 10), (2, 10, 5), (3, 20, 10), (4, 40, 1)].map {
            EvictionOrder.Candidate(id: $0.0, used: Int64($0.1), charge: $0.2)
        }
        #expect(EvictionOrder.victims(of: candidates, share: 0).isEmpty)
        #expect(EvictionOrder.victims(of: candidates, share: 6).map(\.id) == [2, 3])
        #expect(EvictionOrder.victims(of: candidates, share: 100).map(\.id) == [2, 3, 1, 4])
    }

    @Test(
        arguments: [
            ("", 0xEF46_DB37_51D8_E999), ("a", 0xD24E_C4F1_A98C_6E5B), ("abc", 0x44BC_2CF5_AD77_0999),
            ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
        ] as [(String, UInt64)])
    func `hashes are those of the published vectors`(text: String, hash: UInt64) {
        #expect(Array(text.utf8).withUnsafeBytes { XXH64.hash($0) } == hash)
    }

    @Test func `pieces end at multiples of the largest piece`() {
        let limit = CacheIndex.pieceLimit
        #expect(ChunkCache.pieces(of: 0..<limit) == [0..<limit])
        #expect(ChunkCache.pieces(of: limit - 1..<limit + 1) == [limit - 1..<limit, limit..<limit + 1])
        #expect(ChunkCache.pieces(of: 5..<5).isEmpty)
    }
}
