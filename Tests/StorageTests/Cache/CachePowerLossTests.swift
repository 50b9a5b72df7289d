import Foundation
import SeededRandom
import Testing

@testable import Storage

/// What a machine that lost its power may find: of the pages written since the last moment that the disk has kept
/// whole, some are there and some are not, whichever file they are of, and the index's log ends anywhere.
@Suite struct CachePowerLossTests {
    private static let page = 4096

    @Test func `after the power failed at any moment every byte is right`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        for round in 0..<25 {
            let bench = try CacheBench(packs: 4, size: 300_000, seed: seed &+ UInt64(round) &* 17)
            let whole = bench.path + "/whole"
            try read(bench, times: Int.random(in: 0...20, using: &random), &random)
            if FileManager.default.fileExists(atPath: bench.cachePath) {
                try FileManager.default.copyItem(atPath: bench.cachePath, toPath: whole)
            }
            try read(bench, times: Int.random(in: 1...30, using: &random), &random)
            let lost = bench.path + "/lost"
            try FileManager.default.createDirectory(atPath: lost, withIntermediateDirectories: true)
            for name in try FileManager.default.contentsOfDirectory(atPath: bench.cachePath) {
                let now = try Data(contentsOf: URL(fileURLWithPath: "\(bench.cachePath)/\(name)"))
                let before = (try? Data(contentsOf: URL(fileURLWithPath: "\(whole)/\(name)"))) ?? Data()
                let found = name.hasSuffix(".slab") ? mixed(before, now, &random) : torn(name, now, &random)
                try found?.write(to: URL(fileURLWithPath: "\(lost)/\(name)"))
            }
            let cached = CachedStore(bench.store, cache: bench.cache(at: lost))
            for (name, bytes) in bench.contents {
                #expect(try cached.read(name, range: 0..<bytes.count) == bytes, "seed \(seed), round \(round)")
                #expect(try cached.read(name, range: 0..<bytes.count) == bytes, "seed \(seed), round \(round), again")
            }
        }
    }

    private func read(_ bench: CacheBench, times: Int, _ random: inout SeededGenerator) throws {
        let cached = bench.cached()
        for _ in 0..<times {
            let name = bench.packs[Int.random(in: 0..<bench.packs.count, using: &random)]
            let start = Int.random(in: 0..<290_000, using: &random)
            _ = try cached.read(name, range: start..<start + Int.random(in: 1...10_000, using: &random))
        }
    }

    /// Each page as it is now, as it was, or never written.
    private func mixed(_ before: Data, _ now: Data, _ random: inout SeededGenerator) -> Data {
        var found = Data(count: now.count)
        for start in stride(from: 0, to: now.count, by: Self.page) {
            let range = start..<min(start + Self.page, now.count)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: found.replaceSubrange(range, with: now[range])
            case 1 where range.upperBound <= before.count: found.replaceSubrange(range, with: before[range])
            default: break
            }
        }
        return found
    }

    /// The index as it is, its log up to anywhere; what maps the log is gone with the memory.
    private func torn(_ name: String, _ now: Data, _ random: inout SeededGenerator) -> Data? {
        if name.hasSuffix("-shm") { return nil }
        guard name.hasSuffix("-wal") else { return now }
        return Data(now.prefix(Int.random(in: 0...now.count, using: &random)))
    }
}
