import Storage
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
}
