/// An instant with the zone offset that it was written with, as Go's `time.Time` in JSON (RFC 3339 with nanoseconds).
///
/// Trees and snapshots keep the text's offset, so that a time that was read is written back byte for byte.
public struct GoTime: Hashable, Sendable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public let seconds: Int64
    /// 0 to 999,999,999.
    public let nanoseconds: Int32
    /// Minutes east of UTC, -1439 to 1439.
    public let offsetMinutes: Int16

    /// The epoch, in UTC.
    public static let epoch = GoTime(seconds: 0)

    /// Makes a time. The year is kept within what the format can write, 0 to 9999; nanoseconds out of range are cut off.
    public init(seconds: Int64, nanoseconds: Int32 = 0, offsetMinutes: Int16 = 0) {
        let offset = max(-1439, min(1439, offsetMinutes))
        let shift = Int64(offset) * 60
        // restic moves only the year; clamping the whole instant is simpler and just as arbitrary.
        self.seconds = max(Self.firstSecond - shift, min(Self.lastSecond - shift, seconds))
        self.nanoseconds = max(0, min(999_999_999, nanoseconds))
        self.offsetMinutes = offset
    }

    /// Reads RFC 3339; nil when the text is not such a time.
    public init?(_ text: UnsafeRawBufferPointer) {
        var scanner = Scanner(text: text)
        guard let year = scanner.number(digits: 4), scanner.take("-"),
            let month = scanner.number(digits: 2), (1...12).contains(month), scanner.take("-"),
            let day = scanner.number(digits: 2), day >= 1, day <= Self.days(inMonth: month, year: year),
            scanner.take("T"),
            let hour = scanner.number(digits: 2), hour < 24, scanner.take(":"),
            let minute = scanner.number(digits: 2), minute < 60, scanner.take(":"),
            let second = scanner.number(digits: 2), second < 60,
            let nanoseconds = scanner.fraction(),
            let offset = scanner.offset(), scanner.isAtEnd
        else { return nil }
        let days = Self.dayNumber(year: year, month: month, day: day)
        let clock = Int64((hour * 60 + minute - offset) * 60 + second)
        self.init(seconds: days * 86400 + clock, nanoseconds: nanoseconds, offsetMinutes: Int16(offset))
    }

    /// Reads RFC 3339; nil when the text is not such a time.
    public init?(_ text: String) {
        var text = text
        guard let time = text.withUTF8({ GoTime(UnsafeRawBufferPointer($0)) }) else { return nil }
        self = time
    }

    /// RFC 3339 with as many fraction digits as needed, `Z` for UTC: Go's RFC3339Nano.
    public var text: String {
        let local = seconds + Int64(offsetMinutes) * 60
        let day = local >= 0 ? local / 86400 : (local - 86399) / 86400
        let clock = Int(local - day * 86400)
        let (year, month, dayOfMonth) = Self.date(ofDay: day)
        var text = Self.padded(year, 4) + "-" + Self.padded(month, 2) + "-" + Self.padded(dayOfMonth, 2)
        text += "T" + Self.padded(clock / 3600, 2) + ":" + Self.padded(clock / 60 % 60, 2)
        text += ":" + Self.padded(clock % 60, 2)
        if nanoseconds > 0 {
            var digits = Self.padded(Int(nanoseconds), 9)
            while digits.hasSuffix("0") { digits.removeLast() }
            text += "." + digits
        }
        guard offsetMinutes != 0 else { return text + "Z" }
        let magnitude = Int(abs(offsetMinutes))
        return text + (offsetMinutes < 0 ? "-" : "+") + Self.padded(magnitude / 60, 2) + ":"
            + Self.padded(magnitude % 60, 2)
    }

    /// Whether both are the same instant, whatever the offset.
    public func isSameInstant(as other: GoTime) -> Bool {
        seconds == other.seconds && nanoseconds == other.nanoseconds
    }

    // MARK: Calendar

    private static let firstSecond: Int64 = -62_167_219_200  // 0000-01-01T00:00:00Z
    private static let lastSecond: Int64 = 253_402_300_799  // 9999-12-31T23:59:59Z

    private static func days(inMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since the epoch in the proleptic Gregorian calendar; the year starts in March so that leap days come last.
    private static func dayNumber(year: Int, month: Int, day: Int) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return Int64(era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468)
    }

    private static func date(ofDay day: Int64) -> (year: Int, month: Int, day: Int) {
        let shifted = Int(day) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    private struct Scanner {
        let text: UnsafeRawBufferPointer
        var position = 0

        var isAtEnd: Bool { position == text.count }

        mutating func take(_ scalar: Unicode.Scalar) -> Bool {
            guard position < text.count, text[position] == UInt8(ascii: scalar) else { return false }
            position += 1
            return true
        }

        mutating func digit() -> Int? {
            guard position < text.count, text[position] &- 0x30 < 10 else { return nil }
            position += 1
            return Int(text[position - 1] - 0x30)
        }

        mutating func number(digits: Int) -> Int? {
            var value = 0
            for _ in 0..<digits {
                guard let digit = digit() else { return nil }
                value = value * 10 + digit
            }
            return value
        }

        /// Nanoseconds; digits after the ninth are cut off, as Go does.
        mutating func fraction() -> Int32? {
            guard take(".") || take(",") else { return 0 }
            guard let first = digit() else { return nil }
            var value = Int32(first)
            var digits = 1
            while let next = digit() {
                if digits < 9 {
                    value = value * 10 + Int32(next)
                    digits += 1
                }
            }
            while digits < 9 {
                value *= 10
                digits += 1
            }
            return value
        }

        /// Minutes east of UTC.
        mutating func offset() -> Int? {
            if take("Z") { return 0 }
            let sign: Int
            if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
            guard let hours = number(digits: 2), hours < 24, take(":"), let minutes = number(digits: 2), minutes < 60
            else { return nil }
            return sign * (hours * 60 + minutes)
        }
    }
}

extension GoTime: Comparable {
    /// Orders by instant; equal instants by offset.
    public static func < (left: GoTime, right: GoTime) -> Bool {
        (left.seconds, left.nanoseconds, left.offsetMinutes) < (right.seconds, right.nanoseconds, right.offsetMinutes)
    }
}
