import ChatHistories
import ChatModel
import Foundation
import SeededRandom
import Testing

@testable import ChatArchive

struct WallClockTests {
    private static let zones = [
        "UTC", "Asia/Shanghai", "America/New_York", "Europe/Dublin", "Asia/Kolkata", "Pacific/Apia", "Asia/Pyongyang",
        "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "America/Caracas", "Antarctica/Troll",
    ]

    @Test(
        "a clock agrees with the system's calendar from 1970 to 2106, also around every change of the zone",
        arguments: zones)
    func calendar(name: String) throws {
        let zone = try #require(Zone(named: name))
        let system = try #require(TimeZone(identifier: name))
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = system
        var clock = WallClock(zone)
        let seed = UInt64.random(in: 1...1 << 60)
        var numbers = SeededGenerator(seed: seed)
        var moments = (0..<2000).map { _ in Int64.random(in: 0..<4_294_967_296, using: &numbers) }
        var change = Date(timeIntervalSince1970: 0)
        while let next = system.nextDaylightSavingTimeTransition(after: change), next.timeIntervalSince1970 < 4.29e9 {
            let seconds = Int64(next.timeIntervalSince1970)
            moments += [seconds - 900, seconds - 1, seconds, seconds + 1, seconds + 899, seconds - 1]
            change = next
        }
        for seconds in moments {
            let found = clock.civilTime(at: Timestamp(seconds: seconds))
            let parts = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second], from: Date(timeIntervalSince1970: Double(seconds)))
            let expected = CivilTime(
                year: parts.year ?? 0, month: parts.month ?? 0, day: parts.day ?? 0, hour: parts.hour ?? 0,
                minute: parts.minute ?? 0, second: parts.second ?? 0)
            guard found != expected else { continue }
            Issue.record("\(name), \(seconds): \(found), not \(String(describing: expected)), seed \(seed)")
            return
        }
    }

    @Test("times are written with a fixed width, and far years do not trap")
    func words() throws {
        let cases: [(Int64, String)] = [
            (0, "1970-01-01_00-00-00"), (1_630_767_835, "2021-09-04_15-03-55"), (4_294_967_295, "2106-02-07_06-28-15"),
            (-62_135_596_800, "0001-01-01_00-00-00"), (-62_135_596_801, "0000-12-31_23-59-59"),
        ]
        for (seconds, expected) in cases {
            var bytes: [UInt8] = []
            WallClock.append(
                CivilTime(secondsSince1970: seconds), to: &bytes, separator: 0x5F, timeSeparator: 0x2D)
            #expect(String(decoding: bytes, as: UTF8.self) == expected)
        }
        for seconds: Int64 in [.min / 1000, -100_000_000_000, 300_000_000_000, .max / 1000] {
            var bytes: [UInt8] = []
            WallClock.append(
                CivilTime(secondsSince1970: seconds), to: &bytes, separator: 0x5F, timeSeparator: 0x2D)
            #expect(bytes.count == 19)
        }
    }

    @Test("a month ends where the next begins")
    func endOfMonth() throws {
        for name in Self.zones {
            let zone = try #require(Zone(named: name))
            for number in stride(from: 1970 * 12, to: 2106 * 12, by: 7) {
                let month = Month(number: number)
                let last = zone.end(of: month)
                #expect(zone.month(of: last) == month, "\(name) \(month)")
                let next = Timestamp(milliseconds: last.milliseconds + 1)
                #expect(zone.month(of: next) == Month(number: number + 1), "\(name) \(month)")
            }
        }
    }
}
