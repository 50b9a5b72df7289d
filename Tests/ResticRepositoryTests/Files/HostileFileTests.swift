import SeededRandom
import Storage
import Testing

@testable import ResticRepository

/// Every truncation and every flipped bit of the formats: an error or a right answer, never a trap.
@Suite struct HostileFileTests {
    static func damaged(_ text: [UInt8]) -> [[UInt8]] {
        let truncated = (0..<text.count).map { Array(text[..<$0]) }
        let flipped = (0..<text.count * 8).map { bit in
            var text = text
            text[bit / 8] ^= 1 << UInt8(bit % 8)
            return text
        }
        return truncated + flipped
    }

    static let entries = (0..<4).map { number in
        let id = BlobID(SHA256Digest(hashing: [UInt8(number)]))
        return PackEntry(
            id: id, kind: number % 2 == 0 ? .data : .tree, offset: (0..<number).reduce(0) { $0 + 100 + $1 },
            length: 100 + number, uncompressedLength: number < 2 ? nil : 5000 + number)
    }

    @Test func `a pack header reads back, and damaged ones never trap`() throws {
        let header = PackHeader.encode(Self.entries)
        #expect(header.count == 2 * 37 + 2 * 41)
        #expect(try header.withUnsafeBytes { try PackHeader.parse($0, contentSize: 406) } == Self.entries)
        for size in [0, 405, 407, Int.max] {
            #expect(throws: Damage.badPackHeader) {
                try header.withUnsafeBytes { try PackHeader.parse($0, contentSize: size) }
            }
        }
        for text in Self.damaged(header) {
            let parsed = try? text.withUnsafeBytes { try PackHeader.parse($0, contentSize: 406) }
            // Only a blob's id, a kind or a plaintext length can change without being noticed here.
            if let parsed { #expect(parsed.map(\.range) == Self.entries.map(\.range)) }
        }
    }

    @Test func `an index reads back, and damaged ones never trap`() throws {
        let pack = PackID(SHA256Digest(hashing: [9]))
        let text = IndexText.encode([(pack, Self.entries)])
        var read: [PackEntry] = []
        try IndexText.parse(text) { id, entry in
            #expect(id == pack)
            read.append(entry)
        }
        #expect(read == Self.entries)
        for text in Self.damaged(text) {
            var index = BlobIndex()
            var additions: [(PackID, PackEntry)] = []
            try? IndexText.parse(text) { additions.append(($0, $1)) }
            index.add(additions)
            #expect(index.count <= Self.entries.count)
        }
    }

    @Test(arguments: [
        #"{"packs":[{"id":"x","blobs":[]}]}"#, #"{"packs":[{"blobs":[]}]}"#, #"{"packs":[{}]}"#, #"[]"#, "", "{",
        #"{"packs":[{"id":"$","blobs":[{"id":"$","type":"data","offset":-1,"length":40}]}]}"#,
        #"{"packs":[{"id":"$","blobs":[{"id":"$","type":"data","offset":0,"length":31}]}]}"#,
        #"{"packs":[{"id":"$","blobs":[{"id":"$","type":"soup","offset":0,"length":40}]}]}"#,
        #"{"packs":[{"id":"$","blobs":[{"id":"$","type":"data","offset":4294967296,"length":40}]}]}"#,
        #"{"packs":[{"id":"$","blobs":[{"id":"$","type":"data","offset":9223372036854775807,"length":9223372036854775807}]}]}"#,
        #"{"packs":[{"id":"$","blobs":[{"id":"$","type":"data","offset":0,"length":40,"uncompressed_length":-5}]}]}"#,
    ])
    func `an index that makes no sense is refused`(text: String) {
        let text = text.split(separator: "$", omittingEmptySubsequences: false)
            .joined(separator: String(repeating: "ab", count: 32))
        #expect(throws: Damage.self) { try IndexText.parse(Array(text.utf8)) { _, _ in } }
    }

    @Test func `an index with keys of other programs is read`() throws {
        let id = String(repeating: "ab", count: 32)
        let text = """
            {"supersedes":["\(id)"],"packs":[{"id":"\(id)","time":"2021-09-04T15:03:55Z","size":5,"blobs":[
            {"id":"\(id)","type":"tree","offset":0,"length":40,"x":{"y":[1]}}]}],"packs_to_delete":[{"id":"\(id)","blobs":[]}]}
            """
        var count = 0
        try IndexText.parse(Array(text.utf8)) { _, entry in
            count += 1
            #expect(entry.kind == .tree && entry.uncompressedLength == nil && entry.plaintextLength == 8)
        }
        #expect(count == 1)
    }

    @Test func `a key file reads back, and damaged ones never open to another key`() throws {
        let master = try BoxKey.random()
        let file = try KeyFile.make(
            for: master, password: password, parameters: cheap, maker: .current, created: GoTime.now().text)
        let text = file.encoded()
        #expect(try KeyFile(parsing: text) == file)
        let opened = try #require(try file.open(password))
        #expect(Array(opened.encrypt) == Array(master.encrypt))
        #expect(try file.open(Password("wrong")) == nil)
        var generator = SeededGenerator(seed: 7)
        for text in Self.damaged(text) where Int.random(in: 0..<8, using: &generator) == 0 {
            guard let damaged = try? KeyFile(parsing: text), damaged.parameters == cheap else { continue }
            let key = try? damaged.open(password)
            if let key { #expect(Array(key.encrypt) == Array(master.encrypt)) }
        }
    }

    @Test func `a config reads back, and damaged ones never trap`() throws {
        let config = try Config.make()
        #expect(try Config(parsing: config.encoded()) == config)
        for text in Self.damaged(config.encoded()) { _ = try? Config(parsing: text) }
    }

    @Test func `a lock reads back, and damaged ones never trap`() throws {
        let lock = LockFile(.exclusive, time: .now())
        #expect(try LockFile(parsing: lock.encoded()) == lock)
        for text in Self.damaged(lock.encoded()) { _ = (try? LockFile(parsing: text))?.isStale(now: .now()) }
    }
}
