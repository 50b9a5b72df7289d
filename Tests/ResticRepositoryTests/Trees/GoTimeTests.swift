import SeededRandom
import Testing

@testable import ResticRepository

struct GoTimeTests {
    @Test(arguments: [
        "2021-09-04T15:03:55Z", "2021-09-04T15:03:55.8Z", "2021-09-04T15:03:55.00000001+08:00",
        "1969-12-31T23:59:59.999999999-03:30", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.5Z",
        "2000-02-29T00:00:00+14:00",
        "0001-01-01T00:00:00Z",
    ])
    func `a time is written as it was read`(text: String) throws {
        #expect(try #require(GoTime(text)).text == text)
    }

    @Test func `the offset does not change the instant`() throws {
        let local = try #require(GoTime("2021-09-04T15:03:55.5+08:00"))
        #expect(local.seconds == 1_630_739_035)
        #expect(local.nanoseconds == 500_000_000)
        #expect(local.isSameInstant(as: GoTime(seconds: 1_630_739_035, nanoseconds: 500_000_000)))
    }

    @Test(arguments: [
        "", "2021-09-04", "2021-9-04T15:03:55Z", "2021-13-04T15:03:55Z", "2021-02-29T15:03:55Z", "2021-09-04T24:03:55Z",
        "2021-09-04T15:03:55", "2021-09-04T15:03:55.Z", "2021-09-04T15:03:55+0800", "2021-09-04T15:03:55Zx",
        "2021-09-04 15:03:55Z", "٢٠٢١-09-04T15:03:55Z", "2021-00-04T15:03:55Z", "2021-09-00T15:03:55Z",
    ])
    func `what is no time is refused`(text: String) {
        #expect(GoTime(text) == nil)
    }

    @Test func `years outside of the format are moved into it`() {
        #expect(GoTime(seconds: .max).text == "9999-12-31T23:59:59Z")
        #expect(GoTime(seconds: .min, offsetMinutes: 60).text == "0000-01-01T00:00:00+01:00")
    }

    @Test func `any time is read back`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let time = GoTime(
                seconds: .random(in: -62_167_000_000...253_402_000_000, using: &generator),
                nanoseconds: .random(in: 0...999_999_999, using: &generator),
                offsetMinutes: .random(in: -1439...1439, using: &generator))
            #expect(GoTime(time.text) == time)
        }
    }
}
