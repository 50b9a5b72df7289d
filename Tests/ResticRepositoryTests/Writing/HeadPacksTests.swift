import Foundation
import SeededRandom
import Storage
import Testing

@testable import ResticRepository

/// What every opening reads lies in packs and an index file of its own, when there is much beside it.
@Suite struct HeadPacksTests {
    private struct Stored {
        var head: [(BlobID, BlobKind, [UInt8])] = []
        var rest: [(BlobID, BlobKind, [UInt8])] = []
    }

    /// Saves some blobs of the head among records and trees.
    private func store(_ count: Int, _ writer: RepositoryWriter, seed: UInt64) throws -> Stored {
        var stored = Stored()
        for number in 0..<count {
            let isHead = number % max(1, count / 4) == 1
            for (kind, group) in [(BlobKind.data, PackGroup.records), (.tree, .tree)] {
                let bytes = SeededGenerator.bytes(64, seed: seed + UInt64(number)) + [kind.rawValue]
                let blob = (try writer.save(bytes, kind, group: isHead ? .head : group), kind, bytes)
                if isHead { stored.head.append(blob) } else { stored.rest.append(blob) }
            }
        }
        return stored
    }

    @Test func `a look at the head of much reads one small index file, all else the others once`() throws {
        let store = NotingStore(MemoryStore())
        let repository = try Repository.create(in: store, password: password, keyParameters: cheap)
        let writer = try repository.makeWriter()
        let stored = try self.store(3000, writer, seed: 1)
        #expect(try writer.finish().packs == 4)
        let indexes = store.list(.index).map(\.size).sorted()
        #expect(indexes.count == 2 && indexes[0] < 2000 && indexes[1] > 200_000, "\(indexes)")

        let reader = try Repository.open(store, password: password)
        store.clear()
        try reader.loadIndex(.beginning)
        for (id, kind, bytes) in stored.head { #expect(try reader.blob(id, kind) == bytes) }
        try reader.blobs(stored.head.filter { $0.1 == .data }.map(\.0), .data) { _, _ in }
        #expect(store.reads(of: .index) == 1 && !reader.isIndexComplete)
        let packs = Set(store.reads.filter { $0.name.kind == .data }.map(\.name))
        #expect(packs.count == 2)
        for pack in packs { #expect(try store.size(of: pack) < 4000) }

        // Many that are unknown are asked for together, not one by one.
        let data = stored.rest.filter { $0.1 == .data }
        store.clear()
        var seen: [BlobID: [UInt8]] = [:]
        try reader.blobs(data.map(\.0), .data) { seen[$0] = $1 }
        #expect(store.reads(of: .index) == 1 && store.reads(of: .data) == 1)
        #expect(data.allSatisfy { seen[$0.0] == $0.2 })
        for (id, kind, bytes) in stored.rest.prefix(50) { #expect(try reader.blob(id, kind) == bytes) }
    }

    @Test func `neighbours and what is fetched are looked for in all of the index`() throws {
        let store = NotingStore(MemoryStore())
        let repository = try Repository.create(in: store, password: password, keyParameters: cheap)
        let writer = try repository.makeWriter()
        let ids = try self.store(3000, writer, seed: 5).rest.filter { $0.1 == .data }.map(\.0)
        _ = try writer.finish()
        var reader = try Repository.open(store, password: password)
        try reader.loadIndex(.beginning)
        #expect(reader.neighbours(ids, .data, limit: 4 << 20).joined().count == ids.count)
        reader = try Repository.open(store, password: password)
        try reader.loadIndex(.beginning)
        try reader.fetch(ids, .data, retention: .metadata)
        #expect(reader.isIndexComplete)
    }

    @Test func `the head of little has one index file with the rest, and a pack for its directories alone`() throws {
        let store = NotingStore(MemoryStore())
        let repository = try Repository.create(in: store, password: password, keyParameters: cheap)
        let writer = try repository.makeWriter()
        let stored = try self.store(150, writer, seed: 7)
        #expect(try writer.finish().packs == 3)
        #expect(store.list(.index).count == 1 && store.list(.data).count == 3)
        let reader = try Repository.open(store, password: password)
        try reader.loadIndex(.beginning)
        for (id, kind, bytes) in stored.head + stored.rest { #expect(try reader.blob(id, kind) == bytes) }
        for object in store.list(.data) {
            let entries = try reader.packEntries(PackID(#require(object.name.digest)), size: object.size)
            #expect(Set(entries.map(\.kind)).count == 1)
            let head = stored.head.filter { $0.1 == .tree }.map(\.0)
            let isHead = entries.contains { head.contains($0.id) }
            #expect(!isHead || entries.count == head.count)
        }
    }

    @Test func `lists that are saved among much lie together, and among little with the records`() throws {
        for count in [1000, 100] {
            let store = NotingStore(MemoryStore())
            let repository = try Repository.create(in: store, password: password, keyParameters: cheap)
            let writer = try repository.makeWriter()
            var lists: [BlobID] = []
            for number in 0..<count {
                let bytes = SeededGenerator.bytes(500, seed: UInt64(number))
                let isList = number % 20 == 3
                let id = try writer.save(bytes, .data, group: isList ? .lists : .records)
                if isList { lists.append(id) }
            }
            _ = try writer.finish()
            #expect(store.list(.index).count == 1 && store.list(.data).count == (count == 1000 ? 2 : 1))
            let places = lists.compactMap { repository.loadedIndex.firstPlace(of: $0, .data) }
                .sorted { $0.entry.offset < $1.entry.offset }
            #expect(places.count == lists.count)
            for (place, next) in zip(places, places.dropFirst()) {
                #expect(place.pack == next.pack && place.entry.range.upperBound == next.entry.offset)
            }
            for (number, id) in zip(stride(from: 3, to: count, by: 20), lists) {
                #expect(try repository.blob(id, .data) == SeededGenerator.bytes(500, seed: UInt64(number)))
            }
        }
    }

    @Test func `a blob whose known pack has gone is found in a pack that an unread index file tells of`() throws {
        let store = NotingStore(MemoryStore())
        let repository = try Repository.create(in: store, password: password, keyParameters: cheap)
        let other = try Repository.open(store, password: password)
        let bytes = SeededGenerator.bytes(100, seed: 9)
        var writer = try repository.makeWriter()
        let id = try writer.save(bytes, .data, group: .records)
        _ = try writer.finish()
        let small = store.list(.data)
        // One that does not know of it stores it again, with much else.
        writer = try other.makeWriter()
        _ = try writer.save(bytes, .data, group: .records)
        _ = try self.store(3000, writer, seed: 20)
        _ = try writer.finish()
        for object in small { try store.remove(object.name) }
        let reader = try Repository.open(store, password: password)
        try reader.loadIndex(.beginning)
        #expect(!reader.isIndexComplete && reader.contains(id, .data))
        #expect(try reader.blob(id, .data) == bytes)
    }

    @Test func `restic checks, prunes and reads what has a head of its own`() throws {
        guard Restic.path != nil else { return }
        let workshop = try Workshop()
        let repository = try workshop.create()
        let writer = try repository.makeWriter()
        var root = TreeBuilder(.init(modified: .epoch))
        for number in 0..<1500 {
            let bytes = SeededGenerator.bytes(64, seed: UInt64(number))
            var content = FileContentWriter(
                writer, chunker: try repository.makeChunker(), group: number % 500 == 1 ? .head : .records)
            try content.append(bytes)
            root.addFile("f\(number)", try content.finish())
        }
        let tree = try root.finish(writer, group: .head)
        _ = try writer.finish()
        _ = try repository.saveSnapshot(
            Snapshot(time: GoTime(seconds: 1_700_000_000, nanoseconds: 0), tree: tree, paths: ["/x"], hostname: "here"))
        #expect(try repository.list(.index).count == 2)
        for arguments in [["check", "--read-data"], ["prune", "--max-unused", "0"], ["check", "--read-data"]] {
            let result = try workshop.restic(arguments)
            #expect(result.status == 0, "\(arguments): \(result.output) \(result.errors)")
        }
        let reader = try workshop.open()
        try reader.loadIndex(.beginning)
        let node = try #require(reader.tree(tree).node(named: Array("f7".utf8)))
        #expect(try reader.blob(try #require(node.content?.first), .data) == SeededGenerator.bytes(64, seed: 7))
    }
}
