public import ChatModel

/// The names of snapshots in a mount, and what a typed date means.
public enum SnapshotNames {
    /// `2021-09-04_15-03-55` in a zone.
    static func name(of time: Timestamp, in zone: Zone) -> String {
        var bytes: [UInt8] = []
        WallClock.append(
            zone.civilTime(at: time), to: &bytes, separator: UInt8(ascii: "_"), timeSeparator: UInt8(ascii: "-"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The last moment that a date means: the end of the month, the day, the minute or the second.
    ///
    /// Takes `2021-09`, `2021-09-04`, `2021-09-04T15:03`, also with a space or `_` and `-` for `:`, with seconds; `today`, `yesterday`, `now`.
    public static func end(of text: String, in zone: Zone, now: Timestamp) -> Timestamp? {
        let today = zone.civilTime(at: now)
        switch text.lowercased() {
        case "now": return now
        case "today": return endOfDay(today, in: zone)
        case "yesterday": return endOfDay(CivilTime(secondsSince1970: today.secondsSince1970 - 86_400), in: zone)
        default: break
        }
        if let month = Month(text), month.number >= 12 { return zone.end(of: month) }
        guard text.utf8.count >= 10, text.utf8.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "+") }) else { return nil }
        let date = text.prefix(10)
        let clock = text.dropFirst(10)
        guard !clock.isEmpty else { return CivilTime(date).flatMap { endOfDay($0, in: zone) } }
        guard let separator = clock.first, separator == "T" || separator == " " || separator == "_" else { return nil }
        let fields = clock.dropFirst().split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "-" }
        guard (2...3).contains(fields.count), fields.allSatisfy({ $0.count == 2 }),
            let time = CivilTime("\(date)T\(fields.joined(separator: ":"))")
        else { return nil }
        let span: Int64 = fields.count == 2 ? 60_000 : 1000
        return Timestamp(milliseconds: zone.moment(of: time).milliseconds + span - 1)
    }

    /// A day may have 23 or 25 hours; it ends where the next begins.
    private static func endOfDay(_ time: CivilTime, in zone: Zone) -> Timestamp? {
        guard let day = CivilTime(year: time.year, month: time.month, day: time.day) else { return nil }
        let next = CivilTime(secondsSince1970: day.secondsSince1970 + 86_400)
        return Timestamp(milliseconds: zone.moment(of: next).milliseconds - 1)
    }
}
