import Foundation
import SeededRandom
import Synchronization
import Testing

@testable import Storage

/// A real local store that counts what it is asked for, and can be held up or made to fail.
final class CountingStore: ObjectStore {
    struct Counts: Equatable {
        var requests = 0
        var bytes = 0
    }

    let inner: LocalStore
    private let counts = Mutex(Counts())
    private let obstacle = Mutex<(@Sendable (ObjectName) throws(StorageError) -> Void)?>(nil)

    init(_ inner: LocalStore) { self.inner = inner }

    /// What was asked for since the last time.
    func taken() -> Counts {
        counts.withLock { counts in
            defer { counts = Counts() }
            return counts
        }
    }

    func setObstacle(_ body: (@Sendable (ObjectName) throws(StorageError) -> Void)?) {
        obstacle.withLock { $0 = body }
    }

    private func count(_ bytes: Int = 0, isRequest: Bool = true) {
        counts.withLock { counts in
            counts.requests += isRequest ? 1 : 0
            counts.bytes += bytes
        }
    }

    var location: String { inner.location }
    func list(_ kind: ObjectKind) throws(StorageError) -> [StoredObject] {
        count()
        return try inner.list(kind)
    }
    func size(of name: ObjectName) throws(StorageError) -> Int {
        count()
        return try inner.size(of: name)
    }
    func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8] {
        count()
        try obstacle.withLock { $0 }?(name)
        let bytes = try inner.read(name, range: range)
        count(bytes.count, isRequest: false)
        return bytes
    }
    func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) {
        count()
        try inner.write(name, bytes)
    }
    func remove(_ name: ObjectName) throws(StorageError) {
        count()
        try inner.remove(name)
    }
    func createLayout() throws(StorageError) { try inner.createLayout() }
}

/// A store with packs of random bytes, and a folder for a cache.
final class CacheBench: Sendable {
    let path: String
    let local: LocalStore
    let store: CountingStore
    let packs: [ObjectName]
    let contents: [ObjectName: [UInt8]]
    let troubles = Mutex<[CacheTrouble]>([])

    var cachePath: String { path + "/cache" }

    init(packs count: Int = 1, size: Int = 1 << 20, seed: UInt64 = 7) throws {
        path = NSTemporaryDirectory() + "chatark-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        local = LocalStore(path: path + "/store")
        store = CountingStore(local)
        try local.createLayout()
        var contents: [ObjectName: [UInt8]] = [:]
        var packs: [ObjectName] = []
        for number in 0..<count {
            let bytes = Self.bytes(size, seed: seed &+ UInt64(number))
            let name = Self.name(.data, bytes)
            contents[name] = bytes
            packs.append(name)
            try local.write(name, bytes)
        }
        self.contents = contents
        self.packs = packs
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func cache(limit: Int = 64 << 20, punchesHoles: Bool = true, at place: String? = nil) -> ChunkCache {
        ChunkCache(
            path: place ?? cachePath, limit: limit, punchesHoles: punchesHoles, clock: WallTime.microseconds,
            report: { [weak self] trouble in self?.troubles.withLock { $0.append(trouble) } })
    }

    func cached(limit: Int = 64 << 20, offline: Bool = false, gapLimit: Int = 128 << 10) -> CachedStore {
        CachedStore(store, cache: cache(limit: limit), offline: offline, gapLimit: gapLimit)
    }

    /// The slabs' paths.
    func slabs() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: cachePath).filter { $0.hasSuffix(".slab") }
            .map { "\(cachePath)/\($0)" }
    }

    /// The bytes that the slabs take on the disk.
    func slabBytesOnDisk() -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: cachePath)) ?? []
        return names.filter { $0.hasSuffix(".slab") }.reduce(0) { total, name in
            var status = stat()
            return stat("\(cachePath)/\(name)", &status) == 0 ? total + Int(status.st_blocks) * 512 : total
        }
    }

    static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        var words: [UInt64] = []
        for _ in 0..<(count + 7) / 8 { words.append(random.next()) }
        return words.withUnsafeBytes { Array($0.prefix(count)) }
    }

    static func name(_ kind: ObjectKind, _ bytes: [UInt8]) -> ObjectName {
        ObjectName(kind, SigningHash.sha256(bytes).withUnsafeBytes { SHA256Digest(copying: $0) } ?? .zero)
    }
}
