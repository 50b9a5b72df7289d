import ChatModel
import ResticRepository
import SeededRandom
import Storage
import Synchronization
import Testing

@testable import ChatArchive

@Suite struct SequentialReadsTests {
    private let file = BlobID(SHA256Digest(hashing: [1]))
    private let mebibyte: UInt64 = 1 << 20

    /// Reads in steps of 128 KiB and returns what was to be loaded, and the furthest the loading was ahead.
    private func read(_ range: Range<UInt64>, of size: UInt64, _ reads: inout SequentialReads) -> [Range<UInt64>] {
        var loaded: [Range<UInt64>] = []
        for offset in stride(from: range.lowerBound, to: range.upperBound, by: 128 << 10) {
            let end = min(offset + 128 << 10, range.upperBound)
            if let ahead = reads.note(file, read: offset..<end, size: size) { loaded.append(ahead) }
        }
        return loaded
    }

    @Test("a reader of a small piece loads nothing ahead")
    func smallPiece() {
        var reads = SequentialReads(windowLimit: 16 << 20)
        #expect(reads.note(file, read: 0..<(64 << 10), size: 100 * mebibyte) == nil)
        #expect(reads.note(file, read: 100 * mebibyte - 70_000..<100 * mebibyte - 5, size: 100 * mebibyte) == nil)
    }

