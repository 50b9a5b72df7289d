import Foundation
import SeededRandom
import Storage
import Synchronization
import Testing

@testable import ResticRepository

@Suite struct RepositoryWriterTests {
    @Test func `blobs of all sizes read back, from another opening too`() throws {
        let workshop = try Workshop()
        let repository = try workshop.create()
        let writer = try repository.makeWriter(packSize: 100_000, indexBlobLimit: 10, workers: 2)
        let contents = [0, 1, 31, 32, 1000, 70_000, 300_000].map { SeededGenerator.bytes($0, seed: UInt64($0)) }
        var ids: [BlobID] = []
        for (number, content) in contents.enumerated() {
            ids.append(try writer.save(content, .data, group: number % 2 == 0 ? .media : .records))
            _ = try writer.save(content, .tree, group: .tree)
        }
        let summary = try writer.finish()
        #expect(summary.dataBlobs == 7 && summary.treeBlobs == 7 && summary.knownBlobs == 0)
        #expect(summary.bytesAdded == 2 * contents.reduce(0) { $0 + $1.count })
        let again = try workshop.open()
        try again.loadIndex()
        for reader in [repository, again] {
            for kind in BlobKind.allCases {
                for (id, content) in zip(ids, contents) {
                    #expect(reader.contains(id, kind))
                    #expect(reader.length(of: id, kind) == content.count)
                    #expect(try reader.blob(id, kind) == content)
                }
            }
        }
        #expect(repository.loadedIndex.count == again.loadedIndex.count)
    }

    @Test func `packs hold one kind and one group`() throws {
        let workshop = try Workshop()
        let repository = try workshop.create()
        let writer = try repository.makeWriter()
        for number in 0..<30 {
            _ = try writer.save([UInt8(number), 1], .data, group: .media)
            _ = try writer.save([UInt8(number), 2], .data, group: .records)
            _ = try writer.save([UInt8(number), 3], .tree, group: .tree)
        }
        #expect(try writer.finish().packs == 3)
        for object in try repository.list(.data) {
            let entries = try repository.packEntries(PackID(#require(object.name.digest)), size: object.size)
            #expect(entries.count == 30 && Set(entries.map(\.kind)).count == 1)
        }
    }

    @Test func `concurrent saves of the same blobs store each once`() throws {
        let workshop = try Workshop()
        let repository = try workshop.create()
        let writer = try repository.makeWriter(packSize: 50_000, indexBlobLimit: 50_000, workers: 2)
        inParallel(4) { _ in
            for number in 0..<200 {
                _ = try? writer.save(SeededGenerator.bytes(2000, seed: UInt64(number)), .data, group: .media)
            }
        }
        let summary = try writer.finish()
        #expect(summary.dataBlobs == 200 && summary.knownBlobs == 600)
        #expect(repository.loadedIndex.count == 200)
        let second = try workshop.open()
        try second.loadIndex()
        let again = try second.makeWriter()
        for number in 0..<200 {
            _ = try again.save(SeededGenerator.bytes(2000, seed: UInt64(number)), .data, group: .media)
        }
        #expect(
            try again.finish()
                == {
                    var none = WriteSummary(); none.knownBlobs = 200; none.knownBytes = 400_000; return none
                }())
    }

    @Test func `what an index file tells of is not stored again, nor what was flushed`() throws {
        let workshop = try Workshop()
        let repository = try workshop.create()
        let writer = try repository.makeWriter(packSize: 20_000, indexBlobLimit: 10, workers: 2)
        let contents = (0..<100).map { SeededGenerator.bytes(2000, seed: UInt64($0)) }
        for content in contents { _ = try writer.save(content, .data, group: .media) }
        try writer.flush()
        for content in contents + contents { _ = try writer.save(content, .data, group: .records) }
        _ = try writer.save(contents[0], .tree, group: .tree)
        let summary = try writer.finish()
        #expect(summary.dataBlobs == 100 && summary.treeBlobs == 1 && summary.knownBlobs == 200)
        #expect(repository.loadedIndex.count == 101)
    }

    @Test func `nothing written, no files`() throws {
        let workshop = try Workshop()
        let repository = try workshop.create()
        #expect(try repository.makeWriter().finish() == WriteSummary())
        #expect(try repository.list(.data).isEmpty && repository.list(.index).isEmpty)
    }

    @Test func `a finished writer takes nothing more`() throws {
        let workshop = try Workshop()
        let writer = try workshop.create().makeWriter()
        _ = try writer.finish()
        #expect(throws: RepositoryError.writerClosed) { try writer.save([1], .data, group: .media) }
        #expect(throws: RepositoryError.writerClosed) { try writer.finish() }
    }

    @Test func `a dropped writer leaves no index, and its blobs stay unknown`() throws {
        let workshop = try Workshop()
        let repository = try workshop.create()
        var writer: RepositoryWriter? = try repository.makeWriter(packSize: 1000, indexBlobLimit: 50_000, workers: 1)
        let id = try writer?.save([1, 2, 3], .data, group: .media)
        writer = nil
        #expect(try repository.list(.index).isEmpty)
        #expect(!repository.contains(try #require(id), .data))
    }

    @Test func `a store that fails is told of, and refers to nothing unwritten`() throws {
        let workshop = try Workshop()
        _ = try workshop.create()
        let failing = FailingStore(workshop.store, failingWrites: .data)
        let repository = try Repository.open(failing, password: password)
        let writer = try repository.makeWriter(packSize: 1000, indexBlobLimit: 50_000, workers: 2)
        #expect(throws: RepositoryError.storage(failing.error)) {
            for number in 0..<10_000 {
                _ = try writer.save(SeededGenerator.bytes(600, seed: UInt64(number)), .data, group: .media)
            }
            _ = try writer.finish()
        }
        #expect(throws: RepositoryError.storage(failing.error)) { try writer.finish() }
        #expect(try workshop.store.list(.index).isEmpty)
    }

