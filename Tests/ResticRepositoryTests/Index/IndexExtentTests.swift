import Foundation
import SeededRandom
import Storage
import Testing

@testable import ResticRepository

@Suite struct IndexExtentTests {
    /// Reads the smaller half of index files of these sizes.
    private func half(_ sizes: [Int]) -> IndexExtent {
        IndexExtent(smallFile: sizes.sorted()[(sizes.count - 1) / 2], smallIndex: 0)
    }

    @Test func `small index files come first, all when there is little, and all when none is small`() {
        func objects(_ sizes: Int...) -> [StoredObject] {
            sizes.enumerated().map {
                StoredObject(name: ObjectName(.index, SHA256Digest(hashing: [UInt8($0)])), size: $1)
            }
        }
        func sizes(_ extent: IndexExtent, _ listing: [StoredObject]) -> [Int] { extent.files(of: listing).map(\.size) }
        #expect(sizes(.beginning, objects(400_000, 900, 32_769, 32_768)) == [900, 32_768])
        #expect(sizes(.beginning, objects(100_000, 900)) == [100_000, 900])
        #expect(sizes(.beginning, objects(400_000, 500_000)) == [400_000, 500_000])
        #expect(sizes(.beginning, []) == [])
        #expect(sizes(.whole, objects(400_000, 900)) == [400_000, 900])
        #expect(sizes(.beginning, objects(.max, .max, 900)) == [900])
    }

