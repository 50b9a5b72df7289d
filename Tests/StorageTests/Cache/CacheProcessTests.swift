import Foundation
import SeededRandom
import Testing

@testable import Storage

/// Real processes that share a cache, and are killed. CHATARK_KILLS says how many, 25 otherwise.
@Suite(.serialized) struct CacheProcessTests {
    static let program = Bundle.main.bundleURL.deletingLastPathComponent().path + "/CacheHammer"

    static var kills: Int { ProcessInfo.processInfo.environment["CHATARK_KILLS"].flatMap { Int($0) } ?? 25 }

    private struct Hammer {
        let process: Process
        let output: Pipe

        init(_ bench: CacheBench, limit: Int, seed: UInt64) throws {
            process = Process()
            output = Pipe()
            process.executableURL = URL(fileURLWithPath: try CacheProcessTests.hammerPath())
            process.arguments = [bench.local.location, bench.cachePath, "\(limit)", "\(seed)"]
            process.standardOutput = output
            try process.run()
        }

        /// Waits until it works.
        func waitUntilReady() -> Bool { !output.fileHandleForReading.availableData.isEmpty }

        /// Kills it; true when it was still at work and had complained about nothing.
        func kill() -> Bool {
            let wasRunning = process.isRunning
            Glibc.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let rest = (try? output.fileHandleForReading.readToEnd()) ?? Data()
            return wasRunning && !String(decoding: rest, as: UTF8.self).contains("wrong")
        }
    }

    /// Beside the test's own executable, wherever the package was built.
    static func hammerPath() throws -> String {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        for _ in 0..<6 {
            let path = folder.appendingPathComponent("CacheHammer").path
            if FileManager.default.isExecutableFile(atPath: path) { return path }
            folder.deleteLastPathComponent()
        }
        try #require(FileManager.default.isExecutableFile(atPath: program), "CacheHammer was not built")
        return program
    }

    @Test func `after processes were killed at any moment every byte is right`() throws {
        var random = SeededGenerator(seed: .random(in: 0 ... .max))
        let bench = try CacheBench(packs: 6, size: 1 << 20)
        let limit = 3 << 20
        for round in 0..<Self.kills {
            let hammers = try (0..<2).map { _ in try Hammer(bench, limit: limit, seed: random.next()) }
            for hammer in hammers { #expect(hammer.waitUntilReady()) }
            usleep(UInt32.random(in: 0..<60_000, using: &random))
            for hammer in hammers { #expect(hammer.kill(), "seed \(random.seed), round \(round)") }
            let cached = bench.cached(limit: limit)
            for name in bench.packs {
                let range = random.range(in: 0..<1 << 20)
                #expect(
                    try cached.read(name, range: range) == Array(bench.contents[name]![range]),
                    "seed \(random.seed), round \(round)")
            }
        }
        let cached = bench.cached(limit: limit)
        for name in bench.packs { #expect(try cached.read(name, range: 0..<1 << 20) == bench.contents[name]) }
        #expect(bench.troubles.withLock { $0 } == [])
        let status = try #require(cached.cache.status())
        #expect(status.bytesOnDisk <= limit)
        // What killed processes had appended and not indexed is given back when their slabs are taken over or removed.
        #expect(bench.slabBytesOnDisk() <= limit + (4 << 20), "seed \(random.seed)")
    }

    @Test func `two processes and this one share a cache`() throws {
        let bench = try CacheBench(packs: 4, size: 1 << 20)
        let limit = 3 << 20
        let hammers = try (0..<2).map { try Hammer(bench, limit: limit, seed: UInt64($0)) }
        for hammer in hammers { #expect(hammer.waitUntilReady()) }
        let cached = bench.cached(limit: limit)
        var random = SeededGenerator(seed: .random(in: 0 ... .max))
        for _ in 0..<300 {
            let name = bench.packs[Int.random(in: 0..<4, using: &random)]
            let range = random.range(in: 0..<1 << 20)
            #expect(try cached.read(name, range: range) == Array(bench.contents[name]![range]), "seed \(random.seed)")
        }
        for hammer in hammers { #expect(hammer.kill()) }
        #expect(bench.troubles.withLock { $0 } == [])
    }
}
