import ResticRepository

/// Who reads files from front to back, and how far ahead of them to load.
///
///     start ───────── end ═════════ ahead
///       read so far     being loaded          window: ahead - end at most; doubles as long as the reader goes on
///
/// A reader of a small piece loads nothing ahead; one who has read half a MiB in a row gets 2 MiB, then twice as much each
/// time, so that the window soon covers what a long line holds in flight.
struct SequentialReads {
    private struct Stream {
        var start: UInt64
        var end: UInt64
        var ahead: UInt64
        var window: UInt64 = 0
    }

    private var streams: LeastRecentlyUsed<BlobID, Stream>
    private let windowLimit: UInt64

    /// Readers that are told apart at a time.
    private static let streamLimit = 64
    /// Bytes in a row after which somebody is a sequential reader.
    private static let threshold: UInt64 = 512 << 10
    private static let firstWindow: UInt64 = 2 << 20
    /// The kernel asks for neighbouring ranges at once, and they come in any order.
    private static let disorder: UInt64 = 4 << 20

    /// - Parameter windowLimit: the most bytes ahead of one reader.
    init(windowLimit: Int) {
        streams = LeastRecentlyUsed(budget: Self.streamLimit)
        self.windowLimit = UInt64(max(windowLimit, 0))
    }

    /// Notes a read of a file and returns what to load ahead now.
    ///
    /// - Parameters:
    ///   - file: the file's first blob.
    ///   - size: the file's size in bytes.
    mutating func note(_ file: BlobID, read: Range<UInt64>, size: UInt64) -> Range<UInt64>? {
        var stream = streams.value(file) ?? Stream(start: read.lowerBound, end: read.lowerBound, ahead: read.lowerBound)
        let nearest = stream.end - min(stream.end, Self.disorder)
        if (nearest...stream.end + Self.disorder).contains(read.lowerBound) {
            stream.end = max(stream.end, read.upperBound)
            stream.start = min(stream.start, read.lowerBound)
        } else {
            stream = Stream(start: read.lowerBound, end: read.upperBound, ahead: read.upperBound)
        }
        defer { streams.insert(stream, for: file, cost: 1) }
        stream.ahead = max(stream.ahead, stream.end)
        guard stream.end - stream.start >= Self.threshold, stream.ahead < size,
            stream.ahead - stream.end <= stream.window / 2
        else { return nil }
        stream.window = min(max(stream.window * 2, Self.firstWindow), windowLimit)
        let target = min(stream.end + stream.window, size)
        guard target > stream.ahead else { return nil }
        defer { stream.ahead = target }
        return stream.ahead..<target
    }
}
