import Dispatch
import ResticRepository
import Storage
import Synchronization

/// What happens to content between a file and a pack, and back.
enum ContentBenchmarks {
    static let all = [
        Benchmark(name: "chunk", about: "content-defined cuts through 64 MiB of media") { _ in try chunk() },
        Benchmark(name: "hash", about: "SHA-256 of a blob of 1 MiB") { _ in
            let blob = media
            return Benchmark.Work(amount: .bytes(blob.count)) {
                Int(truncatingIfNeeded: SHA256Digest(hashing: blob).leadingBits)
            }
        },
        Benchmark(
            name: "blob-open-media",
            about: "a blob of 1 MiB: looked up, authenticated, decrypted, inflated, verified"
        ) { _ in
            try open(media)
        },
        Benchmark(name: "blob-open-text", about: "the same of JSON lines, which compress") { try open(text($0)) },
        Benchmark(
            name: "blob-open-cores",
            about: "64 blobs of media on all cores at a time: what a first `cat` could have without FUSE"
        ) { _ in try openOnAllCores() },
        Benchmark(name: "seal-media", about: "1 MiB compressed, encrypted and hashed (a stored file, `saveUnpacked`)") {
            _ in
            try seal(media)
        },
        Benchmark(name: "seal-text", about: "the same of JSON lines") { try seal(text($0)) },
        Benchmark(name: "write-media", about: "64 new blobs through a writer into packs, on all its threads") { _ in
            try write(media)
        },
        Benchmark(name: "write-text", about: "the same of JSON lines") { try write(text($0)) },
    ]

    private static let blobSize = 1 << 20

    /// Content that does not compress.
    private static var media: [UInt8] {
        var numbers = SeededNumbers(seed: 7)
        return numbers.bytes(blobSize)
    }

    private static func text(_ fixtures: Fixtures) throws -> [UInt8] {
        let text = try fixtures.history().segmentText()
        try check(text.count >= blobSize, "the segment is shorter than a blob")
        return Array(text.prefix(blobSize))
    }

    private static func chunk() throws -> Benchmark.Work {
        var numbers = SeededNumbers(seed: 8)
        let content = numbers.bytes(64 << 20)
        let chunker = try Fixtures.makeRepository(in: MemoryStore()).makeChunker()
        return Benchmark.Work(amount: .bytes(content.count)) {
            var chunker = chunker
            return content.withUnsafeBytes { content in
                var (start, chunks) = (0, 1)
                while let length = chunker.cut(in: UnsafeRawBufferPointer(rebasing: content[start...])) {
                    start += length
                    chunks += 1
                }
                return chunks
            }
        }
    }

    private static func open(_ plaintext: [UInt8]) throws -> Benchmark.Work {
        let repository = try Fixtures.makeRepository(in: MemoryStore())
        let writer = try repository.makeWriter()
        let blob = try writer.save(plaintext, .data, group: .media)
        _ = try writer.finish()
        try check(repository.blob(blob, .data) == plaintext, "the blob is not what was stored")
        return Benchmark.Work(amount: .bytes(plaintext.count)) { try repository.blob(blob, .data).count }
    }

    private static func openOnAllCores() throws -> Benchmark.Work {
        let repository = try Fixtures.makeRepository(in: MemoryStore())
        let writer = try repository.makeWriter()
        var numbers = SeededNumbers(seed: 9)
        let blobs = try (0..<64).map { _ in try writer.save(numbers.bytes(blobSize), .data, group: .media) }
        _ = try writer.finish()
        return Benchmark.Work(amount: .bytes(blobs.count * blobSize)) {
            let opened = Mutex(0)
            DispatchQueue.concurrentPerform(iterations: blobs.count) { number in
                guard let count = try? repository.blob(blobs[number], .data).count else { return }
                opened.withLock { $0 += count }
            }
            let bytes = opened.withLock { $0 }
            try check(bytes == blobs.count * blobSize, "a blob could not be opened")
            return bytes
        }
    }

    /// Sealing has no public door of its own; a stored file is compressed, sealed and hashed on the calling thread.
    private static func seal(_ plaintext: [UInt8]) throws -> Benchmark.Work {
        let store = MemoryStore()
        let repository = try Fixtures.makeRepository(in: store)
        store.stopKeeping()
        return Benchmark.Work(amount: .bytes(plaintext.count)) {
            Int(truncatingIfNeeded: try repository.saveUnpacked(.snapshots, plaintext).leadingBits)
        }
    }

    /// Every blob differs from all before in its first bytes, else it would be known.
    private static func write(_ plaintext: [UInt8]) throws -> Benchmark.Work {
        let store = MemoryStore()
        let repository = try Fixtures.makeRepository(in: store)
        store.stopKeeping()
        let writer = try repository.makeWriter()
        let blobs = 64
        var plaintext = plaintext
        var number: UInt64 = 0
        return Benchmark.Work(amount: .bytes(blobs * plaintext.count)) {
            for _ in 0..<blobs {
                number += 1
                withUnsafeBytes(of: number) { plaintext.replaceSubrange(0..<8, with: $0) }
                _ = try writer.save(plaintext, .data, group: .media)
            }
            try writer.flush()
            return writer.progress.dataBlobs
        }
    }
}
