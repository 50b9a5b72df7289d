import ChatModel

/// The files of one month of a conversation: names, sizes and times in flat buffers, ascending by name.
final class MonthListing: Sendable {
    struct Entry: Sendable {
        var nameStart: UInt32
        /// No name is longer than 255 bytes.
        var nameCount: UInt8
        /// Bytes of the name's extension with its dot, before which a number goes.
        var suffixCount: UInt8
        /// Nanoseconds after `time`, so that messages of one millisecond have an order by their times, too.
        var tie: UInt16
        var inode: InodeNumber
        var size: UInt64
        var time: Timestamp
    }

    let entries: [Entry]
    /// Those that the files are in.
    let segments: [Int]
    private let names: [UInt8]
    /// Positions in `entries`, ascending by inode number; nil where the entries are in this order themselves.
    private let order: [Int32]?

    var cost: Int {
        names.count + entries.count * MemoryLayout<Entry>.stride + (order?.count ?? 0) * 4 + segments.count * 8 + 200
    }

    /// Calls `body` with an entry's name.
    func withName<Result>(_ entry: Entry, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        names.withUnsafeBytes { names in
            let start = Int(entry.nameStart)
            return body(UnsafeRawBufferPointer(rebasing: names[start..<start + Int(entry.nameCount)]))
        }
    }

    /// The position of a name; nil when there is none.
    func position(of name: UnsafeRawBufferPointer) -> Int? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if withName(entries[middle], { compareBytes($0, name) }) < 0 { low = middle + 1 } else { high = middle }
        }
        guard low < entries.count, withName(entries[low], { compareBytes($0, name) }) == 0 else { return nil }
        return low
    }

    /// The position of a file; nil when the month does not have it.
    func position(of inode: InodeNumber) -> Int? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[position(inOrder: middle)].inode.rawValue < inode.rawValue {
                low = middle + 1
            } else {
                high = middle
            }
        }
        guard low < entries.count, entries[position(inOrder: low)].inode == inode else { return nil }
        return position(inOrder: low)
    }

    private func position(inOrder index: Int) -> Int { order.map { Int($0[index]) } ?? index }

    /// Sent time of the newest message; nil when there is no file.
    var newest: Timestamp? { entries.map(\.time).max() }

    /// Lists the messages of a month.
    ///
    /// - Parameters:
    ///   - segments: with their numbers; of each, the messages of `month` in `zone` are taken.
    ///   - name: the safe name of a sender.
    ///   - mediaOnly: leaves the texts out; the names are the same either way.
    init(
        of month: Month, in zone: Zone, from segments: [(number: Int, segment: Segment)], mediaOnly: Bool,
        name: (PersonID) -> [UInt8]
    ) {
        var builder = MonthListingBuilder(month: month, zone: zone)
        builder.add(segments, name)
        builder.makeUnique()
        entries = mediaOnly ? builder.entries.filter { !builder.isText($0) } : builder.entries
        names = builder.names
        order = Self.order(of: entries)
        self.segments = Set(
            entries.compactMap { entry in
                if case .message(let segment, _, _)? = InodeLayout.place(entry.inode) { segment } else { nil }
            }
        ).sorted()
    }

    private static func order(of entries: [Entry]) -> [Int32]? {
        let ascends = entries.indices.dropFirst().allSatisfy {
            entries[$0 - 1].inode.rawValue < entries[$0].inode.rawValue
        }
        guard !ascends else { return nil }
        return entries.indices.map(Int32.init).sorted {
            entries[Int($0)].inode.rawValue < entries[Int($1)].inode.rawValue
        }
    }
}

/// Orders bytes as C's memcmp does, the shorter first among equals.
func compareBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    let count = min(left.count, right.count)
    for index in 0..<count where left[index] != right[index] { return left[index] < right[index] ? -1 : 1 }
    return left.count - right.count
}

