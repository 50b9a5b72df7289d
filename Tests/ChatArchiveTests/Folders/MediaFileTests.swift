import ChatHistories
import ResticRepository
import SeededRandom
import Storage
import Testing

@testable import ChatArchive

struct MediaFileTests {
    @Test("every byte is found in the blob that holds it, also between empty blobs")
    func blobs() throws {
        let seed = UInt64.random(in: 1...1 << 60)
        var numbers = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let lengths = (0..<Int.random(in: 1...9, using: &numbers)).map { _ in
                numbers.one(of: [0, 0, 1, 2, 50])
            }
            let ids = lengths.indices.map { BlobID(SHA256Digest(hashing: [UInt8($0)])) }
            let table = Dictionary(zip(ids, lengths)) { first, _ in first }
            let file = try #require(MediaFile(ids) { table[$0] })
            let owners = lengths.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
            #expect(file.size == UInt64(owners.count))
            for (offset, owner) in owners.enumerated() {
                #expect(file.blob(at: UInt64(offset)) == owner, "seed \(seed): \(lengths)")
            }
        }
    }

    @Test("a file of a blob that is not known has no table; one of no blobs is empty")
    func unknown() {
        let id = BlobID(SHA256Digest(hashing: [1]))
        #expect(MediaFile([id]) { _ in nil } == nil)
        #expect(MediaFile([]) { _ in nil }?.size == 0)
    }
}
