import ChatModel
import Testing

@testable import ChatArchive

struct SnapshotNamesTests {
    private let shanghai = Zone(named: "Asia/Shanghai") ?? .utc
    private let newYork = Zone(named: "America/New_York") ?? .utc

    private func end(_ text: String, in zone: Zone, now: String = "2021-09-05T10:00:00Z") throws -> Timestamp? {
        SnapshotNames.end(of: text, in: zone, now: try #require(Timestamp(rfc3339: now)))
    }

    @Test(
        "a date means its end, in the zone of the names",
        arguments: [
            ("2021-09", "2021-09-30T23:59:59.999+08:00"),
            ("2021-09-04", "2021-09-04T23:59:59.999+08:00"),
            ("2021-09-04T15:03", "2021-09-04T15:03:59.999+08:00"),
            ("2021-09-04 15:03", "2021-09-04T15:03:59.999+08:00"),
            ("2021-09-04_15:03", "2021-09-04T15:03:59.999+08:00"),
            ("2021-09-04_15-03-55", "2021-09-04T15:03:55.999+08:00"),
            ("2021-09-04T15:03:55", "2021-09-04T15:03:55.999+08:00"),
            ("2020-02-29", "2020-02-29T23:59:59.999+08:00"),
            ("2021-12-31", "2021-12-31T23:59:59.999+08:00"),
            ("today", "2021-09-05T23:59:59.999+08:00"),
            ("yesterday", "2021-09-04T23:59:59.999+08:00"),
            ("Yesterday", "2021-09-04T23:59:59.999+08:00"),
            ("now", "2021-09-05T18:00:00+08:00"),
        ])
    func dates(text: String, expected: String) throws {
        #expect(try end(text, in: shanghai) == Timestamp(rfc3339: expected))
    }

    @Test(
        "what is no date means nothing",
        arguments: [
            "", ".", "2021", "2021-13", "2021-9", "0000-12", "2021-13-01", "2021-02-29", "2021-09-31", "2021-09-04T",
            "2021-09-04T15",
            "2021-09-04T25:00", "2021-09-04T15:60", "2021-09-04x15:03", "2021-09-04T15:03:55:01", "2021-9-4",
            "２０２１-09-04", "tomorrow", "-2021-09-04", "2021-09-04T+5:03", "0000-01-01", "latest", "2021-09-04 ",
        ])
    func noDates(text: String) throws {
        #expect(try end(text, in: shanghai) == nil)
    }

    @Test("days of 23 and of 25 hours end where the next begins")
    func changes() throws {
        #expect(try end("2021-03-14", in: newYork) == Timestamp(rfc3339: "2021-03-14T23:59:59.999-04:00"))
        #expect(try end("2021-11-07", in: newYork) == Timestamp(rfc3339: "2021-11-07T23:59:59.999-05:00"))
        #expect(
            try end("yesterday", in: newYork, now: "2021-11-08T04:30:00Z")
                == Timestamp(rfc3339: "2021-11-06T23:59:59.999-04:00"))
    }

    @Test("a snapshot is named by its time in the zone")
    func names() throws {
        let time = try #require(Timestamp(rfc3339: "2021-09-04T15:03:55.999Z"))
        #expect(SnapshotNames.name(of: time, in: .utc) == "2021-09-04_15-03-55")
        #expect(SnapshotNames.name(of: time, in: shanghai) == "2021-09-04_23-03-55")
    }
}
