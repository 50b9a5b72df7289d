import ChatModel

/// Turns moments into wall times; messages that follow each other share the zone's offset, so it is looked up seldom.
struct WallClock {
    private let zone: Zone
    private var offset: Int64 = 0
    /// Seconds of UTC in which `offset` holds.
    private var valid: Range<Int64> = 0..<0

    init(_ zone: Zone) { self.zone = zone }

    mutating func civilTime(at moment: Timestamp) -> CivilTime {
        CivilTime(secondsSince1970: wallSeconds(at: moment.seconds))
    }

    /// The seconds that a clock on the wall would count, for seconds since 1970 in UTC.
    mutating func wallSeconds(at seconds: Int64) -> Int64 {
        if !valid.contains(seconds) {
            (offset, valid) = zone.period(at: seconds)
        }
        return seconds + offset
    }

    /// Whether the clock is neither set forward nor back between two moments.
    mutating func isUniform(from start: Timestamp, to end: Timestamp) -> Bool {
        _ = wallSeconds(at: start.seconds)
        return valid.contains(end.seconds)
    }

    /// Appends `2021-09-04_15-03-55` with the given separators; the year has its last four digits.
    static func append(_ time: CivilTime, to bytes: inout [UInt8], separator: UInt8, timeSeparator: UInt8) {
        // Room for all at once: this is done for every message that is listed.
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(separator, count: 19))
        bytes.withUnsafeMutableBufferPointer { bytes in
            func pair(_ value: Int, at place: Int) {
                let value = min(max(value, 0), 99)
                bytes[start + place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10)
                bytes[start + place + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10)
            }
            let year = max(time.year, 0) % 10_000
            pair(year / 100, at: 0)
            pair(year % 100, at: 2)
            pair(time.month, at: 5)
            pair(time.day, at: 8)
            pair(time.hour, at: 11)
            pair(time.minute, at: 14)
            pair(time.second, at: 17)
            bytes[start + 4] = UInt8(ascii: "-")
            bytes[start + 7] = UInt8(ascii: "-")
            bytes[start + 13] = timeSeparator
            bytes[start + 16] = timeSeparator
        }
    }
}

extension Zone {
    /// The last millisecond of a month.
    func end(of month: Month) -> Timestamp {
        let next = CivilTime(year: (month.number + 1) / 12, month: (month.number + 1) % 12 + 1, day: 1)
        guard let next else { return Timestamp.plausible.upperBound }
        return Timestamp(milliseconds: moment(of: next).milliseconds - 1)
    }
}
