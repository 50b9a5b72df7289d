import Glibc

/// The reading of a range over HTTP: how it is asked for and what a right answer looks like.
struct RangeRequest {
    let name: ObjectName
    /// Nil for the whole object.
    let range: Range<Int>?
    let location: String

    init(_ name: ObjectName, _ range: Range<Int>?, location: String) throws(StorageError) {
        if let range, range.lowerBound < 0 {
            throw StorageError(errno: EINVAL, .read, .object(name), location: location)
        }
        self.name = name
        self.range = range
        self.location = location
    }

    /// HTTP cannot ask for no bytes.
    var isEmpty: Bool { range?.isEmpty == true }

    var headers: [(name: String, value: String)] {
        guard let range else { return [] }
        return [("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")]
    }

    /// A server may send the object from its beginning instead.
    func bodyLimit(whole: Int) -> Int {
        range.map { max($0.upperBound, 1 << 20) } ?? whole
    }

    /// The bytes of a good answer; nil for any other. Throws when there are fewer or others than asked for.
    func bytes(in answer: HTTPAnswer) throws(StorageError) -> [UInt8]? {
        guard let range else { return answer.status == 200 ? answer.body : nil }
        switch answer.status {
        case 206: return try part(of: answer, range)
        // `rclone serve s3` says 200 for a part.
        case 200 where answer.header("content-range") != nil && !Self.isWhole(answer):
            return try part(of: answer, range)
        case 200:
            guard answer.body.count >= range.upperBound else { throw truncated(answer.body.count) }
            return Array(answer.body[range])
        case 416:
            if let total = Self.unsatisfied(answer), total < range.upperBound { throw truncated(total) }
            return nil
        default: return nil
        }
    }

    private func part(of answer: HTTPAnswer, _ range: Range<Int>) throws(StorageError) -> [UInt8] {
        guard let (start, last, total) = Self.contentRange(answer) else { throw damaged }
        // rclone answers `bytes 2000-999/1000` where others answer 416.
        if let total, total < range.upperBound, last < start || start == range.lowerBound && last == total - 1 {
            throw truncated(total)
        }
        guard start == range.lowerBound, last == range.upperBound - 1, answer.body.count == range.count,
            total.map({ last < $0 }) ?? true
        else { throw damaged }
        return answer.body
    }

    /// Whether a body is the object from its beginning to its end.
    private static func isWhole(_ answer: HTTPAnswer) -> Bool {
        contentRange(answer).map { $0.start == 0 && $0.total == answer.body.count } ?? false
    }

    /// For an object of `size` bytes: nothing when the range is empty and ends in it, else `.truncated`.
    func checkEnd(_ size: Int) throws(StorageError) -> [UInt8] {
        guard let range, range.upperBound > size || !range.isEmpty else { return [] }
        guard range.upperBound > size else { throw damaged }
        throw truncated(size)
    }

    private func truncated(_ size: Int) -> StorageError {
        .truncated(.object(name), expected: range?.upperBound ?? size, actual: size, location: location)
    }

    private var damaged: StorageError { .damaged(.object(name), location: location) }

    /// `bytes 0-9/100` as (0, 9, 100), as it stands there; the total is nil for `*`.
    private static func contentRange(_ answer: HTTPAnswer) -> (start: Int, last: Int, total: Int?)? {
        guard let text = answer.header("content-range"), text.hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst(6).split { $0 == "-" || $0 == "/" }
        guard parts.count == 3, let start = Int(parts[0]), let last = Int(parts[1]) else { return nil }
        guard let total = Int(parts[2]) else { return parts[2] == "*" ? (start, last, nil) : nil }
        return (start, last, total)
    }

    /// `bytes */100` as 100.
    private static func unsatisfied(_ answer: HTTPAnswer) -> Int? {
        guard let text = answer.header("content-range"), text.hasPrefix("bytes */") else { return nil }
        return Int(text.dropFirst(8))
    }
}
