import ChatModel
import Foundation
import SeededRandom
import Testing

struct CivilTimeTests {
    @Test func `wall times agree with the system's calendar in many zones`() throws {
        var random = SeededGenerator.printed("wall times")
        let names = [
            "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
            "Africa/Cairo",
        ]
        for name in names {
            let zone = try #require(Zone(named: name))
            var calendar = Calendar(identifier: .gregorian)
            calendar.timeZone = try #require(TimeZone(identifier: name))
            for _ in 0..<1500 {
                let seconds = Int64.random(in: 0..<4_291_747_200, using: &random)
                let date = Date(timeIntervalSince1970: TimeInterval(seconds))
                let fields = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
                let wall = zone.civilTime(at: Timestamp(seconds: seconds))
                let expected = CivilTime(
                    year: fields.year ?? 0, month: fields.month ?? 0, day: fields.day ?? 0, hour: fields.hour ?? 0,
                    minute: fields.minute ?? 0, second: fields.second ?? 0)
                #expect(wall == expected, "\(name) \(seconds)")
                #expect(zone.month(of: Timestamp(seconds: seconds)) == expected.map { Month(of: $0) })
            }
        }
    }

    @Test func `a wall time that occurs once leads back to its moment`() throws {
        var random = SeededGenerator.printed("moments")
        for name in ["Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "UTC"] {
            let zone = try #require(Zone(named: name))
            for _ in 0..<2000 {
                let moment = Timestamp(seconds: Int64.random(in: 0..<4_291_747_200, using: &random))
                let again = zone.moment(of: zone.civilTime(at: moment))
                // An hour before the clock goes back the same wall time comes again: the first of the two is taken.
                let isSame = again == moment
                let isRepeated = zone.civilTime(at: again) == zone.civilTime(at: moment) && again < moment
                #expect(isSame || isRepeated, "\(name) \(moment.seconds)")
            }
        }
    }

    @Test func `days are counted like a calendar counts them, before 1970 too`() {
        var random = SeededGenerator.printed("days")
        for _ in 0..<5000 {
            let seconds = Int64.random(in: -62_135_596_800...253_402_300_799, using: &random)
            let wall = CivilTime(secondsSince1970: seconds)
            #expect(wall.secondsSince1970 == seconds)
            #expect(CivilTime(wall.description) == wall)
        }
    }

    @Test(arguments: [
        "2021-02-29", "2021-13-01", "2021-00-10", "2021-09-04T24:00", "2021-09-04T15:60", "2021-09", "", "T", "a-b-c",
        "2021-09-04T",
    ])
    func `what is no date is refused`(text: String) {
        #expect(CivilTime(text) == nil)
    }

    @Test func `the ends of the number range do not trap`() {
        for milliseconds in [Int64.min, .max, -1, 0] {
            _ = Timestamp(milliseconds: milliseconds).seconds
            _ = Timestamp(seconds: milliseconds)
            _ = CivilTime(secondsSince1970: milliseconds / 1000)
        }
        #expect(Timestamp(milliseconds: -1).seconds == -1)
        #expect(Timestamp(milliseconds: -1000).seconds == -1)
    }

    @Test func `RFC 3339 is read with offsets and fractions`() {
        #expect(Timestamp(rfc3339: "2021-09-04T15:03:55+08:00")?.milliseconds == 1_630_739_035_000)
        #expect(Timestamp(rfc3339: "2021-09-04T07:03:55.25Z")?.milliseconds == 1_630_739_035_250)
        #expect(Timestamp(rfc3339: "2021-09-04T07:03:55") == nil)
        #expect(Timestamp(rfc3339: "2021-09-04T07:03:55+25:00") == nil)
    }

    @Test func `months are written as they are read`() {
        #expect(Month("2021-09")?.description == "2021-09")
        #expect(Month("2021-13") == nil)
        #expect(Month("21-09") == nil)
    }
}
