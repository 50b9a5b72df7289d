import Foundation
import SeededRandom
import Storage
import Testing

@testable import ResticRepository

@Suite struct LocalIndexTests {
    @Test func `random histories of index files answer as a dictionary does`() throws {
        for _ in 0..<6 {
            let seed = UInt64.random(in: 0 ... .max)
            print("random index histories: seed \(seed)")
            var numbers = SeededGenerator(seed: seed)
            let sandbox = try IndexSandbox()
            var repository = try sandbox.open()
            for _ in 0..<12 {
                switch Int.random(in: 0..<6, using: &numbers) {
                case 0: repository = try sandbox.open()
                case 1:
                    if let gone = sandbox.files.keys.sorted().randomElement(using: &numbers) {
                        try sandbox.remove(gone)
                    }
                case 2:
                    // As a writer does it.
                    let packs = IndexSandbox.packs(&numbers, blobs: Int.random(in: 1...100, using: &numbers))
                    repository.adopt(packs, unknown: packs, in: try sandbox.add(packs))
                case 3:
                    // A pack that two index files list.
                    var packs = IndexSandbox.packs(&numbers, blobs: Int.random(in: 1...100, using: &numbers))
                    try sandbox.add(packs)
                    packs.append(contentsOf: IndexSandbox.packs(&numbers, blobs: 20))
                    try sandbox.add(packs)
                default:
                    for _ in 0..<Int.random(in: 1...4, using: &numbers) {
                        let blobs = Int.random(in: 0...600, using: &numbers)
                        try sandbox.add(IndexSandbox.packs(&numbers, blobs: blobs))
                    }
                }
                try repository.loadIndex(readers: Int.random(in: 1...8, using: &numbers))
                sandbox.expectAgreement(repository, seed)
                #expect(repository.localIndexFault == nil)
            }
            let memory = try sandbox.open(local: false)
            try memory.loadIndex()
            sandbox.expectAgreement(memory, seed)
        }
    }

    @Test func `opening again reads no index file, and an update only the new ones`() throws {
        let sandbox = try IndexSandbox()
        var numbers = SeededGenerator(seed: 1)
        for _ in 0..<20 { try sandbox.add(IndexSandbox.packs(&numbers, blobs: 50)) }
        func readsToLoad() throws -> Int {
            sandbox.store.clear()
            let repository = try sandbox.open()
            try repository.loadIndex()
            sandbox.expectAgreement(repository, 1)
            let reads = sandbox.store.reads.filter { $0.name.kind == .index }
            #expect(reads.allSatisfy { $0.range == nil && $0.advice == ReadAdvice(retention: .metadata) })
            #expect(reads.count == sandbox.store.reads.count)
            return reads.count
        }
        #expect(try readsToLoad() == 20)
        #expect(try readsToLoad() == 0)
        for _ in 0..<3 { try sandbox.add(IndexSandbox.packs(&numbers, blobs: 50)) }
        #expect(try readsToLoad() == 3)
        #expect(try readsToLoad() == 0)
        // As a prune that rewrites some of them does.
        for file in sandbox.files.keys.sorted().prefix(7) { try sandbox.remove(file) }
        try sandbox.add(IndexSandbox.packs(&numbers, blobs: 50))
        #expect(try readsToLoad() == 1)
        #expect(try readsToLoad() == 0)
        // As one that rewrites all of them does.
        for file in sandbox.files.keys { try sandbox.remove(file) }
        try sandbox.add(IndexSandbox.packs(&numbers, blobs: 50))
        #expect(try readsToLoad() == 1)
        #expect(sandbox.segments.count == 1)
    }

    @Test func `what a writer stores is in the local index at once`() throws {
        let sandbox = try IndexSandbox()
        let repository = try sandbox.open()
        try repository.loadIndex()
        let writer = try repository.makeWriter()
        let ids = try (0..<100 as Range<UInt8>).map { try writer.save([$0], .data, group: .media) }
        _ = try writer.finish()
        #expect(repository.loadedIndex.memory.count == 0)
        sandbox.store.clear()
        let again = try sandbox.open()
        try again.loadIndex()
        #expect(sandbox.store.reads.isEmpty)
        for (number, id) in ids.enumerated() { #expect(try again.blob(id, .data) == [UInt8(number)]) }
        // Nothing is stored twice.
        let second = try again.makeWriter()
        for number in 0..<100 as Range<UInt8> { _ = try second.save([number], .data, group: .media) }
        #expect(try second.finish().knownBlobs == 100)
    }

    @Test func `many updates leave few segments`() throws {
        let sandbox = try IndexSandbox()
        var numbers = SeededGenerator(seed: 2)
        let repository = try sandbox.open()
        for _ in 0..<40 {
            try sandbox.add(IndexSandbox.packs(&numbers, blobs: 10))
            try repository.loadIndex()
            #expect(sandbox.segments.count <= 4)
        }
        sandbox.expectAgreement(repository, 2)
    }

    @Test func `several builders at once agree`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("several builders at once: seed \(seed)")
        let sandbox = try IndexSandbox()
        var numbers = SeededGenerator(seed: seed)
        var repositories = try (0..<4).map { _ in try sandbox.open() }
        for round in 0..<12 {
            for _ in 0..<4 { try sandbox.add(IndexSandbox.packs(&numbers, blobs: 60)) }
            if round % 4 == 3, let gone = sandbox.files.keys.sorted().randomElement(using: &numbers) {
                try sandbox.remove(gone)
            }
            if round % 5 == 4 { repositories[round % 4] = try sandbox.open() }
            let opened = repositories
            inParallel(opened.count) { number in
                do { try opened[number].loadIndex() } catch { Issue.record("seed \(seed): \(error)") }
            }
            for repository in opened { sandbox.expectAgreement(repository, seed) }
        }
        // A last one finds all of it without reading, or reads what the others removed of each other's.
        let last = try sandbox.open()
        try last.loadIndex()
        sandbox.expectAgreement(last, seed)
        #expect(sandbox.segments.count <= 4)
    }