/// Collects the files of a month.
///
///     2021-09-04_15-03-55_张伟.txt                a text
///     2021-09-04_15-04-10_张伟.jpg                a picture
///     2021-09-04_15-06-31_李雷_合同.pdf            a file with its own name
///     2021-09-04_15-06-31_李雷_合同.pdf.missing.txt  one that the source did not have
///     2021-09-04_15-07-00-01_张伟.txt             the first of the messages of one second
///     2021-09-04_15-07-00-02_李雷.txt             the second one
///     2021-09-04_15-07-00-02_李雷-2.txt           what else of a message would have the same name
struct MonthListingBuilder {
    private let month: Month
    private var clock: WallClock
    var entries: [MonthListing.Entry] = []
    var names: [UInt8] = []
    /// Longest sender in a name, in bytes; leaves room for the rest.
    static let senderLimit = 90
    /// Bytes of `2021-09-04_15-03-55`.
    private static let timeLength = 19
    /// Bytes kept free for a message's place in its second, and for the number that makes names of its files differ:
    /// `-4194303` and `-1023`.
    private static let numberLength = 13
    /// Names are found by 32-bit positions; no month of this world comes near.
    private static let namesLimit = 1 << 31

    init(month: Month, zone: Zone) {
        self.month = month
        clock = WallClock(zone)
    }

    mutating func add(_ segments: [(number: Int, segment: Segment)], _ name: (PersonID) -> [UInt8]) {
        let namesOfSenders = segments.map { $0.segment.senders.map(name) }
        let places = placesByWall(of: segments.map(\.segment))
        func seconds(_ index: Int) -> Int64 {
            segments[places[index].segment].segment.lines[places[index].line].time.seconds
        }
        var start = 0
        var next = places.isEmpty ? 0 : clock.wallSeconds(at: seconds(0))
        while start < places.count {
            // The messages that the clock on the wall shows in one second.
            let second = next
            var end = start + 1
            while end < places.count {
                next = clock.wallSeconds(at: seconds(end))
                guard next == second else { break }
                end += 1
            }
            defer { start = end }
            let wall = CivilTime(secondsSince1970: second)
            guard Month(of: wall) == month else { continue }
            for index in start..<end {
                let place = places[index]
                guard place.line < InodeLayout.lineLimit else { continue }
                guard names.count < Self.namesLimit else { return }
                let (number, segment) = segments[place.segment]
                let line = segment.lines[place.line]
                let message = NamedMessage(
                    wall: wall, place: index - start + 1, among: end - start,
                    sender: line.sender >= 0 ? namesOfSenders[place.segment][Int(line.sender)] : [])
                append(message, line, place.line, of: segment, number)
            }
        }
    }

    /// Where the lines of some segments are, by the clock on the wall; what it shows twice when it is set back, by time.
    private mutating func placesByWall(of segments: [Segment]) -> [(segment: Int, line: Int)] {
        let places = Segment.linesByTime(of: segments)
        func time(_ place: (segment: Int, line: Int)) -> Timestamp { segments[place.segment].lines[place.line].time }
        guard let first = places.first, let last = places.last,
            !clock.isUniform(from: time(first), to: time(last))
        else { return places }
        let walls = places.map { clock.wallSeconds(at: time($0).seconds) }
        guard zip(walls, walls.dropFirst()).contains(where: { $0 > $1 }) else { return places }
        return places.indices.sorted { (walls[$0], $0) < (walls[$1], $1) }.map { places[$0] }
    }

    /// What all files of a message have in their names.
    private struct NamedMessage {
        let wall: CivilTime
        /// From 1, among the messages of its second.
        let place: Int
        let among: Int
        let sender: [UInt8]
    }

    private mutating func append(
        _ message: NamedMessage, _ line: Segment.Line, _ index: Int, of segment: Segment, _ number: Int
    ) {
        if line.hasTextFile {
            append(
                message, [], Self.textSuffix, inode: .message(segment: number, line: index, part: 0),
                size: UInt64(line.text.count), line)
        }
        guard !line.attachments.isEmpty else { return }
        let room = SafeName.maximumLength - Self.timeLength - Self.numberLength - message.sender.count - 2
        let attachments = segment.attachments[
            Int(line.attachments.lowerBound)..<Int(line.attachments.upperBound)]
        for (part, attachment) in attachments.prefix(InodeLayout.partLimit).enumerated() {
            let file = AttachmentFile(attachment, of: line.kind, room: room)
            append(
                message, Array(file.ownName.utf8), Array(file.suffix.utf8),
                inode: .message(segment: number, line: index, part: part + 1),
                size: AttachmentFile.size(attachment, of: line.kind), line)
        }
    }

    private static let textSuffix = Array(".txt".utf8)

