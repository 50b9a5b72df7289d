import Foundation
import Synchronization
import Testing

@testable import Storage

@Suite struct CachedStoreTests {
    typealias Counts = CountingStore.Counts

    @Test func `a store keeps the contract of stores through a cache`() throws {
        let folder = try TemporaryFolder()
        let store = LocalStore(path: folder.path + "/store")
        try StoreContract(store: CachedStore(store, cache: ChunkCache(path: folder.path + "/cache", limit: 1 << 24)))
            .run()
    }

    @Test func `a store keeps its contract when the cache cannot be used at all`() throws {
        let folder = try TemporaryFolder()
        try Data([1]).write(to: URL(fileURLWithPath: folder.path + "/file"))
        let store = LocalStore(path: folder.path + "/store")
        try StoreContract(store: CachedStore(store, cache: ChunkCache(path: folder.path + "/file", limit: 1 << 24)))
            .run()
    }

    @Test func `what was read once needs no request, also by another process' eyes`() throws {
        let bench = try CacheBench()
        let name = bench.packs[0]
        let bytes = try #require(bench.contents[name])
        let first = bench.cached()
        #expect(try first.read(name, range: 1000..<301_000) == Array(bytes[1000..<301_000]))
        #expect(bench.store.taken() == Counts(requests: 1, bytes: 300_000))
        #expect(try first.read(name, range: 1000..<301_000) == Array(bytes[1000..<301_000]))
        #expect(try first.read(name, range: 200_000..<300_000) == Array(bytes[200_000..<300_000]))
        #expect(try bench.cached().read(name, range: 5000..<6000) == Array(bytes[5000..<6000]))
        #expect(bench.store.taken() == Counts())
    }

    @Test func `what would have to be fetched is what is not kept, and asks for nothing`() throws {
        let bench = try CacheBench()
        let name = bench.packs[0]
        let cached = bench.cached()
        let wanted = [1000..<2000, 500_000..<600_000, 599_000..<601_000]
        #expect(cached.missing(name, ranges: wanted) == 102_000)
        _ = try cached.read(name, range: 0..<1500)
        _ = try cached.read(name, range: 550_000..<700_000)
        _ = bench.store.taken()
        #expect(cached.missing(name, ranges: wanted) == 500 + 50_000)
        #expect(cached.missing(name, ranges: []) == 0)
        cached.forget(name, range: nil)
        #expect(cached.missing(name, ranges: wanted) == 102_000)
        #expect(bench.store.taken() == Counts())
        // Without a cache that can be used nothing is kept.
        try Data([1]).write(to: URL(fileURLWithPath: bench.path + "/file"))
        let useless = CachedStore(bench.store, cache: ChunkCache(path: bench.path + "/file", limit: 1 << 24))
        _ = try useless.read(name, range: 0..<1500)
        #expect(useless.missing(name, ranges: [0..<10]) == 10 && bench.store.missing(name, ranges: [0..<10]) == 10)
    }