    @Test func `a directory that cannot be used costs memory only, and is told of`() throws {
        let sandbox = try IndexSandbox()
        var numbers = SeededGenerator(seed: 3)
        try sandbox.add(IndexSandbox.packs(&numbers, blobs: 100))
        try sandbox.workshop.write("cache", [1])
        let repository = try sandbox.open()
        try repository.loadIndex()
        sandbox.expectAgreement(repository, 3)
        #expect(repository.localIndexFault != nil)
        try sandbox.add(IndexSandbox.packs(&numbers, blobs: 100))
        try repository.loadIndex()
        sandbox.expectAgreement(repository, 3)
        // It is used as soon as it can be; what is in memory already stays there.
        try FileManager.default.removeItem(atPath: sandbox.workshop.path + "/cache")
        try sandbox.add(IndexSandbox.packs(&numbers, blobs: 100))
        try repository.loadIndex()
        sandbox.expectAgreement(repository, 3)
        #expect(sandbox.segments.count == 1)
    }

    @Test func `a directory that is deleted under a repository changes nothing for it`() throws {
        let sandbox = try IndexSandbox()
        var numbers = SeededGenerator(seed: 4)
        let repository = try sandbox.open()
        for _ in 0..<6 {
            try sandbox.add(IndexSandbox.packs(&numbers, blobs: 100))
            try repository.loadIndex()
            try FileManager.default.removeItem(atPath: sandbox.workshop.path + "/cache")
            sandbox.expectAgreement(repository, 4)
        }
        let again = try sandbox.open()
        try again.loadIndex()
        sandbox.expectAgreement(again, 4)
    }

    @Test func `another repository's segments are not believed`() throws {
        let (one, other) = (try IndexSandbox(), try IndexSandbox())
        var numbers = SeededGenerator(seed: 5)
        let packs = IndexSandbox.packs(&numbers, blobs: 100)
        try one.add(packs)
        try one.open().loadIndex()
        try FileManager.default.createDirectory(atPath: other.directory, withIntermediateDirectories: true)
        for path in one.segments {
            let name = URL(fileURLWithPath: path).lastPathComponent
            try FileManager.default.copyItem(atPath: path, toPath: "\(other.directory)/\(name)")
        }
        try other.add(Array(packs.prefix(1)))
        let repository = try other.open()
        try repository.loadIndex()
        other.expectAgreement(repository, 5)
    }

    @Test func `no id and no length of a blob can be read from the files`() throws {
        let sandbox = try IndexSandbox()
        var numbers = SeededGenerator(seed: 6)
        for _ in 0..<8 { try sandbox.add(IndexSandbox.packs(&numbers, blobs: 40)) }
        // A length that no other number happens to be.
        let known = PackEntry(
            id: IndexSandbox.randomID(&numbers), kind: .data, offset: 0x1234_5678, length: 0x2345_6789,
            uncompressedLength: 0x3456_789A)
        let end = PackEntry(
            id: IndexSandbox.randomID(&numbers), kind: .data, offset: 0x6000_0000, length: 99, uncompressedLength: nil)
        try sandbox.add([(PackID(IndexSandbox.randomID(&numbers).digest), [known, end])])
        try sandbox.open().loadIndex()
        let bytes = try sandbox.segments.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        #expect(bytes.map(\.count).reduce(0, +) > 48 * 300)
        for place in sandbox.files.values.joined() {
            let id = place.entry.id.digest.withBytes { Data($0) }
            for part in [id.prefix(8), id.dropFirst(16).prefix(8), id.suffix(8)] {
                #expect(bytes.allSatisfy { $0.range(of: part) == nil })
            }
        }
        for value in [known.offset, known.length, known.uncompressedLength ?? 0] as [Int] {
            let little = withUnsafeBytes(of: UInt32(value).littleEndian) { Data($0) }
            #expect(bytes.allSatisfy { $0.range(of: little) == nil && $0.range(of: Data(little.reversed())) == nil })
        }
    }
}