    @Test func `what is left unread is read when it is asked for, once and without a listing`() throws {
        for isLocal in [false, true] {
            let sandbox = try IndexSandbox()
            var numbers = SeededGenerator(seed: 11)
            let small = try sandbox.add(IndexSandbox.packs(&numbers, blobs: 5))
            let large = try sandbox.add(IndexSandbox.packs(&numbers, blobs: 5000))
            let repository = try sandbox.open(local: isLocal)
            sandbox.store.clear()
            try repository.loadIndex(.beginning)
            #expect(sandbox.store.reads.map(\.name) == [ObjectName(.index, small.digest)])
            #expect(!repository.isIndexComplete && repository.loadedIndexFiles == [small])
            let known = try #require(sandbox.files[small]).map(\.entry)
            let unread = try #require(sandbox.files[large]).map(\.entry)
            #expect(known.allSatisfy { repository.contains($0.id, $0.kind) })
            // Looking up what is known costs nothing; again neither.
            for entry in known {
                #expect(
                    try repository.index(knowing: [entry.id], entry.kind).firstPlace(of: entry.id, entry.kind) != nil)
            }
            try repository.loadIndex(.beginning)
            #expect(sandbox.store.reads.count == 1)
            sandbox.store.clear()
            inParallel(8) { number in
                let entry = unread[number * 100]
                let index = try? repository.index(knowing: [entry.id], entry.kind)
                #expect(index?.firstPlace(of: entry.id, entry.kind) != nil)
            }
            #expect(sandbox.store.reads.map(\.name) == [ObjectName(.index, large.digest)])
            #expect(repository.isIndexComplete)
            sandbox.expectAgreement(repository, 11)
            // Who comes later finds what was read before.
            sandbox.store.clear()
            let again = try sandbox.open(local: isLocal)
            try again.loadIndex(.beginning)
            #expect(again.isIndexComplete == isLocal)
            #expect(sandbox.store.reads.count == (isLocal ? 0 : 1))
            try again.loadIndex()
            #expect(again.isIndexComplete)
            sandbox.expectAgreement(again, 11)
        }
    }

    @Test func `a blob is called missing after all of the index was read, not before`() throws {
        let sandbox = try IndexSandbox()
        var numbers = SeededGenerator(seed: 12)
        try sandbox.add(IndexSandbox.packs(&numbers, blobs: 5))
        try sandbox.add(IndexSandbox.packs(&numbers, blobs: 5000))
        let repository = try sandbox.open()
        try repository.loadIndex(.beginning)
        let absent = IndexSandbox.randomID(&numbers)
        sandbox.store.clear()
        for _ in 0..<3 {
            #expect(throws: RepositoryError.missingBlob(absent, .data)) { try repository.blob(absent, .data) }
        }
        #expect(sandbox.store.reads.count == 1)
    }

    @Test func `index files that go or cannot be read while they are unread`() throws {
        let sandbox = try IndexSandbox()
        var numbers = SeededGenerator(seed: 13)
        try sandbox.add(IndexSandbox.packs(&numbers, blobs: 5))
        let large = try sandbox.add(IndexSandbox.packs(&numbers, blobs: 5000))
        var repository = try sandbox.open()
        try repository.loadIndex(.beginning)
        // Rewritten by a prune.
        let places = try #require(sandbox.files[large])
        try sandbox.remove(large)
        var packs: [PackID: [PackEntry]] = [:]
        for place in places { packs[place.pack, default: []].append(place.entry) }
        let rewritten = try sandbox.add(packs.map { (id: $0.key, entries: $0.value) })
        try repository.completeIndex()
        #expect(repository.isIndexComplete)
        sandbox.expectAgreement(repository, 13)

        // Damaged: named, and what the others speak of is known all the same.
        let other = try sandbox.add(IndexSandbox.packs(&numbers, blobs: 3000))
        try FileManager.default.removeItem(atPath: sandbox.directory)
        repository = try sandbox.open()
        try repository.loadIndex(.beginning)
        let name = ObjectName(.index, other.digest)
        let bytes = try sandbox.store.read(name, range: nil)
        try sandbox.store.remove(name)
        try sandbox.store.write(name, bytes.map { $0 ^ 1 })
        #expect(throws: RepositoryError.damaged(name, .wrongHash)) { try repository.completeIndex() }
        let entry = try #require(sandbox.files[rewritten]?.first?.entry)
        #expect(repository.contains(entry.id, entry.kind))
        let lost = try #require(sandbox.files[other]?.first?.entry)
        #expect(throws: RepositoryError.missingBlob(lost.id, lost.kind)) { try repository.blob(lost.id, lost.kind) }
    }

    @Test func `random histories of index files, begun and completed, answer as a dictionary does`() throws {
        for _ in 0..<6 {
            let seed = UInt64.random(in: 0 ... .max)
            print("random index extents: seed \(seed)")
            var numbers = SeededGenerator(seed: seed)
            let sandbox = try IndexSandbox()
            let isLocal = Bool.random(using: &numbers)
            var repository = try sandbox.open(local: isLocal)
            for _ in 0..<15 {
                if Int.random(in: 0..<4, using: &numbers) == 0 { repository = try sandbox.open(local: isLocal) }
                if Int.random(in: 0..<4, using: &numbers) == 0,
                    let gone = sandbox.files.keys.sorted().randomElement(using: &numbers)
                {
                    try sandbox.remove(gone)
                }
                for _ in 0..<Int.random(in: 1...3, using: &numbers) {
                    try sandbox.add(
                        IndexSandbox.packs(&numbers, blobs: Int.random(in: 1...600, using: &numbers)))
                }
                try repository.loadIndex(half(sandbox.store.list(.index).map(\.size)))
                let index = repository.loadedIndex
                #expect(index.files.isDisjoint(with: index.unread), "seed \(seed)")
                #expect(index.files.union(index.unread) == Set(sandbox.files.keys), "seed \(seed)")
                for place in index.files.flatMap({ sandbox.files[$0] ?? [] }) {
                    #expect(repository.contains(place.entry.id, place.entry.kind), "seed \(seed)")
                }
                switch Int.random(in: 0..<3, using: &numbers) {
                case 0: continue
                case 1: try repository.completeIndex()
                default: try repository.loadIndex()
                }
                sandbox.expectAgreement(repository, seed)
            }
        }
    }
}
