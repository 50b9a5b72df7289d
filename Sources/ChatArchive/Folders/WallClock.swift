import ChatModel

/// Turns moments into wall times; messages that follow each other share the zone's offset, so it is looked up seldom.
struct WallClock {
    private let zone: Zone
    private var offset: Int64 = 0
    /// Seconds of UTC in which `offset` holds.
    private var valid: Range<Int64> = 0..<0

    init(_ zone: Zone) { self.zone = zone }

    mutating func civilTime(at moment: Timestamp) -> CivilTime {
        let seconds = moment.seconds
        if !valid.contains(seconds) {
            offset = zone.offset(at: seconds)
            // Zones change at most a few times a year: within a quarter of an hour of both ends the offset is the same.
            let quarter = seconds - (seconds % 900 + 900) % 900
            valid =
                zone.offset(at: quarter) == offset && zone.offset(at: quarter + 899) == offset
                ? quarter..<quarter + 900 : seconds..<seconds + 1
        }
        return CivilTime(secondsSince1970: seconds + offset)
    }

    /// Appends `2021-09-04_15-03-55` with the given separators; the year has its last four digits.
    static func append(_ time: CivilTime, to bytes: inout [UInt8], separator: UInt8, timeSeparator: UInt8) {
        func digits(_ value: Int, _ count: Int) {
            var scale = 1
            for _ in 1..<count { scale *= 10 }
            let value = max(value, 0)
            while scale > 0 {
                bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / scale % 10))
                scale /= 10
            }
        }
        digits(time.year, 4)
        bytes.append(UInt8(ascii: "-"))
        digits(time.month, 2)
        bytes.append(UInt8(ascii: "-"))
        digits(time.day, 2)
        bytes.append(separator)
        digits(time.hour, 2)
        bytes.append(timeSeparator)
        digits(time.minute, 2)
        bytes.append(timeSeparator)
        digits(time.second, 2)
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
