import Foundation
import SeededRandom
import Storage
import Testing

@testable import ResticRepository

@Suite struct DamagedSegmentTests {
    let workshop: Workshop
    let small: SmallRepository
    /// The one segment of the small repository, and its path.
    let segment: [UInt8]
    let name: String
    private let toolboxes: ToolboxPool

    init() throws {
        workshop = try Workshop()
        small = try SmallRepository.shared.get()
        toolboxes = ToolboxPool(small.master)
        let repository = Repository(
            store: small.store, config: small.config, keyID: small.keyID, master: small.master, toolboxes: toolboxes,
            localIndex: try LocalIndex(directory: workshop.path + "/index", small.master))
        try repository.loadIndex()
        name = try #require(try FileManager.default.contentsOfDirectory(atPath: workshop.path + "/index").first)
        segment = try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(workshop.path)/index/\(name)")))
    }

    /// The small repository with a segment of these bytes left by an earlier process.
    private func open(_ bytes: [UInt8], _ number: Int) throws -> Repository {
        try workshop.write("\(number)/\(name)", bytes)
        return Repository(
            store: small.store, config: small.config, keyID: small.keyID, master: small.master, toolboxes: toolboxes,
            localIndex: try LocalIndex(directory: "\(workshop.path)/\(number)", small.master))
    }

    private func check(_ bytes: [UInt8], _ number: Int, _ words: String) throws {
        let repository = try open(bytes, number)
        #expect(try SmallRepository.readEverything(repository) == small.contents, "\(words)")
        if repository.loadedIndex.segments.contains(where: { !$0.isSound }) {
            // Not needed by what was read: a check finds it.
            #expect(try Checker(repository).check(readData: true).isClean, "\(words)")
        }
        #expect(repository.loadedIndex.segments.allSatisfy { $0.isSound }, "\(words)")
        let path = "\(workshop.path)/\(number)"
        let left = try FileManager.default.contentsOfDirectory(atPath: path).map {
            try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(path)/\($0)")))
        }
        #expect(left == [segment], "\(words)")
        try FileManager.default.removeItem(atPath: path)
    }

    @Test func `everything is read through a segment with any flipped bit, and it is made again`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("flipped bits of a segment: seed \(seed)")
        var numbers = SeededGenerator(seed: seed)
        for position in segment.indices {
            var bytes = segment
            bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
            try check(bytes, position, "seed \(seed), byte \(position) of \(segment.count)")
        }
    }

    @Test func `a segment that ends anywhere is made again`() throws {
        for count in stride(from: 0, to: segment.count, by: 7) {
            try check(Array(segment[..<count]), count, "cut to \(count)")
        }
        try check(segment + [0], segment.count, "longer")
    }

    @Test func `a segment of another version is made again`() throws {
        for version in [0, 2, 255] as [UInt8] {
            var bytes = segment
            bytes[7] = version
            try check(bytes, Int(version), "version \(version)")
        }
    }

    @Test func `a damaged segment is not merged`() throws {
        let sandbox = try IndexSandbox()
        var numbers = SeededGenerator(seed: 7)
        for round in 0..<3 {
            try sandbox.add(IndexSandbox.packs(&numbers, blobs: 100))
            if round == 0 {
                try sandbox.open().loadIndex()
                let url = URL(fileURLWithPath: try #require(sandbox.segments.first))
                var bytes = try Data(contentsOf: url)
                bytes[bytes.count - 1000] ^= 1
                try bytes.write(to: url)
            }
        }
        var repository = try sandbox.open()
        for _ in 0..<5 {
            try sandbox.add(IndexSandbox.packs(&numbers, blobs: 100))
            repository = try sandbox.open()
            try repository.loadIndex()
        }
        sandbox.expectAgreement(repository, 7)
    }

    @Test func `a check does not believe a damaged segment`() throws {
        var bytes = segment
        // The last record's id: its blob seems to be in no index.
        let layout = try #require(layoutOfRecords())
        bytes[layout] ^= 1
        let repository = try open(bytes, 0)
        #expect(try Checker(repository).check(readData: false).isClean)
    }

    private func layoutOfRecords() -> Int? {
        let field = { (offset: Int) in
            segment.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
        }
        let layout = IndexSegmentLayout(files: field(80), packs: field(84), records: field(72), prefixBits: field(88))
        return layout.size == segment.count ? layout.records : nil
    }
}
