import Storage

/// Where a blob lies, and what is known of the pack around it.
package struct BlobPlace: Hashable, Sendable {
    /// The pack.
    package let pack: PackID
    /// The place in it.
    package let entry: PackEntry
    /// Where the last box that the index knows in the pack ends: the pack is no shorter.
    package let packEnd: Int

    /// Bytes that small neighbours are fetched in: a tenth of a round trip of 20 ms at 100 Mbit/s on top.
    private static let windowSize = 128 << 10

    /// The aligned block of bytes around a range, as far as the pack is known to reach; nil when that is no more than
    /// the range.
    static func window(around range: Range<Int>, packEnd: Int) -> Range<Int>? {
        guard range.count < windowSize else { return nil }
        let start = range.lowerBound / windowSize * windowSize
        let end = (range.upperBound + windowSize - 1) / windowSize * windowSize
        let window = start..<max(range.upperBound, min(end, packEnd))
        return window == range ? nil : window
    }
}
