import Storage
import Testing

@testable import ResticRepository

extension HostileTests {
    /// Frames that inflate to far more than they are.
    @Suite struct FrameTests {
        let forger: Forger

        init() throws { forger = try Forger() }

        /// Reads a blob that was stored; tells what came of it and how far memory grew.
        private func read(_ blob: Forger.Blob) throws -> (Result<Int, RepositoryError>, growth: Int?) {
            try forger.store([blob])
            let repository = try forger.open()
            try repository.loadIndex()
            var result = Result<Int, RepositoryError>.success(0)
            let growth = try peakGrowth {
                do throws(RepositoryError) {
                    result = .success(try repository.blob(blob.id, blob.kind).count)
                } catch { result = .failure(error) }
            }
            return (result, growth)
        }

        @Test(arguments: [true, false])
        func `a hundred megabytes in a small box are read when that is what they are`(isSized: Bool) throws {
            let blob = ZstdBomb.blob(100 << 20, sized: isSized)
            #expect(blob.content.count < 4000)
            let (result, growth) = try read(blob)
            #expect(result == .success(100 << 20))
            if let growth { #expect(growth < 200 << 20) }
        }

        @Test(arguments: [0, 1, 10, 100 << 20 - 1, 100 << 20 + 1, 101 << 20, 1 << 30, 4_294_967_295], [true, false])
        func `a frame that holds another number of bytes than promised is refused`(promise: Int, isSized: Bool) throws {
            var blob = ZstdBomb.blob(100 << 20, sized: isSized)
            blob.uncompressedLength = promise
            let (result, growth) = try read(blob)
            #expect(throws: RepositoryError.self) { try result.get() }
            // A promise that is too large may be found out only when the frame has ended.
            if let growth { #expect(growth < 160 << 20) }
        }

        @Test(arguments: [true, false])
        func `a blob larger than any writer makes is refused, though it is what it says`(isSized: Bool) throws {
            let count = 2 << 30
            let content = ZstdBomb.zeros(count, sized: isSized)
            let id = BlobID(SHA256Digest(hashing: [1]))
            let (result, growth) = try read(
                Forger.Blob(id: id, content: content, uncompressedLength: count))
            #expect(result == .failure(.damagedBlob(id, .data, .badCompression)))
            if let growth { #expect(growth < 200 << 20) }
        }

        @Test(arguments: [ObjectKind.index, .snapshots, .locks], [true, false])
        func `a file that inflates without end is refused`(kind: ObjectKind, isSized: Bool) throws {
            for count in [Zstd.sizeLimit + 1, 3 << 30] {
                let name = try forger.write(kind, content: [2] + ZstdBomb.zeros(count, sized: isSized))
                let growth = try peakGrowth {
                    let error = try #require(throws: RepositoryError.self) {
                        try forger.repository.unpacked(kind, try #require(name.digest))
                    }
                    #expect(error == .damaged(name, .badCompression))
                    if kind != .locks {
                        let report = try Checker(forger.repository).check(readData: true)
                        #expect(report.findings == [.unreadable(name)])
                    }
                }
                if let growth { #expect(growth < 2 * Zstd.sizeLimit + 100 << 20) }
                try forger.store.remove(name)
            }
        }

        @Test func `several frames after one another, and what is no frame, are refused`() throws {
            let frame = ZstdBomb.zeros(1000, sized: true)
            let unsized = ZstdBomb.zeros(1000, sized: false)
            let window: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xF8, 1, 0, 0]
            for content in [
                frame + [0], unsized + [0], Array(frame.dropLast()), Array(unsized.dropLast()), [], [0x28],
                Array(frame[..<4]), Array(frame[..<6]), window, frame + frame, unsized + unsized,
            ] {
                let name = try forger.write(.index, content: [2] + content)
                #expect(throws: RepositoryError.self) { try forger.repository.loadIndex() }
                try forger.store.remove(name)
                var blob = ZstdBomb.blob(1000)
                blob.content = content
                #expect(throws: RepositoryError.self) { try read(blob).0.get() }
                for object in try forger.repository.list(.index) { try forger.store.remove(object.name) }
            }
        }
    }
}