    @Test("one who reads on has everything loaded once, in windows that double up to their limit")
    func whole() {
        var reads = SequentialReads(windowLimit: 16 << 20)
        let size = 100 * mebibyte + 7
        let loaded = read(0..<size, of: size, &reads)
        #expect(loaded.first.map { $0.upperBound - $0.lowerBound } == 2 * mebibyte)
        for (one, next) in zip(loaded, loaded.dropFirst()) { #expect(one.upperBound == next.lowerBound) }
        #expect(loaded.last?.upperBound == size)
        #expect(loaded.allSatisfy { $0.upperBound - $0.lowerBound <= 16 * mebibyte })
        #expect(loaded.count < 20)
    }

    @Test("requests that overtake each other are one reader")
    func disorder() {
        var reads = SequentialReads(windowLimit: 16 << 20)
        var count = 0
        for offset in stride(from: UInt64(0), to: 8 * mebibyte, by: 256 << 10) {
            for part in [offset + 128 << 10, offset]
            where reads.note(file, read: part..<part + 128 << 10, size: 64 * mebibyte) != nil {
                count += 1
            }
        }
        #expect(count > 1)
    }

    @Test("a reader who jumps about loads nothing ahead")
    func random() {
        var reads = SequentialReads(windowLimit: 16 << 20)
        var random = SeededGenerator.printed("jumps")
        for _ in 0..<1000 {
            // Far apart, as a step nearby counts as reading on.
            let offset = UInt64.random(in: 0..<1000, using: &random) * 10 * mebibyte
            let ahead = reads.note(file, read: offset..<offset + 4096, size: 20_000 * mebibyte)
            #expect(ahead == nil)
        }
    }
}

@Suite struct MonthWalksTests {
    @Test("the second month in a row loads four more, then four times as many each time, each once")
    func ascending() {
        var walks = MonthWalks<Int>()
        var loaded: [Int] = []
        var calls = 0
        for month in 0..<120 {
            let positions = walks.note(1, position: month, of: 120)
            #expect(positions.allSatisfy { $0 > month })
            if month == 0 { #expect(positions == []) }
            if month == 1 { #expect(positions == [2, 3, 4, 5]) }
            loaded += positions
            calls += positions.isEmpty ? 0 : 1
        }
        #expect(loaded == Array(2..<120))
        #expect(calls < 15)
    }

    @Test("so it is for one who goes back in time, and another conversation is another walk")
    func descending() {
        var walks = MonthWalks<Int>()
        var loaded: [Int] = []
        for month in (0..<50).reversed() {
            loaded += walks.note(1, position: month, of: 50)
            #expect(walks.note(2, position: 7, of: 50) == [])
        }
        #expect(loaded == (0..<48).reversed())
    }

    @Test("one who looks here and there loads nothing ahead")
    func jumps() {
        var walks = MonthWalks<Int>()
        for month in [5, 9, 2, 30, 12, 40] { #expect(walks.note(1, position: month, of: 50) == []) }
    }
}

@Suite struct ConversationWalksTests {
    private typealias Walks = ConversationWalks<Int>
    private let count = 300

    private func month(_ number: Int) -> Month { Month(number: 24_000 + number) }

    /// Where a conversation stands: by name in another order than as listed, with as many neighbours.
    private func place(_ conversation: Int) -> Walks.Place {
        .init(listed: conversation, named: conversation * 7 % 300)
    }

    /// Looks into months of conversations, which have sixty months each, and returns what is to be loaded.
    private func walk(
        _ walks: inout Walks, _ conversations: [Int], months: ClosedRange<Int>
    ) -> [Walks.Load] {
        var loads: [Walks.Load] = []
        for conversation in conversations {
            for number in months {
                if let load = walks.note(1, place(conversation), month(number), of: month(0)...month(59), count: count)
                {
                    loads.append(load)
                }
            }
        }
        return loads
    }

    @Test("one who goes on has everything loaded once, of the months that are read")
    func listed() {
        var walks = Walks()
        let loads = walk(&walks, Array(0..<count), months: 12...23)
        #expect(loads.first?.positions == 1..<6)
        #expect(loads.flatMap(\.positions) == Array(1..<count))
        #expect(loads.allSatisfy { $0.order == .listed && $0.months == month(12)...month(23) })
        #expect(loads.allSatisfy { $0.positions.count <= 64 })
        #expect(loads.count < 15)
        #expect(walks.months(1) == month(12)...month(23))
    }

    @Test("so it is in the order of names, also when some are passed over")
    func named() {
        var walks = Walks()
        // 7 * 43 = 301: the conversation behind another one by name is 43 further in the list.
        let byName = (0..<count).map { $0 * 43 % 300 }
        let loads = walk(
            &walks, byName.enumerated().filter { $0.offset < 2 || $0.offset % 3 == 0 }.map(\.element), months: 3...3)
        #expect(loads.first?.positions == 1..<6)
        #expect(loads.allSatisfy { $0.order == .named })
        let loaded = loads.flatMap(\.positions)
        #expect(loaded == loaded.sorted() && Set(loaded).count == loaded.count)
        #expect(loaded.count > 290)
    }

    @Test("who reads all of a conversation wants all of the next ones")
    func whole() {
        var walks = Walks()
        let loads = walk(&walks, [5, 6], months: 0...59)
        #expect(loads == [.init(positions: 6..<11, order: .listed, months: nil)])
        #expect(walks.months(1) == nil)
    }

    @Test("one who looks here and there loads nothing, and stays in no bounds")
    func jumps() {
        var walks = Walks()
        #expect(walk(&walks, [5, 90, 20, 200, 7, 150, 149], months: 4...9).isEmpty)
        #expect(walks.months(1) == nil)
    }

    @Test("what could not be loaded for lack of memory is loaded later", arguments: [1, 3])
    func stopped(atOnce: Int) throws {
        var walks = Walks()
        var loaded: [Int] = []
        for conversation in 0..<count {
            guard let load = walks.note(1, place(conversation), month(4), of: month(0)...month(9), count: count) else {
                continue
            }
            loaded += Array(load.positions.prefix(atOnce))
            if load.positions.count > atOnce { walks.stopped(1, load, at: load.positions.lowerBound + atOnce) }
        }
        #expect(loaded == Array(1..<count))
    }
}

@Suite struct MediaWalksTests {
    typealias Walks = MediaWalks<Int>

    /// Reads files of 100,000 bytes, twelve a month, and does what it is told to load at once.
    private func walk(_ walks: inout Walks, _ positions: [Walks.Position]) -> [Int] {
        var loads: [Int] = []
        for position in positions {
            guard let load = walks.note(1, position, size: 100_000) else { continue }
            #expect(load.after >= position)
            loads.append(load.bytes)
            let files = (load.bytes + 99_999) / 100_000
            let last = load.after.month * 12 + load.after.file + files
            walks.loaded(load, upTo: .init(conversation: 0, month: last / 12, file: last % 12), bytes: files * 100_000)
        }
        return loads
    }

    @Test("the third medium in a row loads a MiB ahead, and more each time up to the limit")
    func inOrder() {
        var walks = Walks(windowLimit: 8 << 20)
        let loads = walk(&walks, (0..<600).map { .init(conversation: 0, month: $0 / 12, file: $0 % 12) })
        #expect(loads.first == 1 << 20)
        #expect(loads.allSatisfy { $0 <= 8 << 20 })
        #expect(loads.count < 25)
        #expect(loads.reduce(0, +) >= 59_000_000 - (9 << 20))
        #expect(loads.reduce(0, +) <= 60_000_000 + (9 << 20))
    }

    @Test("pieces of one file, steps back and two files load nothing")
    func others() {
        var walks = Walks(windowLimit: 8 << 20)
        let back: [Walks.Position] = (0..<40).map { .init(conversation: 0, month: 40 - $0, file: 0) }
        #expect(walk(&walks, back).isEmpty)
        var again = Walks(windowLimit: 8 << 20)
        #expect(walk(&again, [Walks.Position](repeating: .init(conversation: 0, month: 0, file: 3), count: 50)).isEmpty)
        #expect(walk(&again, [.init(conversation: 0, month: 0, file: 4)]).isEmpty)
    }

    @Test("one load at a time, and none when nothing follows")
    func end() throws {
        var walks = Walks(windowLimit: 8 << 20)
        for file in 0..<2 { #expect(walks.note(1, .init(conversation: 0, month: 0, file: file), size: 10) == nil) }
        let third = walks.note(1, .init(conversation: 0, month: 0, file: 2), size: 10)
        let load = try #require(third)
        #expect(walks.note(1, .init(conversation: 0, month: 0, file: 3), size: 10) == nil)
        #expect(load.after == .init(conversation: 0, month: 0, file: 2))
        walks.loaded(load, upTo: nil, bytes: 0)
        for file in 4..<60 { #expect(walks.note(1, .init(conversation: 0, month: 0, file: file), size: 10) == nil) }
    }
}

extension MediaWalksTests {
    @Test("who goes on to another conversation has the next ones loaded too, who stays in one has not")
    func conversations() throws {
        var walks = Walks(windowLimit: 1 << 20)
        var loads: [Walks.Load] = []
        // Conversations of four files, of which every third has no media.
        for conversation in (0..<60) where conversation % 3 != 1 {
            for file in 0..<4 {
                let position = Walks.Position(conversation: conversation, month: 0, file: file)
                guard let load = walks.note(1, position, size: 100_000) else { continue }
                loads.append(load)
                guard load.goesOn else {
                    // The end of the conversation.
                    walks.loaded(
                        load, upTo: load.after.file < 3 ? .init(conversation: 0, month: 0, file: 3) : nil,
                        bytes: 100_000)
                    continue
                }
                let end = Walks.Position(conversation: conversation + 4, month: 0, file: 3)
                walks.loaded(load, upTo: end, bytes: load.bytes)
            }
        }
        #expect(loads.first?.goesOn == false)
        #expect(loads.dropFirst(2).allSatisfy { $0.goesOn })
        #expect(loads.count < 30)
    }

    @Test("files of conversations far apart, or of earlier ones, are no walk")
    func apart() {
        var walks = Walks(windowLimit: 1 << 20)
        for conversation in [5, 90, 20, 200, 7, 150, 149] {
            #expect(walks.note(1, .init(conversation: conversation, month: 0, file: 0), size: 10) == nil)
        }
    }

    @Test("a load that ends after its walk leads no other walk astray")
    func late() throws {
        var walks = Walks(windowLimit: 8 << 20)
        for file in 0..<2 { #expect(walks.note(1, .init(conversation: 0, month: 40, file: file), size: 10) == nil) }
        let third = walks.note(1, .init(conversation: 0, month: 40, file: 2), size: 10)
        let load = try #require(third)
        // Somebody begins again at the front before the load has ended.
        for file in 0..<2 { #expect(walks.note(1, .init(conversation: 0, month: 0, file: file), size: 10) == nil) }
        walks.loaded(load, upTo: .init(conversation: 0, month: 41, file: 0), bytes: 1 << 20)
        let next = walks.note(1, .init(conversation: 0, month: 0, file: 2), size: 10)
        #expect(next?.after == .init(conversation: 0, month: 0, file: 2))
    }
}

@Suite struct PreloadTests {
    @Test("values are loaded ahead once, and those that fail are loaded by who asks")
    func preload() throws {
        let cache = LoadingCache<Int, String>(budget: 1000)
        let asked = Mutex<[[Int]]>([])
        for _ in 0..<2 {
            cache.preload([1, 2, 3]) { missing, deliver in
                asked.withLock { $0.append(missing) }
                for key in missing where key != 2 { deliver(key, "\(key)", 1) }
            }
        }
        #expect(asked.withLock { $0 } == [[1, 2, 3], [2]])
        #expect(cache.cached(3) == "3")
        let value = try cache.value(2, waiting: .until(.now + .seconds(60))) { ("two", 1) }
        #expect(value == "two")
    }
}