    private mutating func append(
        _ message: NamedMessage, _ ownName: [UInt8], _ suffix: [UInt8], inode: InodePlace, size: UInt64,
        _ line: Segment.Line
    ) {
        let start = names.count
        WallClock.append(message.wall, to: &names, separator: UInt8(ascii: "_"), timeSeparator: UInt8(ascii: "-"))
        if message.among > 1 { append(place: message.place, among: message.among) }
        append(message.sender)
        append(ownName)
        names.append(contentsOf: suffix)
        entries.append(
            MonthListing.Entry(
                nameStart: UInt32(start), nameCount: UInt8(clamping: names.count - start),
                suffixCount: UInt8(clamping: suffix.count), tie: line.tie,
                inode: InodeLayout.number(inode), size: size, time: line.time))
    }

    /// Appends `-07`: two digits, or as many as the last one of the second has.
    private mutating func append(place: Int, among: Int) {
        names.append(UInt8(ascii: "-"))
        var unit = 10
        while unit * 10 <= among { unit *= 10 }
        while unit > 0 {
            names.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: place / unit % 10))
            unit /= 10
        }
    }

    private mutating func append(_ part: [UInt8]) {
        guard !part.isEmpty else { return }
        names.append(UInt8(ascii: "_"))
        names.append(contentsOf: part)
    }

    func isText(_ entry: MonthListing.Entry) -> Bool {
        if case .message(_, _, let part) = InodeLayout.place(entry.inode) { part == 0 } else { false }
    }

    // MARK: Names that differ

    /// Sorts, and gives the second and later ones of equal names `-2`, `-3`, … in the order of a message's files.
    mutating func makeUnique() {
        sort()
        var positions: [(first: Int, count: Int)] = []
        var index = 0
        while index < entries.count {
            var end = index + 1
            while end < entries.count, compare(entries[index], entries[end]) == 0 { end += 1 }
            if end - index > 1 { positions.append((index, end - index)) }
            index = end
        }
        guard !positions.isEmpty else { return }
        let taken = entries.map { Array(bytes(of: $0)) }
        var assigned: Set<[UInt8]> = []
        for (first, count) in positions {
            var number = 2
            for index in first + 1..<first + count {
                while true {
                    let candidate = numbered(entries[index], number)
                    number += 1
                    guard !contains(candidate, in: taken), assigned.insert(candidate).inserted else { continue }
                    entries[index].nameStart = UInt32(names.count)
                    entries[index].nameCount = UInt8(clamping: candidate.count)
                    names.append(contentsOf: candidate)
                    break
                }
            }
        }
        sort()
    }

    private func numbered(_ entry: MonthListing.Entry, _ number: Int) -> [UInt8] {
        let name = bytes(of: entry)
        let stem = name.dropLast(Int(entry.suffixCount))
        return Array(stem) + Array("-\(number)".utf8) + Array(name.suffix(Int(entry.suffixCount)))
    }

    private func contains(_ name: [UInt8], in sorted: [[UInt8]]) -> Bool {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle].lexicographicallyPrecedes(name) { low = middle + 1 } else { high = middle }
        }
        return low < sorted.count && sorted[low] == name
    }

    private func bytes(of entry: MonthListing.Entry) -> ArraySlice<UInt8> {
        names[Int(entry.nameStart)..<Int(entry.nameStart) + Int(entry.nameCount)]
    }

    private func compare(_ left: MonthListing.Entry, _ right: MonthListing.Entry) -> Int {
        names.withUnsafeBytes { names in
            compareBytes(
                UnsafeRawBufferPointer(
                    rebasing: names[Int(left.nameStart)..<Int(left.nameStart) + Int(left.nameCount)]),
                UnsafeRawBufferPointer(
                    rebasing: names[Int(right.nameStart)..<Int(right.nameStart) + Int(right.nameCount)]))
        }
    }

    private mutating func sort() {
        // Messages come by their time, so names nearly always ascend already, but for those of a message's files.
        guard !isSorted else { return }
        let order = entries.indices.sorted { left, right in
            let result = compare(entries[left], entries[right])
            return result == 0 ? left < right : result < 0
        }
        entries = order.map { entries[$0] }
    }

    private var isSorted: Bool {
        entries.indices.dropFirst().allSatisfy { compare(entries[$0 - 1], entries[$0]) <= 0 }
    }
}
