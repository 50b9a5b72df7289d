/// A set of byte positions: ranges in order that neither overlap nor touch. The empty range adds nothing.
struct RangeSet: Equatable, Sendable {
    private(set) var ranges: [Range<Int>] = []

    /// The union of some ranges in any order.
    init(_ ranges: some Sequence<Range<Int>> = []) {
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
            if let last = self.ranges.last, range.lowerBound <= last.upperBound {
                self.ranges[self.ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                self.ranges.append(range)
            }
        }
    }

    mutating func insert(_ range: Range<Int>) { self = RangeSet(ranges + [range]) }

    mutating func insert(_ other: RangeSet) { self = RangeSet(ranges + other.ranges) }

    /// What of a range is not in the set.
    func missing(in range: Range<Int>) -> [Range<Int>] {
        var missing: [Range<Int>] = []
        var next = range.lowerBound
        for present in ranges where present.upperBound > range.lowerBound {
            if present.lowerBound >= range.upperBound { break }
            if present.lowerBound > next { missing.append(next..<present.lowerBound) }
            next = max(next, present.upperBound)
        }
        if next < range.upperBound { missing.append(next..<range.upperBound) }
        return missing
    }

    /// What of the set is not in a range.
    func outside(_ range: Range<Int>) -> [Range<Int>] {
        let other = RangeSet([range])
        return ranges.flatMap { other.missing(in: $0) }
    }

    /// What of some ranges is in the set.
    func overlap(with wanted: [Range<Int>]) -> [Range<Int>] {
        wanted.flatMap { wanted in
            ranges.compactMap { $0.overlaps(wanted) ? $0.clamped(to: wanted) : nil }
        }
    }
}

/// Which requests to make for what is not there.
enum FetchPlan {
    /// Joins neighbours with at most `gap` bytes between them, as long as the result has at most `size` bytes; a single
    /// range may be larger. The ranges are in order and disjoint.
    static func joined(_ ranges: [Range<Int>], gap: Int, size: Int = .max) -> [Range<Int>] {
        var joined: [Range<Int>] = []
        for range in ranges {
            if let last = joined.last, range.lowerBound - last.upperBound <= gap,
                range.upperBound - last.lowerBound <= size
            {
                joined[joined.count - 1] = last.lowerBound..<range.upperBound
            } else {
                joined.append(range)
            }
        }
        return joined
    }

    /// The requests for a range: what of it is missing, widened over what of the window is missing too and costs no
    /// request of its own.
    ///
    /// - Parameter present: what is at hand or already being fetched.
    static func requests(
        for range: Range<Int>, window: Range<Int>, present: RangeSet, gap: Int
    ) -> [Range<Int>] {
        let lower = min(range.lowerBound, window.lowerBound)
        let upper = max(range.upperBound, window.upperBound)
        let wanted = RangeSet(present.missing(in: range))
        return joined(present.missing(in: lower..<upper), gap: gap).filter { !wanted.overlap(with: [$0]).isEmpty }
    }
}