    @Test func `config and keys of another repository in the same place take the place of those that were kept`() throws
    {
        let bench = try CacheBench()
        let cached = bench.cached()
        let key = [UInt8](repeating: 1, count: 100)
        try cached.write(.config, [1, 2, 3])
        try cached.write(CacheBench.name(.keys, key), key)
        #expect(try cached.read(.config, range: nil) == [1, 2, 3])
        #expect(try cached.list(.keys).count == 1)
        try bench.local.remove(.config)
        try bench.local.remove(CacheBench.name(.keys, key))
        #expect(throws: StorageError.notFound(.object(.config), location: bench.local.location)) {
            try cached.size(of: .config)
        }
        let advice = ReadAdvice(retention: .metadata, isCurrent: true)
        // Without the network, what there was is all there is.
        #expect(try bench.cached(offline: true).read(.config, range: nil, advice: advice) == [1, 2, 3])
        try bench.local.write(.config, [4, 5])
        #expect(try cached.read(.config, range: nil, advice: advice) == [4, 5])
        #expect(try cached.read(.config, range: nil) == [4, 5])
        #expect(try cached.list(.keys).isEmpty)
        #expect(throws: StorageError.self) { try cached.read(CacheBench.name(.keys, key), range: nil) }
        try bench.local.remove(.config)
        try cached.write(.config, [6, 7, 8, 9])
        _ = bench.store.taken()
        #expect(try bench.cached().read(.config, range: nil) == [6, 7, 8, 9])
        #expect(bench.store.taken().requests == 0)
        try bench.local.remove(.config)
        #expect(throws: StorageError.self) { try cached.read(.config, range: nil, advice: advice) }
        #expect(throws: StorageError.self) { try cached.read(.config, range: nil) }
    }

    @Test func `only what is missing is fetched, and small gaps with it`() throws {
        let bench = try CacheBench()
        let name = bench.packs[0]
        let bytes = try #require(bench.contents[name])
        let cached = bench.cached(gapLimit: 100)
        _ = try cached.read(name, range: 1000..<2000)
        _ = try cached.read(name, range: 2050..<3000)
        _ = try cached.read(name, range: 5000..<6000)
        #expect(bench.store.taken() == Counts(requests: 3, bytes: 2950))
        #expect(try cached.read(name, range: 0..<7000) == Array(bytes[0..<7000]))
        #expect(bench.store.taken() == Counts(requests: 4, bytes: 1000 + 50 + 2000 + 1000))
    }

    @Test func `a window comes with the same request, and not beyond the object's end`() throws {
        let bench = try CacheBench(size: 100_000)
        let name = bench.packs[0]
        let cached = bench.cached()
        let window = ReadAdvice(window: 0..<50_000, retention: .metadata)
        #expect(try cached.read(name, range: 20_000..<20_100, advice: window).count == 100)
        #expect(bench.store.taken() == Counts(requests: 1, bytes: 50_000))
        #expect(try cached.read(name, range: 0..<50_000).count == 50_000)
        #expect(bench.store.taken() == Counts())
        let beyond = ReadAdvice(window: 90_000..<200_000)
        #expect(try cached.read(name, range: 95_000..<96_000, advice: beyond).count == 1000)
        #expect(bench.store.taken() == Counts(requests: 2, bytes: 10_000))
        #expect(throws: StorageError.self) { try cached.read(name, range: 99_000..<100_001) }
    }

    @Test func `readers of overlapping ranges share one request`() throws {
        let bench = try CacheBench()
        let name = bench.packs[0]
        let bytes = try #require(bench.contents[name])
        let cached = bench.cached()
        let entered = DispatchSemaphore(value: 0)
        let open = DispatchSemaphore(value: 0)
        bench.store.setObstacle { _ in
            entered.signal()
            open.wait()
        }
        let results = Mutex<[Bool]>([])
        let reader = { @Sendable (range: Range<Int>) in
            RunningThread {
                let read = try? cached.read(name, range: range, advice: ReadAdvice(window: 0..<500_000))
                results.withLock { $0.append(read == Array(bytes[range])) }
            }
        }
        var threads = [reader(0..<100_000)]
        entered.wait()
        threads += (0..<8).map { reader($0 * 1000..<$0 * 1000 + 400_000) }
        bench.store.setObstacle(nil)
        open.signal()
        for thread in threads { thread.join() }
        #expect(results.withLock { $0 } == Array(repeating: true, count: 9))
        #expect(bench.store.taken() == Counts(requests: 1, bytes: 500_000))
    }

    @Test func `whole files are kept when they are what their names say`() throws {
        let bench = try CacheBench()
        let cached = bench.cached()
        let right = CacheBench.bytes(300_000, seed: 1)
        let name = CacheBench.name(.index, right)
        try bench.local.write(name, right)
        let wrong = ObjectName(.index, .zero)
        try bench.local.write(wrong, right)
        try bench.local.write(.config, [1, 2, 3])
        for _ in 0..<3 {
            #expect(try cached.read(name, range: nil) == right)
            #expect(try cached.read(wrong, range: nil) == right)
            #expect(try cached.read(.config, range: nil) == [1, 2, 3])
            #expect(try cached.size(of: name) == 300_000)
        }
        #expect(bench.store.taken() == Counts(requests: 5, bytes: 1_200_003))
        cached.forget(.config, range: nil)
        _ = try cached.read(.config, range: nil)
        #expect(bench.store.taken() == Counts(requests: 1, bytes: 3))
    }

    @Test func `locks are never kept`() throws {
        let bench = try CacheBench()
        let cached = bench.cached()
        let name = CacheBench.name(.locks, [1, 2])
        try cached.write(name, [1, 2])
        _ = bench.store.taken()
        for _ in 0..<2 { _ = try cached.read(name, range: nil) }
        _ = try cached.list(.locks)
        #expect(bench.store.taken() == Counts(requests: 3, bytes: 4))
        #expect(throws: StorageError.offline(.object(name), location: bench.store.location)) {
            try bench.cached(offline: true).read(name, range: nil)
        }
    }

    @Test func `what was forgotten is fetched again, and no more than that`() throws {
        let bench = try CacheBench()
        let name = bench.packs[0]
        let cached = bench.cached()
        _ = try cached.read(name, range: 0..<1 << 20)
        _ = bench.store.taken()
        cached.forget(name, range: 10..<20)
        _ = try cached.read(name, range: 0..<1 << 20)
        #expect(bench.store.taken() == Counts(requests: 1, bytes: CacheIndex.pieceLimit))
        cached.forget(name, range: nil)
        _ = try cached.read(name, range: 0..<1 << 20)
        #expect(bench.store.taken() == Counts(requests: 1, bytes: 1 << 20))
    }

    @Test func `what was written is read without a request, and what was removed is gone`() throws {
        let bench = try CacheBench()
        let cached = bench.cached()
        for kind in [ObjectKind.data, .index, .snapshots, .keys] {
            let bytes = CacheBench.bytes(5000, seed: 3)
            let name = CacheBench.name(kind, bytes)
            try cached.write(name, bytes)
            #expect(bench.store.taken().requests == 1)
            #expect(try cached.read(name, range: nil) == bytes)
            #expect(try cached.read(name, range: 100..<200) == Array(bytes[100..<200]))
            #expect(bench.store.taken() == Counts())
            try cached.remove(name)
            #expect(throws: StorageError.notFound(.object(name), location: cached.location)) {
                try cached.read(name, range: 0..<5)
            }
            _ = bench.store.taken()
        }
    }

    @Test func `prefetching fetches what is missing in few requests`() throws {
        let bench = try CacheBench(size: 2 << 20)
        let name = bench.packs[0]
        let cached = bench.cached(gapLimit: 1000)
        _ = try cached.read(name, range: 5000..<6000)
        _ = bench.store.taken()
        try cached.prefetch(
            name, ranges: [0..<5000, 5000..<8000, 8500..<9000, 1_000_000..<1_100_000], retention: .metadata)
        #expect(bench.store.taken() == Counts(requests: 2, bytes: 9000 + 100_000))
        _ = try cached.read(name, range: 0..<9000)
        _ = try cached.read(name, range: 1_000_000..<1_100_000)
        #expect(bench.store.taken() == Counts())
    }

    @Test func `offline nothing touches the store`() throws {
        let bench = try CacheBench(packs: 2)
        let online = bench.cached()
        let range = 10..<20_000
        _ = try online.read(bench.packs[0], range: range)
        let snapshot = CacheBench.bytes(300, seed: 4)
        _ = try online.list(.data)
        _ = try online.list(.snapshots)
        try online.write(CacheBench.name(.snapshots, snapshot), snapshot)
        _ = bench.store.taken()
        let offline = bench.cached(offline: true)
        let location = offline.location
        #expect(try offline.read(bench.packs[0], range: range).count == range.count)
        #expect(try Set(offline.list(.data).map(\.name)) == Set(bench.packs))
        #expect(
            try offline.list(.snapshots)
                == [StoredObject(name: CacheBench.name(.snapshots, snapshot), size: snapshot.count)])
        #expect(throws: StorageError.offline(.object(bench.packs[1]), location: location)) {
            try offline.read(bench.packs[1], range: range)
        }
        #expect(throws: StorageError.offline(.object(bench.packs[0]), location: location)) {
            try offline.read(bench.packs[0], range: 0..<30_000)
        }
        #expect(throws: StorageError.offline(.listing(.index), location: location)) { try offline.list(.index) }
        #expect(throws: StorageError.offline(.object(.config), location: location)) { try offline.write(.config, []) }
        #expect(throws: StorageError.offline(.object(.config), location: location)) { try offline.remove(.config) }
        #expect(throws: StorageError.offline(.store, location: location)) { try offline.createLayout() }
        #expect(bench.store.taken() == Counts())
    }

    @Test func `a store that fails is asked again by the next reader`() throws {
        let bench = try CacheBench()
        let name = bench.packs[0]
        let cached = bench.cached()
        let failure = StorageError.unreachable(.object(name), .read, location: cached.location)
        bench.store.setObstacle { _ throws(StorageError) in throw failure }
        #expect(throws: failure) { try cached.read(name, range: 0..<10) }
        bench.store.setObstacle(nil)
        #expect(try cached.read(name, range: 0..<10).count == 10)
    }

    @Test func `repositories share a cache and nothing in it`() throws {
        let (one, other) = (try CacheBench(seed: 1), try CacheBench(seed: 1))
        let cache = one.cache()
        let name = one.packs[0]
        _ = try CachedStore(one.store, cache: cache).read(name, range: 0..<1000)
        _ = try CachedStore(other.store, cache: cache).read(name, range: 0..<1000)
        #expect(other.store.taken() == Counts(requests: 1, bytes: 1000))
        let status = try #require(cache.status())
        #expect(Set(status.holdings.map(\.location)) == [one.store.location, other.store.location])
        #expect(status.entries == 2 && status.bytesOnDisk == 8192)
        #expect(cache.clear(one.store.location))
        #expect(cache.status()?.holdings.map(\.location) == [other.store.location])
        #expect(cache.clear(nil))
        #expect(cache.status()?.entries == 0)
        #expect(try one.slabs().isEmpty)
    }
}
