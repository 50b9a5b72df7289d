import Foundation

/// A time zone as a table of its changes between 1970 and 2110, so that converting a moment is a binary search.
public struct Zone: Sendable, Equatable {
    /// The IANA name, for example `Asia/Shanghai`.
    public let name: String
    /// Ascending moments, in seconds since 1970 UTC, from which the offset at the same index holds.
    private let starts: [Int64]
    private let offsets: [Int32]

    /// Coordinated Universal Time.
    public static let utc = Zone(name: "UTC", starts: [.min], offsets: [0])

    /// The zone of an IANA name or a fixed offset such as `+08:00` or `GMT+8` (east of Greenwich), or nil when there is none of
    /// that name.
    ///
    /// Cost: about 280 look-ups in the zone database, once.
    ///
    /// - Parameter knowsAbbreviations: whether `CST` is Chicago's. It is China's as well, so who is asked for a zone should
    ///   give another name.
    public init?(named name: String, knowsAbbreviations: Bool = false) {
        if ["UTC", "GMT", "Z"].contains(name) {
            self = .utc
            return
        }
        let isOffset = name.first.map { "+-".contains($0) } ?? false
        guard knowsAbbreviations || TimeZone.abbreviationDictionary[name] == nil,
            let zone = TimeZone(identifier: isOffset ? "GMT" + name : name)
        else { return nil }
        var moment = Date(timeIntervalSince1970: 0)
        let end = Date(timeIntervalSince1970: 4_417_977_600)
        var starts: [Int64] = [.min]
        var offsets = [Int32(zone.secondsFromGMT(for: moment))]
        while let change = zone.nextDaylightSavingTimeTransition(after: moment), change < end, change > moment {
            starts.append(Int64(change.timeIntervalSince1970.rounded()))
            offsets.append(Int32(zone.secondsFromGMT(for: change.addingTimeInterval(1))))
            moment = change
        }
        self.init(name: name, starts: starts, offsets: offsets)
    }

    private init(name: String, starts: [Int64], offsets: [Int32]) {
        self.name = name
        self.starts = starts
        self.offsets = offsets
    }

    /// Seconds east of UTC at a moment given in seconds since 1970 UTC.
    public func offset(at seconds: Int64) -> Int64 { period(at: seconds).offset }

    /// The offset at a moment, and the seconds since 1970 UTC in which it holds.
    public func period(at seconds: Int64) -> (offset: Int64, seconds: Range<Int64>) {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= seconds { low = middle } else { high = middle }
        }
        return (Int64(offsets[low]), starts[low]..<(low + 1 < starts.count ? starts[low + 1] : .max))
    }

    /// What a clock on the wall shows at a moment.
    public func civilTime(at moment: Timestamp) -> CivilTime {
        let seconds = moment.seconds
        return CivilTime(secondsSince1970: seconds + offset(at: seconds))
    }

    /// The moment of a wall time. A time that occurs twice is the first of the two; one that a change skips is read with
    /// the offset before the change.
    public func moment(of wall: CivilTime) -> Timestamp {
        let seconds = wall.secondsSince1970
        let before = offset(at: seconds - 86400)
        let candidate = seconds - before
        if offset(at: candidate) == before { return Timestamp(seconds: candidate) }
        let after = offset(at: seconds + 86400)
        if offset(at: seconds - after) == after { return Timestamp(seconds: seconds - after) }
        return Timestamp(seconds: candidate)
    }

    /// The month in which a moment lies.
    public func month(of moment: Timestamp) -> Month { Month(of: civilTime(at: moment)) }

    /// The month that a message belongs to: by what its source's clock showed when the source says so, as the moment is
    /// then an assumption that another import may make differently.
    public func month(of message: Message) -> Month {
        message.wallTime.map { Month(of: $0) } ?? month(of: message.time)
    }
}
