/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
public struct Timestamp: Hashable, Sendable, Comparable {
    /// Milliseconds since 1970 in UTC; negative before.
    public let milliseconds: Int64

    /// A moment by its milliseconds since 1970 in UTC.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// The first and the last moment of the years 1 to 9999, in which the messages of this world lie.
    public static let plausible =
        Timestamp(milliseconds: -62_135_596_800_000)...Timestamp(milliseconds: 253_402_300_799_999)

    /// A moment by its seconds since 1970 in UTC; beyond what milliseconds can hold it is the last that they can.
    public init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        milliseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 { milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0) }

    /// Orders by time.
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }
}

extension Timestamp {
    /// Reads RFC 3339, such as `2021-09-04T15:03:55.250+08:00`; nil when it is not that.
    public init?(rfc3339 text: String) {
        let zoneStart = text.dropFirst(11).firstIndex { $0 == "Z" || $0 == "z" || $0 == "+" || $0 == "-" }
        guard let zoneStart, let wall = CivilTime(text[..<zoneStart]) else { return nil }
        var offset: Int64 = 0
        let zone = text[zoneStart...]
        if zone.count > 1 {
            let fields = zone.dropFirst().split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
            guard fields.count == 2, let hours = fields[0], let minutes = fields[1], (0...23).contains(hours),
                (0...59).contains(minutes)
            else { return nil }
            offset = (hours * 60 + minutes) * (zone.first == "-" ? -60 : 60)
        }
        var milliseconds = (wall.secondsSince1970 - offset) * 1000
        if let dot = text[..<zoneStart].firstIndex(of: ".") {
            let digits = text[text.index(after: dot)..<zoneStart].prefix(3)
            guard let fraction = Int64(digits), !digits.isEmpty else { return nil }
            milliseconds += fraction * [100, 10, 1][digits.count - 1]
        }
        self.init(milliseconds: milliseconds)
    }

    /// RFC 3339 in UTC, to the second: `2021-09-04T07:03:55Z`.
    public var rfc3339: String { CivilTime(secondsSince1970: seconds).description + "Z" }
}
