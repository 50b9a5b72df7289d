import ChatHistories
import Dispatch
import Foundation
import SeededRandom
import Synchronization
import Testing

@testable import ChatArchive

struct CacheTests {
    @Test("the least recently used value goes first, as in a list that is kept in order")
    func leastRecentlyUsed() {
        let seed = UInt64.random(in: 1...1 << 60)
        var numbers = SeededGenerator(seed: seed)
        for budget in [0, 1, 10, 100] {
            var cache = LeastRecentlyUsed<Int, Int>(budget: budget)
            // Oldest first.
            var model: [(key: Int, value: Int, cost: Int)] = []
            for step in 0..<3000 {
                let key = Int.random(in: 0..<20, using: &numbers)
                if numbers.chance(50) {
                    let index = model.firstIndex { $0.key == key }
                    #expect(cache.value(key) == index.map { model[$0].value }, "seed \(seed)")
                    if let index { model.append(model.remove(at: index)) }
                } else {
                    let cost = Int.random(in: 0...30, using: &numbers)
                    cache.insert(step, for: key, cost: cost)
                    model.removeAll { $0.key == key }
                    model.append((key, step, cost))
                    while model.count > 1, model.reduce(0, { $0 + $1.cost }) > budget { model.removeFirst() }
                }
                #expect(cache.count == model.count && cache.cost == model.reduce(0) { $0 + $1.cost }, "seed \(seed)")
            }
        }
    }

    @Test("who must not wait is told so, and nothing is loaded")
    func neverWaiting() {
        let cache = LoadingCache<Int, Int>(budget: 100)
        #expect(throws: FolderTreeError.self) {
            try cache.value(1, waiting: .never) { () throws(FolderTreeError) in
                Issue.record("loaded")
                return (1, 1)
            }
        }
    }

    @Test("many who want the same value wait for one load")
    func singleFlight() {
        let cache = LoadingCache<Int, Int>(budget: 100)
        let loads = Mutex(0)
        let results = Mutex<[Int]>([])
        DispatchQueue.concurrentPerform(iterations: 16) { _ in
            let value = try? cache.value(7, waiting: .until(.now + .seconds(30))) { () throws(FolderTreeError) in
                loads.withLock { $0 += 1 }
                Thread.sleep(forTimeInterval: 0.05)
                return (42, 1)
            }
            results.withLock { $0.append(value ?? -1) }
        }
        #expect(loads.withLock { $0 } == 1)
        #expect(results.withLock { $0 } == Array(repeating: 42, count: 16))
    }

    @Test("who waits for another's load gives up at the deadline, and the load goes on")
    func deadline() throws {
        let cache = LoadingCache<Int, Int>(budget: 100)
        let started = DispatchSemaphore(value: 0)
        let mayEnd = DispatchSemaphore(value: 0)
        let ended = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            _ = try? cache.value(1, waiting: .until(.now + .seconds(30))) { () throws(FolderTreeError) in
                started.signal()
                mayEnd.wait()
                return (5, 1)
            }
            ended.signal()
        }
        started.wait()
        let before = ContinuousClock.now
        #expect {
            try cache.value(1, waiting: .until(.now + .milliseconds(50))) { () throws(FolderTreeError) in
                Issue.record("loaded a second time")
                return (6, 1)
            }
        } throws: { error in
            if case FolderTreeError.timedOut = error { true } else { false }
        }
        #expect(ContinuousClock.now - before < .seconds(10))
        mayEnd.signal()
        ended.wait()
        #expect(cache.cached(1) == 5)
    }

    @Test("after a load that failed, the next one who wants the value loads it")
    func failure() throws {
        let cache = LoadingCache<Int, Int>(budget: 100)
        let loads = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            _ = try? cache.value(1, waiting: .until(.now + .seconds(30))) { () throws(FolderTreeError) in
                let number = loads.withLock { loads in
                    loads += 1
                    return loads
                }
                guard number > 3 else { throw .notFound }
                return (number, 1)
            }
        }
        #expect(cache.cached(1) == 4)
        #expect(loads.withLock { $0 } == 4)
    }

    @Test("no load is begun after the deadline")
    func lateLoad() {
        let cache = LoadingCache<Int, Int>(budget: 100)
        #expect {
            try cache.value(1, waiting: .until(.now - .seconds(1))) { () throws(FolderTreeError) in
                Issue.record("loaded")
                return (1, 1)
            }
        } throws: { error in
            if case FolderTreeError.timedOut = error { true } else { false }
        }
    }
}
