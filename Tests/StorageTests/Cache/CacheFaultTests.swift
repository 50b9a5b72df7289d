import Foundation
import SeededRandom
import Testing

@testable import Storage

@Suite struct CacheFaultTests {
    @Test func `flipped bits are found, dropped and fetched again`() throws {
        let bench = try CacheBench()
        let name = bench.packs[0]
        let bytes = try #require(bench.contents[name])
        let cached = bench.cached()
        _ = try cached.read(name, range: 0..<1 << 20)
        var random = SeededGenerator(seed: .random(in: 0 ... .max))
        for _ in 0..<20 {
            let slab = try #require(try bench.slabs().first)
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: slab))
            let place = UInt64.random(in: 0..<1 << 20, using: &random)
            try file.seek(toOffset: place)
            let byte = try #require(try file.read(upToCount: 1)?.first)
            try file.seek(toOffset: place)
            try file.write(contentsOf: Data([byte ^ 1 << UInt8.random(in: 0..<8, using: &random)]))
            try file.close()
            _ = bench.store.taken()
            let range = random.range(in: 0..<1 << 20)
            #expect(try cached.read(name, range: range) == Array(bytes[range]), "seed \(random.seed)")
            #expect(try cached.read(name, range: 0..<1 << 20) == bytes, "seed \(random.seed)")
            // The second read may fetch what is left on both sides of the first's part in one request.
            #expect(bench.store.taken().bytes <= CacheIndex.pieceLimit + cached.gapLimit, "seed \(random.seed)")
        }
    }

    @Test func `verifying finds what is damaged`() throws {
        let bench = try CacheBench()
        let cached = bench.cached()
        _ = try cached.read(bench.packs[0], range: 0..<1 << 20)
        #expect(cached.cache.verify()?.dropped == 0)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: try #require(try bench.slabs().first)))
        try file.write(contentsOf: Data(repeating: 0, count: 300_000))
        try file.close()
        var steps = 0
        let found = cached.cache.verify { _ in
            steps += 1
            return true
        }
        #expect(found?.dropped == 2 && found?.entries == 4 && found?.total == 4 && steps == 4)
        #expect(cached.cache.verify()?.entries == 2)
    }

    @Test func `a folder that is deleted under a mount is made again`() throws {
        let bench = try CacheBench()
        let name = bench.packs[0]
        let cached = bench.cached()
        for _ in 0..<3 {
            #expect(try cached.read(name, range: 0..<100_000).count == 100_000)
            try FileManager.default.removeItem(atPath: bench.cachePath)
            // The index is open and tells of what is gone; the first piece that finds no place brings it all back.
            #expect(try cached.read(name, range: 400_000..<700_000).count == 300_000)
            #expect(try cached.read(name, range: 50_000..<300_000).count == 250_000)
            #expect(FileManager.default.fileExists(atPath: bench.cachePath))
        }
        _ = try cached.read(name, range: 0..<300_000)
        _ = try cached.read(name, range: 0..<300_000)
        _ = bench.store.taken()
        #expect(try bench.cached().read(name, range: 0..<300_000).count == 300_000)
        #expect(bench.store.taken().requests == 0)
    }

    @Test func `an index that is no database is made anew, and said once`() throws {
        let bench = try CacheBench()
        let name = bench.packs[0]
        _ = try bench.cached().read(name, range: 0..<100_000)
        for suffix in ["-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: bench.cachePath + "/index.sqlite\(suffix)")
        }
        try Data(CacheBench.bytes(40_000, seed: 9)).write(to: URL(fileURLWithPath: bench.cachePath + "/index.sqlite"))
        let cached = bench.cached()
        for _ in 0..<3 {
            #expect(try cached.read(name, range: 0..<100_000) == Array(bench.contents[name]![..<100_000]))
        }
        #expect(bench.troubles.withLock { $0 } == [.damaged(path: bench.cachePath)])
        _ = bench.store.taken()
        _ = try bench.cached().read(name, range: 0..<100_000)
        #expect(bench.store.taken().requests == 0)
        #expect(try bench.slabs().count == 1)
    }

    @Test func `an index with damaged pages never makes a read fail`() throws {
        var random = SeededGenerator(seed: .random(in: 0 ... .max))
        for _ in 0..<15 {
            let bench = try CacheBench(packs: 3, size: 300_000)
            do {
                let cached = bench.cached()
                for _ in 0..<60 { _ = try cached.read(bench.packs[0], range: random.range(in: 0..<300_000)) }
            }
            let url = URL(fileURLWithPath: bench.cachePath + "/index.sqlite")
            var file = try Data(contentsOf: url)
            for _ in 0..<30 {
                let place = Int.random(in: 100..<file.count, using: &random)
                file[place] ^= UInt8.random(in: 1...255, using: &random)
            }
            try file.write(to: url)
            let cached = bench.cached()
            for _ in 0..<60 {
                let name = bench.packs[Int.random(in: 0..<3, using: &random)]
                let range = random.range(in: 0..<300_000)
                #expect(
                    try cached.read(name, range: range) == Array(bench.contents[name]![range]), "seed \(random.seed)")
            }
        }
    }

    @Test func `a folder that cannot be made means reading through, said once`() throws {
        let bench = try CacheBench()
        try Data([1]).write(to: URL(fileURLWithPath: bench.path + "/file"))
        let cached = CachedStore(bench.store, cache: bench.cache(at: bench.path + "/file/cache"))
        for _ in 0..<5 { #expect(try cached.read(bench.packs[0], range: 0..<1000).count == 1000) }
        #expect(bench.store.taken().requests == 5)
        #expect(bench.troubles.withLock { $0.count } == 1)
    }

    @Test func `the folder and its files are the user's alone`() throws {
        let bench = try CacheBench()
        _ = try bench.cached().read(bench.packs[0], range: 0..<1000)
        let attributes = try FileManager.default.attributesOfItem(atPath: bench.cachePath)
        #expect(attributes[.posixPermissions] as? Int == 0o700)
        for name in try FileManager.default.contentsOfDirectory(atPath: bench.cachePath) {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(bench.cachePath)/\(name)")
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
    }

    static let isRoot = geteuid() == 0

    @Test(.enabled(if: isRoot, "a full disk is a small tmpfs, and only root may mount one"))
    func `a full disk means reading through`() throws {
        let bench = try CacheBench(packs: 4, size: 4 << 20)
        let place = bench.path + "/full"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try #require(try run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place) == 0)
        defer { _ = try? run("umount", "-l", place) }
        let cached = CachedStore(bench.store, cache: bench.cache(limit: 1 << 30, at: place + "/cache"))
        for _ in 0..<2 {
            for name in bench.packs {
                for start in stride(from: 0, to: 4 << 20, by: 1 << 20) {
                    let range = start..<start + (1 << 20)
                    #expect(try cached.read(name, range: range) == Array(bench.contents[name]![range]))
                }
            }
        }
        #expect(bench.store.taken().bytes > 16 << 20)
        #expect(bench.troubles.withLock { $0.count } >= 1)
    }

    @Test(.enabled(if: isRoot, "a read-only folder is a tmpfs, and only root may mount one"))
    func `a read-only folder means reading through`() throws {
        let bench = try CacheBench()
        let name = bench.packs[0]
        let place = bench.path + "/fixed"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try #require(try run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place) == 0)
        defer { _ = try? run("umount", "-l", place) }
        do {
            let cached = CachedStore(bench.store, cache: bench.cache(at: place + "/cache"))
            _ = try cached.read(name, range: 0..<100_000)
        }
        try #require(try run("mount", "-o", "remount,ro", place) == 0)
        let cached = CachedStore(bench.store, cache: bench.cache(at: place + "/cache"))
        for _ in 0..<3 { #expect(try cached.read(name, range: 0..<1000) == Array(bench.contents[name]![..<1000])) }
        #expect(bench.troubles.withLock { $0.count } == 1)
    }

    private func run(_ arguments: String...) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
