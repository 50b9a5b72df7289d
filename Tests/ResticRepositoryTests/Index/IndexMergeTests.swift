import Foundation
import SeededRandom
import Storage
import Testing

@testable import ResticRepository

@Suite struct IndexMergeTests {
    @Test func `merging keeps segments few and writes no record often`() {
        let seed = UInt64.random(in: 0 ... .max)
        print("merging policy: seed \(seed)")
        var numbers = SeededGenerator(seed: seed)
        var sizes: [Int] = []
        var (added, written, most) = (0, 0, 0)
        for _ in 0..<20_000 {
            let size = Int.random(
                in: 1...(Int.random(in: 0..<10, using: &numbers) == 0 ? 50_000 : 500), using: &numbers)
            sizes.append(size)
            added += size
            sizes.sort()
            let merged = IndexMerge.prefixToMerge(sizes)
            #expect(merged != 1)
            if merged > 0 {
                let sum = sizes.prefix(merged).reduce(0, +)
                // Rewriting a few megabytes is too little to count.
                if sum > 1 << 18 { written += sum }
                sizes.replaceSubrange(..<merged, with: [sum])
            }
            most = max(most, sizes.count)
        }
        #expect(most <= 12, "seed \(seed)")
        #expect(written <= 10 * added, "seed \(seed): \(written) written for \(added)")
    }

    @Test func `the runs of a first building become one segment`() {
        #expect(IndexMerge.prefixToMerge(Array(repeating: 262_144, count: 40)) == 40)
        #expect(IndexMerge.prefixToMerge([3] + Array(repeating: 262_144, count: 40)) == 41)
        #expect(IndexMerge.prefixToMerge([1, 10_000_000]) == 0)
        #expect(IndexMerge.prefixToMerge([1, 1, 1, 1, 10_000_000]) == 4)
    }

    @Test func `a record is 48 bytes in memory as in the file`() {
        #expect(MemoryLayout<IndexRecord>.size == IndexRecord.byteCount)
        #expect(MemoryLayout<IndexRecord>.stride == IndexRecord.byteCount)
        #expect(MemoryLayout<IndexRecord>.offset(of: \.packAndKind) == 32)
        #expect(MemoryLayout<IndexRecord>.offset(of: \.uncompressedLength) == 44)
    }

    @Test func `a sealed record opens again, and another key seals it otherwise`() throws {
        let (one, other) = (try IndexCipher(BoxKey.random()), try IndexCipher(BoxKey.random()))
        let entry = PackEntry(
            id: BlobID(SHA256Digest(hashing: [1])), kind: .tree, offset: 7, length: 99, uncompressedLength: 1234)
        let record = IndexRecord(entry, pack: 5)
        var (mine, theirs) = ([record], [record])
        one.seal(&mine)
        other.seal(&theirs)
        #expect(mine[0].id == one.sealed(entry.id) && mine[0].id != theirs[0].id && mine[0].id != record.id)
        let opened = one.opened(mine[0])
        #expect(opened.entry(BlobID(opened.id.digest)) == entry && opened.pack == 5)
        #expect(theirs[0].packAndKind != mine[0].packAndKind || theirs[0].offset != mine[0].offset)
    }

    @Test func `a million entries are built of runs, found, and opened as quickly as a thousand`() throws {
        let workshop = try Workshop()
        let master = try BoxKey.random()
        func entries(_ file: Int, _ count: Int) -> [(pack: PackID, entry: PackEntry)] {
            var numbers = SeededGenerator(seed: UInt64(file))
            var pack = PackID(.zero)
            return (0..<count).map { number in
                if number % 1000 == 0 { pack = PackID(SHA256Digest(hashing: Array("\(file) \(number)".utf8))) }
                return (
                    pack,
                    PackEntry(
                        id: randomID(&numbers), kind: .data, offset: number % 1000 * 40, length: 40,
                        uncompressedLength: nil)
                )
            }
        }
        func randomID(_ numbers: inout SeededGenerator) -> BlobID {
            var words = IDWords()
            (words.first, words.second, words.third, words.fourth) =
                (numbers.next(), numbers.next(), numbers.next(), numbers.next())
            return BlobID(words.digest)
        }
        var times: [Int: Duration] = [:]
        let clock = ContinuousClock()
        for (files, size) in [(1, 1000), (20, 50_000)] {
            let directory = "\(workshop.path)/\(size)"
            let local = try LocalIndex(directory: directory, master)
            var ids: Set<IndexID> = []
            var segments: [IndexSegment] = []
            for file in 0..<files {
                let id = IndexID(SHA256Digest(hashing: Array("file \(file)".utf8)))
                ids.insert(id)
                var run = IndexRun()
                run.add(id, entries(file, size))
                segments.append(try #require(local.write(run)))
            }
            segments = local.compact(segments)
            #expect(segments.count == 1 && segments.map(\.count) == [files * size])
            let (found, time) = try measured(clock) { try LocalIndex(directory: directory, master).select([], ids) }
            times[files * size] = time
            #expect(found.map(\.count) == [files * size])
            var index = LoadedIndex()
            index.setSegments(found)
            let wanted = entries(files - 1, size)
            let (hits, lookups) = measured(clock) {
                wanted.count { index.firstPlace(of: $0.entry.id, .data)?.entry == $0.entry }
            }
            #expect(hits == size)
            print("\(files * size) entries: opened in \(time), \(size) look-ups in \(lookups) (unoptimised build)")
        }
    }

    private func measured<Value>(_ clock: ContinuousClock, _ body: () throws -> Value) rethrows -> (Value, Duration) {
        let start = clock.now
        let value = try body()
        return (value, clock.now - start)
    }
}