    @Test func `a blob in several packs is read from whichever is whole`() throws {
        let workshop = try Workshop()
        let repository = try workshop.create()
        // Two openings that do not know of each other store the same blob twice.
        let other = try workshop.open()
        var id: BlobID?
        for (number, reader) in [repository, other].enumerated() {
            let writer = try reader.makeWriter()
            id = try writer.save([5, 6, 7], .data, group: .media)
            _ = try writer.save([UInt8(number)], .data, group: .media)
            _ = try writer.finish()
        }
        let blob = try #require(id)
        try repository.loadIndex()
        let packs = try repository.list(.data)
        #expect(packs.count == 2)
        #expect(repository.loadedIndex.places(of: blob, .data).count == 2)
        for pack in packs {
            let path = "\(workshop.repositoryPath)/\(pack.name.path)"
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            try FileManager.default.removeItem(atPath: path)
            #expect(try repository.blob(blob, .data) == [5, 6, 7])
            try Data(count: whole.count).write(to: URL(fileURLWithPath: path))
            #expect(try repository.blob(blob, .data) == [5, 6, 7])
            try whole.write(to: URL(fileURLWithPath: path))
        }
        for pack in packs { try workshop.store.remove(pack.name) }
        #expect(throws: RepositoryError.self) { try repository.blob(blob, .data) }
    }

    @Test func `a pack that was rewritten is found after one look at the index`() throws {
        let workshop = try Workshop()
        let repository = try workshop.create()
        let writer = try repository.makeWriter()
        let id = try writer.save([9, 9], .data, group: .media)
        _ = try writer.finish()
        let (packs, indexes) = (try repository.list(.data), try repository.list(.index))
        // What a prune does: another pack and index, then the old ones go.
        let other = try workshop.open()
        let rewriter = try other.makeWriter()
        _ = try rewriter.save([9, 9], .data, group: .media)
        _ = try rewriter.finish()
        for object in indexes + packs { try workshop.store.remove(object.name) }
        #expect(try repository.blob(id, .data) == [9, 9])
        #expect(repository.loadedIndex.count == 1)
    }
}

extension RepositoryWriterTests {
    @Test("a pack that could not be written is told by who ends the writer, whenever it failed")
    func lostPack() throws {
        let workshop = try Workshop()
        _ = try workshop.create()
        for round in 0..<200 {
            let repository = try Repository.open(
                FailingStore(LocalStore(path: workshop.store.location), failingWrites: .data), password: password,
                keyHint: nil)
            let writer = try repository.makeWriter()
            _ = try writer.save([7, UInt8(round)], .data, group: .media)
            if round.isMultiple(of: 2) {
                #expect(throws: RepositoryError.self) { try writer.flush() }
            } else {
                #expect(throws: RepositoryError.self) { try writer.finish() }
            }
        }
    }
}

/// A store that refuses to write objects of one kind.
struct FailingStore: ObjectStore {
    let store: LocalStore
    let kind: ObjectKind
    var location: String { store.location }
    var error: StorageError { .noSpace(.store, location: location) }

    init(_ store: LocalStore, failingWrites kind: ObjectKind) {
        self.store = store
        self.kind = kind
    }

    func list(_ kind: ObjectKind) throws(StorageError) -> [StoredObject] { try store.list(kind) }
    func size(of name: ObjectName) throws(StorageError) -> Int { try store.size(of: name) }
    func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8] {
        try store.read(name, range: range)
    }
    func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) {
        if name.kind == kind { throw error }
        try store.write(name, bytes)
    }
    func remove(_ name: ObjectName) throws(StorageError) { try store.remove(name) }
    func createLayout() throws(StorageError) { try store.createLayout() }
}
