/// Apple's binary property list: objects that refer to each other by their numbers.
///
///     "bplist00" | objects | where each begins | 6 bytes, width of places, width of numbers,
///                                                8 count of objects, 8 number of the top one, 8 where the places are
///
/// All numbers are big-endian. An object begins with a byte: kind · 16 + count, where the count 15 means that a whole
/// number follows which is the count.
///
///     1 whole number of 2^count bytes · 5 text in ASCII · 6 text in UTF-16 · 8 reference of an archive, count + 1 bytes
///     A array: numbers of objects · D dictionary: numbers of keys, then numbers of values
///
/// Objects are read one by one when they are asked for, so that circles among them do no harm.
struct PropertyList {
    private let bytes: [UInt8]
    private let table: Int
    private let placeWidth: Int
    private let numberWidth: Int
    private let count: Int
    /// The number of the object that holds all others.
    let top: Int

    /// Entries of one dictionary at the most; those that are wanted have a few.
    private static let mostEntries = 64

    /// Nil when the bytes are no such list.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 40, bytes.starts(with: Array("bplist00".utf8)) else { return nil }
        self.bytes = bytes
        let trailer = bytes.count - 32
        (placeWidth, numberWidth) = (Int(bytes[trailer + 6]), Int(bytes[trailer + 7]))
        guard (1...8).contains(placeWidth), (1...8).contains(numberWidth),
            let count = Self.number(bytes[(trailer + 8)..<(trailer + 16)]),
            let top = Self.number(bytes[(trailer + 16)..<(trailer + 24)]),
            let table = Self.number(bytes[(trailer + 24)...]), table <= trailer,
            count <= (trailer - table) / placeWidth, top < count
        else { return nil }
        (self.count, self.top, self.table) = (count, top, table)
    }

    /// A whole number; nil when the object is none.
    func number(_ object: Int) -> Int64? {
        guard let start = start(object), bytes[start] >> 4 == 1, bytes[start] & 15 <= 3 else { return nil }
        let width = 1 << Int(bytes[start] & 15)
        guard let content = slice(start + 1, width) else { return nil }
        return Int64(bitPattern: content.reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// A text; nil when the object is none.
    func text(_ object: Int) -> String? {
        guard let (kind, count, content) = head(object) else { return nil }
        switch kind {
        case 5: return slice(content, count).map { String(decoding: $0, as: UTF8.self) }
        case 6:
            guard count <= bytes.count / 2, let content = slice(content, count * 2) else { return nil }
            let start = content.startIndex
            return String(
                decoding: (0..<count).map {
                    UInt16(content[start + 2 * $0]) << 8 | UInt16(content[start + 2 * $0 + 1])
                }, as: UTF16.self)
        default: return nil
        }
    }

    /// What a reference of an archive refers to; nil when the object is none.
    func reference(_ object: Int) -> Int? {
        guard let start = start(object), bytes[start] >> 4 == 8, bytes[start] & 15 <= 7 else { return nil }
        return slice(start + 1, Int(bytes[start] & 15) + 1).flatMap(Self.number)
    }

    /// The objects of an array; nil when the object is none.
    func array(_ object: Int) -> [Int]? {
        guard let (kind, count, content) = head(object), kind == 0xA else { return nil }
        return numbers(content, count)
    }

    /// The objects of a dictionary by their keys that are texts; nil when the object is none, or a large one.
    func dictionary(_ object: Int) -> [String: Int]? {
        guard let (kind, count, content) = head(object), kind == 0xD, count <= Self.mostEntries,
            let numbers = numbers(content, count * 2)
        else { return nil }
        var entries: [String: Int] = [:]
        for place in 0..<count {
            if let key = text(numbers[place]) { entries[key] = numbers[count + place] }
        }
        return entries
    }

    // MARK: Bytes

    private func start(_ object: Int) -> Int? {
        guard (0..<count).contains(object) else { return nil }
        guard let place = slice(table + object * placeWidth, placeWidth).flatMap(Self.number), place < table else {
            return nil
        }
        return place
    }

    /// The kind of an object, its count and where its content begins.
    private func head(_ object: Int) -> (kind: UInt8, count: Int, content: Int)? {
        guard let start = start(object) else { return nil }
        let (kind, count) = (bytes[start] >> 4, Int(bytes[start] & 15))
        guard count == 15 else { return (kind, count, start + 1) }
        guard start + 1 < table, bytes[start + 1] >> 4 == 1, bytes[start + 1] & 15 <= 3 else { return nil }
        let width = 1 << Int(bytes[start + 1] & 15)
        guard let long = slice(start + 2, width).flatMap(Self.number) else { return nil }
        return (kind, long, start + 2 + width)
    }

    private func numbers(_ start: Int, _ count: Int) -> [Int]? {
        guard count <= bytes.count / numberWidth, let content = slice(start, count * numberWidth) else { return nil }
        return (0..<count).map { place in
            let start = content.startIndex + place * numberWidth
            return Self.number(content[start..<start + numberWidth]) ?? -1
        }
    }

    /// Bytes before the trailer; nil when they are not all there.
    private func slice(_ start: Int, _ count: Int) -> ArraySlice<UInt8>? {
        let end = bytes.count - 32
        guard start >= 0, start <= end, count >= 0, count <= end - start else { return nil }
        return bytes[start..<start + count]
    }

    /// A number that is a count or a place; nil when it is too large for one.
    private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
        let value = bytes.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return value < 1 << 40 ? Int(value) : nil
    }
}
