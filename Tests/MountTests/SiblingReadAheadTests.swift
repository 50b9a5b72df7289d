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
        var policy = Self.thorough()
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

    /// After a reader has begun a directory whose rest was pushed.
    private static func thorough() -> SiblingReadAhead {
        var policy = SiblingReadAhead()
        for index in 0..<3 { _ = policy.read(Place(listing: 1, index: index), of: 12) }
        return policy
    }

    @Test("what follows a directory that was read to its end is pushed as it is listed, and asked for hardly at all")
    func listed() throws {
        var policy = SiblingReadAhead()
        #expect(policy.listed(1, of: 12) == nil)
        for index in 0..<3 { _ = policy.read(Place(listing: 1, index: index), of: 12) }
        var holes: [Int] = []
        for listing in UInt64(2)..<402 {
            let decided = policy.listed(listing, of: 12)
            let push = try #require(decided)
            #expect(push.first == Place(listing: listing, index: 0) && push.files >= 12 && push.isBeingListed)
            #expect(policy.listed(listing, of: 12) == nil, "pushed once")
            policy.pushed(push, upTo: 12)
            guard push.hole >= 0 else { continue }
            holes.append(push.hole)
            #expect(policy.read(Place(listing: listing, index: push.hole), of: 12) == nil)
        }
        #expect(holes == [Int](repeating: 6, count: 100))
    }

    @Test("who lists and does not read on gets little pushed, until they read again")
    func onlyListed() {
        var policy = Self.thorough()
        let pushed = (UInt64(2)..<100).filter { listing in
            guard let push = policy.listed(listing, of: 12) else { return false }
            policy.pushed(push, upTo: 12)
            return true
        }
        #expect(pushed == Array(2..<10))
        for index in 0..<3 { _ = policy.read(Place(listing: 100, index: index), of: 12) }
        #expect(policy.listed(101, of: 12) != nil)
    }

    @Test("a reader who is faster than the pushing is answered once what follows is there, and the other pushing ends")
    func fasterReader() throws {
        var policy = Self.thorough()
        let decided = policy.listed(2, of: 12)
        let push = try #require(decided)
        #expect(policy.resume(push, at: 0) == 0)
        let second = policy.read(Place(listing: 2, index: 0), of: 12)
        #expect(
            second
                == .init(
                    first: Place(listing: 2, index: 1), files: 64, bytes: 1 << 20, hole: -1, isAwaited: true))
        #expect(policy.resume(push, at: 1) >= 12)
        policy.pushed(push, upTo: 1)
        try policy.pushed(#require(second), upTo: 12)
        #expect(policy.isThorough)
        #expect(policy.listed(3, of: 12) != nil)
    }

    @Test("a large directory is pushed window by window, and its reader met where they are")
    func largeListed() throws {
        var policy = Self.thorough()
        let decided = policy.listed(2, of: 5000)
        let push = try #require(decided)
        #expect(push.files == SiblingReadAhead.lastWindow && push.hole == SiblingReadAhead.lastWindow / 2)
        #expect(policy.resume(push, at: 3) == 3)
        // Pushed already, and not there any more: nothing to wait for.
        #expect(policy.read(Place(listing: 2, index: 1), of: 5000) == nil)
        policy.pushed(push, upTo: push.files)
        #expect(policy.read(Place(listing: 2, index: push.hole), of: 5000)?.first.index == push.files)
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
