import Foundation
import SeededRandom
import Testing

@testable import Storage

@Suite struct CacheLimitTests {
    @Test(arguments: [true, false])
    func `the limit is exceeded by one range at most`(punchesHoles: Bool) throws {
        let bench = try CacheBench(packs: 12, size: 1 << 20)
        let limit = 4 << 20
        let cache = bench.cache(limit: limit, punchesHoles: punchesHoles)
        let cached = CachedStore(bench.store, cache: cache)
        var random = SeededGenerator(seed: .random(in: 0 ... .max))
        for _ in 0..<300 {
            let name = bench.packs[Int.random(in: 0..<12, using: &random)]
            let start = Int.random(in: 0..<1 << 20, using: &random)
            let range = start..<min(1 << 20, start + 200_000)
            let retention = ReadAdvice.Retention.allCases.randomElement(using: &random) ?? .content
            #expect(
                try cached.read(name, range: range, advice: ReadAdvice(retention: retention))
                    == Array(bench.contents[name]![range]), "seed \(random.seed)")
            #expect(bench.slabBytesOnDisk() <= limit + 200_000 + 8192, "seed \(random.seed)")
        }
        #expect(try #require(cache.status()).bytesOnDisk <= limit)
        #expect(cache.verify()?.dropped == 0)
        #expect(bench.troubles.withLock { $0.isEmpty })
    }

    @Test func `64 MiB before five gigabytes of holes are exceeded by one range at most, read by four threads`() throws
    {
        let bench = try CacheBench(packs: 0)
        let size = 1 << 30
        let packs = (0..<5).map { CacheBench.name(.data, [UInt8($0)]) }
        for name in packs {
            let path = "\(bench.local.location)/\(name.path)"
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
            #expect(truncate(path, off_t(size)) == 0)
        }
        let limit = 64 << 20
        let cached = bench.cached(limit: limit)
        let seed = UInt64.random(in: 0 ... .max)
        let threads = (0..<4).map { number in
            RunningThread {
                var random = SeededGenerator(seed: seed &+ UInt64(number))
                for _ in 0..<50 {
                    let start = Int.random(in: 0..<size - (1 << 20), using: &random)
                    let name = packs[Int.random(in: 0..<5, using: &random)]
                    let read = try? cached.read(name, range: start..<start + (1 << 20))
                    #expect(read?.count == 1 << 20, "seed \(seed)")
                    #expect(bench.slabBytesOnDisk() <= limit + (2 << 20), "seed \(seed)")
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(bench.slabBytesOnDisk() > limit / 2)
        #expect(bench.troubles.withLock { $0.isEmpty })
    }

    @Test func `metadata stays while content goes by`() throws {
        let bench = try CacheBench(packs: 8, size: 1 << 20)
        let cached = bench.cached(limit: 2 << 20)
        let metadata = ReadAdvice(retention: .metadata)
        _ = try cached.read(bench.packs[0], range: 0..<500_000, advice: metadata)
        for name in bench.packs[1...] { _ = try cached.read(name, range: 0..<400_000) }
        _ = bench.store.taken()
        _ = try cached.read(bench.packs[0], range: 0..<500_000, advice: metadata)
        #expect(bench.store.taken().requests == 0)
    }

    @Test func `what is read often stays while what was read once goes by`() throws {
        let bench = try CacheBench(packs: 10, size: 1 << 20)
        let cached = bench.cached(limit: 2 << 20)
        _ = try cached.read(bench.packs[0], range: 0..<200_000)
        for name in bench.packs[1...] {
            _ = try cached.read(name, range: 0..<400_000)
            _ = bench.store.taken()
            _ = try cached.read(bench.packs[0], range: 0..<200_000)
            #expect(bench.store.taken().requests == 0)
        }
    }

    @Test func `a range larger than the cache is read and not kept`() throws {
        let bench = try CacheBench(size: 1 << 20)
        let cached = bench.cached(limit: 100_000)
        #expect(try cached.read(bench.packs[0], range: 0..<1 << 20) == bench.contents[bench.packs[0]])
        #expect(bench.slabBytesOnDisk() <= 100_000)
        let none = bench.cached(limit: 0)
        #expect(try none.read(bench.packs[0], range: 0..<1000).count == 1000)
    }

    @Test func `content that is read as metadata becomes metadata`() throws {
        let bench = try CacheBench()
        let cached = bench.cached()
        _ = try cached.read(bench.packs[0], range: 0..<1000)
        _ = try cached.read(bench.packs[0], range: 0..<1000, advice: ReadAdvice(retention: .metadata))
        #expect(cached.cache.status()?.holdings.map(\.retention) == [.metadata])
    }

    @Test func `random operations agree with a naive model`() throws {
        var random = SeededGenerator(seed: .random(in: 0 ... .max))
        let bench = try CacheBench(packs: 4, size: 200_000)
        let cached = bench.cached(limit: 600_000, gapLimit: 5000)
        var model = bench.contents
        for step in 0..<1500 {
            let name = bench.packs[Int.random(in: 0..<4, using: &random)]
            let range = random.range(in: 0..<200_000)
            let advice = ReadAdvice(
                window: Bool.random(using: &random) ? random.range(in: 0..<200_000) : nil,
                retention: Bool.random(using: &random) ? .metadata : .content)
            let says = Comment(rawValue: "seed \(random.seed), step \(step)")
            switch Int.random(in: 0..<20, using: &random) {
            case 0: cached.forget(name, range: range)
            case 1: cached.forget(name, range: nil)
            case 2:
                if model[name] != nil {
                    try cached.remove(name)
                    model[name] = nil
                } else {
                    let bytes = try #require(bench.contents[name])
                    try cached.write(name, bytes)
                    model[name] = bytes
                }
            case 3: #expect((try? cached.read(name, range: nil)) == model[name], says)
            case 4: #expect((try? cached.size(of: name)) == model[name]?.count, says)
            case 5: try? cached.prefetch(name, ranges: [range, random.range(in: 0..<200_000)], retention: .content)
            case 6: #expect(try Set(cached.list(.data).map(\.name)) == Set(model.keys), says)
            default:
                #expect(
                    (try? cached.read(name, range: range, advice: advice)) == model[name].map { Array($0[range]) }, says
                )
            }
        }
        #expect(cached.cache.verify()?.dropped == 0, "seed \(random.seed)")
        #expect(bench.troubles.withLock { $0.isEmpty })
    }
}
