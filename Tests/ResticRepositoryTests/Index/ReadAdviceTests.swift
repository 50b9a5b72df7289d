import Foundation
import SeededRandom
import Storage
import Testing

@testable import ResticRepository

@Suite struct ReadAdviceTests {
    @Test func `trees and records are read with their neighbours, media alone`() throws {
        let store = NotingStore(MemoryStore())
        let repository = try Repository.create(in: store, password: password, keyParameters: cheap)
        let writer = try repository.makeWriter()
        let records = try (0..<40).map {
            try writer.save(SeededGenerator.bytes(9000, seed: $0), .data, group: .records)
        }
        let media = try (0..<4).map {
            try writer.save(SeededGenerator.bytes(9000, seed: 100 + $0), .data, group: .media)
        }
        let large = try writer.save(SeededGenerator.bytes(300_000, seed: 200), .data, group: .records)
        let trees = try (0..<4).map { try writer.save(SeededGenerator.bytes(500, seed: 300 + $0), .tree, group: .tree) }
        _ = try writer.finish()
        func advice(_ id: BlobID, _ kind: BlobKind, _ retention: ReadAdvice.Retention) throws -> [NotingStore.Read] {
            store.clear()
            _ = try repository.blob(id, kind, retention: retention)
            let alone = store.reads
            store.clear()
            try repository.blobs([id], kind, retention: retention) { _, _ in }
            #expect(store.reads == alone)
            return alone
        }
        var sizes: [ObjectName: Int] = [:]
        for object in store.list(.data) { sizes[object.name] = object.size }
        for (ids, kind, retention) in [
            (records, BlobKind.data, ReadAdvice.Retention.metadata), (trees, .tree, .content),
            (trees, .tree, .metadata),
        ] {
            for id in ids {
                let reads = try advice(id, kind, retention)
                let read = try #require(reads.first)
                let window = try #require(read.advice?.window)
                let range = try #require(read.range)
                #expect(reads.count == 1 && read.advice?.retention == .metadata)
                #expect(window.lowerBound <= range.lowerBound && window.upperBound >= range.upperBound)
                #expect(window.lowerBound % (128 << 10) == 0 && window.count <= 256 << 10)
                #expect(window.upperBound < sizes[read.name] ?? 0)
            }
        }
        for id in media {
            #expect(try advice(id, .data, .content).map(\.advice) == [ReadAdvice(window: nil, retention: .content)])
        }
        #expect(try advice(large, .data, .metadata).map(\.advice) == [ReadAdvice(window: nil, retention: .metadata)])
    }

    @Test func `a window ends where the pack is known to end`() {
        #expect(BlobPlace.window(around: 100..<200, packEnd: 5000) == 0..<5000)
        #expect(BlobPlace.window(around: 131_000..<131_200, packEnd: 1 << 20) == 0..<262_144)
        #expect(BlobPlace.window(around: 131_072..<131_172, packEnd: 131_172) == nil)
        #expect(BlobPlace.window(around: 300_000..<900_000, packEnd: 1 << 20) == nil)
        #expect(BlobPlace.window(around: 100..<200, packEnd: 0) == 0..<200)
    }

    @Test func `what was kept and is damaged is fetched again, whatever it is`() throws {
        let small = try SmallRepository.shared.get()
        for name in small.store.objects.keys {
            for position in [0, 40, 200] {
                let store = NotingStore(small.store)
                var bytes = try store.read(name, range: nil)
                bytes[min(position, bytes.count - 1)] ^= 1
                store.keep(bytes, as: name)
                let repository = try Repository.open(store, password: password)
                #expect(try SmallRepository.readEverything(repository) == small.contents)
                for object in store.list(.data) {
                    let pack = PackID(try #require(object.name.digest))
                    #expect(throws: Never.self) { try repository.packEntries(pack, size: object.size) }
                }
            }
            // The end of a pack, which is read for its list only.
            let store = NotingStore(small.store)
            var bytes = try store.read(name, range: nil)
            bytes[bytes.count - 10] ^= 1
            store.keep(bytes, as: name)
            let repository = try Repository.open(store, password: password)
            for object in store.list(.data) {
                let pack = PackID(try #require(object.name.digest))
                #expect(throws: Never.self) { try repository.packEntries(pack, size: object.size) }
            }
        }
    }

    @Test func `what is damaged where it lives is asked for twice and no more`() throws {
        let small = try SmallRepository.shared.get()
        let repository = small
        for object in repository.store.list(.data) {
            var bytes = try small.store.read(object.name, range: nil)
            for position in bytes.indices { bytes[position] ^= 0xFF }
            let store = NotingStore(small.store.serving(bytes, as: object.name))
            let damaged = try Repository.open(store, password: password)
            try damaged.loadIndex()
            var ids: [(BlobID, BlobKind)] = []
            damaged.loadedIndex.forEach { if $0.digest == object.name.digest { ids.append(($1.id, $1.kind)) } }
            for (id, kind) in ids {
                store.clear()
                #expect(throws: RepositoryError.damagedBlob(id, kind, .notAuthentic)) { try damaged.blob(id, kind) }
                #expect(store.reads.count == 2 && store.forgotten == [object.name])
            }
        }
    }
}
