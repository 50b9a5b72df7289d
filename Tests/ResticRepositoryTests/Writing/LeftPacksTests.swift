import Foundation
import Storage
import Synchronization
import Testing

@testable import ResticRepository

@Suite struct LeftPacksTests {
    @Test("what a writer stored that was killed is not stored again, and is found by others")
    func takenOver() throws {
        let workshop = try Workshop()
        let repository = try workshop.create()
        let blobs = (0..<20).map { number in [UInt8](repeating: UInt8(number), count: 1000) + [UInt8(number)] }
        do {
            let writer = try repository.makeWriter()
            for blob in blobs { _ = try writer.save(blob, .data, group: .media) }
            try writer.flush()
            // Dropped without an index, as by a kill.
        }
        let second = try workshop.open()
        try second.loadIndex()
        let writer = try second.makeWriter()
        #expect(try writer.takeLeftPacks() == 1)
        #expect(try writer.takeLeftPacks() == 0)
        for blob in blobs { _ = try writer.save(blob, .data, group: .media) }
        let summary = try writer.finish()
        #expect(summary.dataBlobs == 0 && summary.knownBlobs == 20 && summary.packs == 0)
        let third = try workshop.open()
        try third.loadIndex()
        for blob in blobs { #expect(try third.blob(BlobID(SHA256Digest(hashing: blob)), .data) == blob) }
    }

    @Test("a pack that cannot be read is left where it is")
    func unreadable() throws {
        let workshop = try Workshop()
        let repository = try workshop.create()
        let rubbish = [UInt8](repeating: 7, count: 500)
        try repository.store.write(ObjectName(.data, SHA256Digest(hashing: rubbish)), rubbish)
        let writer = try repository.makeWriter()
        #expect(try writer.takeLeftPacks() == 0)
        #expect(try writer.finish().packs == 0)
    }

    // MARK: Ended early

    /// Blobs that do not get smaller.
    private let noise = (0..<40).map { _ in (0..<1000).map { _ in UInt8.random(in: 0...255) } }

    private func repository(on store: some ObjectStore) throws -> Repository {
        try Repository.create(in: store, password: password, keyParameters: cheap)
    }

    private func opened(_ store: some ObjectStore) throws -> Repository {
        let repository = try Repository.open(store, password: password, keyHint: nil)
        try repository.loadIndex()
        return repository
    }

    /// A writer that was given everything, when it has stored so many packs.
    private func writer(_ repository: Repository, storing packs: Int) throws -> RepositoryWriter {
        let writer = try repository.makeWriter(packSize: 5000, indexBlobLimit: 50_000, workers: 2)
        for blob in noise { _ = try writer.save(blob, .data, group: .media) }
        for _ in 0..<2000 where writer.progress.packs < packs { usleep(5000) }
        try #require(writer.progress.packs >= packs)
        return writer
    }

    @Test("what a writer stored that is ended early is not stored again")
    func endedEarly() throws {
        let store = MemoryStore()
        let writer = try writer(try repository(on: store), storing: 3)
        #expect(writer.keepStored(within: .seconds(20)))
        #expect(throws: RepositoryError.writerClosed) { try writer.save([1], .data, group: .media) }
        #expect(throws: RepositoryError.writerClosed) { try writer.flush() }
        #expect(throws: RepositoryError.writerClosed) { try writer.finish() }

        let second = try opened(store)
        let packs = store.list(.data).count
        let known = noise.filter { second.contains(BlobID(SHA256Digest(hashing: $0)), .data) }
        #expect(packs >= 3 && known.count >= 15)
        for blob in known { #expect(try second.blob(BlobID(SHA256Digest(hashing: blob)), .data) == blob) }
        let next = try second.makeWriter()
        #expect(try next.takeLeftPacks() == 0)
        for blob in noise { _ = try next.save(blob, .data, group: .media) }
        #expect(try next.finish().knownBlobs == known.count)
        #expect(store.list(.index).count <= 2)
    }

    @Test("a writer that has finished has nothing to keep")
    func endedInTime() throws {
        let store = MemoryStore()
        let writer = try writer(try repository(on: store), storing: 3)
        _ = try writer.finish()
        #expect(writer.keepStored(within: .seconds(20)))
        #expect(store.list(.index).count == 1)
    }

    @Test("when no index file can be written, the packs are found by who looks for them")
    func noIndex() throws {
        let store = UnwillingStore(MemoryStore())
        let repository = try repository(on: store)
        store.onWrite { name throws(StorageError) in
            if name.kind == .index { throw .noSpace(.object(name), location: "memory") }
        }
        let writer = try writer(repository, storing: 3)
        #expect(!writer.keepStored(within: .seconds(20)))
        // Nor is a second try made to believe that all is well.
        #expect(!writer.keepStored(within: .seconds(20)))
        store.onWrite { _ in }
        #expect(try opened(store).makeWriter().takeLeftPacks() >= 3)
    }

    @Test("a pack that does not arrive holds an early end up for as long as it may, and takes nothing from the others")
    func hangingUpload() throws {
        let store = UnwillingStore(MemoryStore())
        let repository = try repository(on: store)
        let packs = Mutex(0)
        let isReleased = Mutex(false)
        store.onWrite { name in
            guard name.kind == .data,
                packs.withLock({
                    $0 += 1; return $0
                }) > 2
            else { return }
            for _ in 0..<2000 where !isReleased.withLock({ $0 }) { usleep(5000) }
        }
        defer { isReleased.withLock { $0 = true } }
        let writer = try writer(repository, storing: 2)
        #expect(writer.keepStored(within: .milliseconds(400)))
        let known = try opened(store)
        #expect(noise.count { known.contains(BlobID(SHA256Digest(hashing: $0)), .data) } >= 10)
    }
}

/// A store that does something of the test's before it writes.
private final class UnwillingStore: ObjectStore {
    private let inner: MemoryStore
    private let before = Mutex<@Sendable (ObjectName) throws(StorageError) -> Void>({ _ in })
    let location = "memory"

    init(_ inner: MemoryStore) { self.inner = inner }

    func onWrite(_ body: @escaping @Sendable (ObjectName) throws(StorageError) -> Void) {
        before.withLock { $0 = body }
    }

    func list(_ kind: ObjectKind) -> [StoredObject] { inner.list(kind) }
    func size(of name: ObjectName) throws(StorageError) -> Int { try inner.size(of: name) }
    func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8] {
        try inner.read(name, range: range)
    }
    func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) {
        let before = before.withLock { $0 }
        try before(name)
        try inner.write(name, bytes)
    }
    func remove(_ name: ObjectName) throws(StorageError) { try inner.remove(name) }
    func createLayout() {}
}
