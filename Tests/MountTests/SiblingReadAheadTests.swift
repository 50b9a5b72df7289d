import SeededRandom
import Testing

@testable import Mount

@Suite struct SiblingReadAheadTests {
    typealias Place = SiblingReadAhead.Place

    /// A kernel that asks only for what it has not got, and a pusher that is done at once.
    private func requests(of order: [Int], files: Int, in policy: inout SiblingReadAhead) -> (reads: Int, pushed: Int) {
        var cached: Set<Int> = []
        var reads = 0
        var pushed = 0
        for index in order where !cached.contains(index) {
            reads += 1
            cached.insert(index)
            guard let push = policy.read(Place(listing: 7, index: index), of: files) else { continue }
            let end = min(push.first.index + push.files, files)
            for next in push.first.index..<max(end, push.first.index) where next != push.hole {
                cached.insert(next)
                pushed += 1
            }
            policy.pushed(push, upTo: end)
        }
        return (reads, pushed)
    }

    @Test("two files in a row start a window, one does not")
    func start() {
        var policy = SiblingReadAhead()
        #expect(policy.read(Place(listing: 7, index: 3), of: 100) == nil)
        let push = policy.read(Place(listing: 7, index: 4), of: 100)
        #expect(push == .init(first: Place(listing: 7, index: 5), files: 16, bytes: 1 << 20, hole: 13))
    }

    @Test("a reader in listing order asks for few of the files")
    func sequential() {
        var policy = SiblingReadAhead()
        let result = requests(of: Array(0..<10_000), files: 10_000, in: &policy)
        #expect(result.reads < 30)
        #expect(result.pushed > 9_900)
    }

    @Test("a random reader gets next to nothing pushed")
    func random() {
        let seed = UInt64.random(in: 1...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        var policy = SiblingReadAhead()
        let order = (0..<5_000).map { _ in Int(generator.next() % 100_000) }
        let result = requests(of: order, files: 100_000, in: &policy)
        #expect(result.pushed < 250, "seed \(seed)")
    }

    @Test("someone who reads backwards gets nothing")
    func backwards() {
        var policy = SiblingReadAhead()
        #expect(requests(of: Array((0..<1000).reversed()), files: 1000, in: &policy).pushed == 0)
    }

    @Test("a few readers at once are told apart")
    func interleaved() {
        var policy = SiblingReadAhead()
        var pushes = 0
        for index in 0..<4 {
            for listing in 0..<4 where policy.read(Place(listing: UInt64(listing), index: index), of: 100) != nil {
                pushes += 1
            }
        }
        #expect(pushes == 4)
    }

    @Test("while a window is being pushed, no other is started, and a reader who overtakes it is met further on")
    func overtaking() throws {
        var policy = SiblingReadAhead()
        _ = policy.read(Place(listing: 1, index: 0), of: 100_000)
        let started = policy.read(Place(listing: 1, index: 1), of: 100_000)
        let push = try #require(started)
        #expect(policy.resume(push, at: 4) == 4)
        #expect(policy.read(Place(listing: 1, index: 6), of: 100_000) == nil)
        #expect(policy.resume(push, at: 4) == 6 + SiblingReadAhead.lead)
        policy.pushed(push, upTo: 18)
        #expect(policy.read(Place(listing: 1, index: 7), of: 100_000)?.first.index == 18)
    }

    @Test("who came to the end of a directory waits in the next one for the files that follow, and reads once")
    func thorough() {
        var policy = SiblingReadAhead()
        for index in 0..<3 { _ = policy.read(Place(listing: 1, index: index), of: 12) }
        #expect(policy.isThorough)
        for listing in UInt64(2)..<50 {
            let push = policy.read(Place(listing: listing, index: 0), of: 12)
            #expect(
                push
                    == .init(
                        first: Place(listing: listing, index: 1), files: 64, bytes: 1 << 20, hole: -1, isAwaited: true)
            )
            if let push { policy.pushed(push, upTo: 12) }
        }
    }

    @Test("a directory that is left before its end makes nobody wait in the next one")
    func left() {
        var policy = SiblingReadAhead()
        for index in 0..<3 { _ = policy.read(Place(listing: 1, index: index), of: 100) }
        #expect(!policy.isThorough)
        #expect(policy.read(Place(listing: 2, index: 0), of: 12) == nil)
        #expect(policy.read(Place(listing: 3, index: 0), of: 12) == nil)
    }

    @Test("who reads one file of each directory gets nothing")
    func oneEach() {
        var policy = SiblingReadAhead()
        for listing in UInt64(1)..<200 { #expect(policy.read(Place(listing: listing, index: 0), of: 5) == nil) }
    }

    @Test("the window grows to its limit and no further")
    func limit() {
        var policy = SiblingReadAhead()
        var index = 0
        var largest = 0
        for _ in 0..<20 {
            if let push = policy.read(Place(listing: 1, index: index), of: 100_000) {
                largest = max(largest, push.files)
                policy.pushed(push, upTo: push.first.index + push.files)
                index = push.hole
            } else {
                index += 1
            }
        }
        #expect(largest == SiblingReadAhead.lastWindow)
    }
}
