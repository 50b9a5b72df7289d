import ChatModel
import Glibc
import ResticRepository

/// Dates on the command line and in what is printed.
enum Dates {
    /// The zone of that name; this machine's when none is given.
    static func zone(_ name: String?) throws(CommandError) -> Zone {
        guard let name else {
            guard let zone = Zone.ofMachine else { throw .badZone(Environment.process.all["TZ"] ?? "") }
            return zone
        }
        guard let zone = Zone(named: name) else { throw .badZone(name) }
        return zone
    }

    /// The moment that a wall time means: `2021-09-04 15:00:30`, `2021-09-04T15:00`, `2021-09-04`, or RFC 3339 with its own zone.
    static func moment(_ text: String, in zone: Zone) throws(CommandError) -> Timestamp {
        try range(text, in: zone).lowerBound
    }

    /// The month, day, minute or second that a text names, as a half-open range of moments.
    static func range(_ text: String, in zone: Zone) throws(CommandError) -> Range<Timestamp> {
        if let time = GoTime(text) {
            let start = Timestamp(milliseconds: time.seconds * 1000 + Int64(time.nanoseconds) / 1_000_000)
            return start..<Timestamp(milliseconds: start.milliseconds + 1)
        }
        let now = Timestamp(seconds: Int64(time(nil)))
        let today = zone.civilTime(at: now)
        switch text {
        case "now": return now..<Timestamp(milliseconds: now.milliseconds + 1000)
        case "today": return day(today, 0, zone)
        case "yesterday": return day(today, -1, zone)
        default: break
        }
        if let month = Month(text) {
            guard let first = CivilTime(year: month.number / 12, month: month.number % 12 + 1, day: 1) else {
                throw .badDate(text)
            }
            return days(from: first, CivilTime.days(inMonth: first.month, of: first.year), zone)
        }
        guard let wall = CivilTime(text) else { throw .badDate(text) }
        let colons = text.filter { $0 == ":" }.count
        if colons == 0 {
            guard !text.contains(where: { $0 == "T" || $0 == " " }) else { throw .badDate(text) }
            return day(wall, 0, zone)
        }
        let start = zone.moment(of: wall)
        return start..<Timestamp(seconds: start.seconds + (colons == 1 ? 60 : 1))
    }

    /// `2021-09-04 15:03:55` in a zone.
    static func text(_ time: GoTime, in zone: Zone) -> String { text(Timestamp(seconds: time.seconds), in: zone) }

    /// `2021-09-04 15:03:55` in a zone.
    static func text(_ moment: Timestamp, in zone: Zone) -> String {
        zone.civilTime(at: moment).description.replacing("T", with: " ")
    }

    /// A moment as it is written into a snapshot.
    static func goTime(_ moment: Timestamp, nanoseconds: Int32 = 0, in zone: Zone) -> GoTime {
        let offset = zone.offset(at: moment.seconds)
        return GoTime(seconds: moment.seconds, nanoseconds: nanoseconds, offsetMinutes: Int16(offset / 60))
    }

    private static func day(_ wall: CivilTime, _ shift: Int64, _ zone: Zone) -> Range<Timestamp> {
        let midnight = wall.secondsSince1970 / 86400 * 86400 - (wall.secondsSince1970 % 86400 < 0 ? 86400 : 0)
        return days(from: CivilTime(secondsSince1970: midnight + shift * 86400), 1, zone)
    }

    /// Days from a midnight on; they need not have 24 hours.
    private static func days(from midnight: CivilTime, _ count: Int, _ zone: Zone) -> Range<Timestamp> {
        let end = midnight.secondsSince1970 + Int64(count) * 86400
        return zone.moment(of: midnight)..<zone.moment(of: CivilTime(secondsSince1970: end))
    }
}
