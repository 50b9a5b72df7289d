import ChatModel
import Foundation
import Testing

@testable import ChatModel

@Suite struct ZoneNamesTests {
    private static let moment: Int64 = 1_700_000_000

    /// What `date` makes of a value of TZ: seconds east.
    private func offset(byDate variable: String) throws -> Int64 {
        let date = Process()
        date.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        date.arguments = ["TZ=" + variable, "date", "-d", "@\(Self.moment)", "+%z"]
        let pipe = Pipe()
        date.standardOutput = pipe
        try date.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        date.waitUntilExit()
        let number = try #require(Int64(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        return number / 100 * 3600 + number % 100 * 60
    }

    @Test(arguments: [
        "Asia/Shanghai", ":Asia/Shanghai", "posix/Asia/Shanghai", "/usr/share/zoneinfo/Asia/Shanghai",
        ":/usr/share/zoneinfo/America/New_York", "CST-8", "CST+6", "UTC+8", "GMT-3", "<+08>-8", "IST-5:30", "NZST-12",
        "EST5EDT", "Etc/GMT-8", "UTC", "UTC0",
    ])
    func `TZ means what it means to date`(variable: String) throws {
        let zone = try #require(Zone(variable: variable))
        #expect(try zone.offset(at: Self.moment) == offset(byDate: variable))
    }

    @Test(arguments: ["EST5EDT,M3.2.0,M11.1.0", "Mars/Olympus", "/etc/passwd", ":", "CST-15", "8"])
    func `TZ that cannot be known is none, not another zone`(variable: String) {
        #expect(Zone(variable: variable) == nil)
    }

    @Test(arguments: [("+08:00", 28800), ("-03:30", -12600), ("GMT+8", 28800), ("PRC", 28800), ("Z", 0), ("GMT", 0)])
    func `an offset is a zone`(name: String, seconds: Int64) throws {
        #expect(try #require(Zone(named: name)).offset(at: Self.moment) == seconds)
    }

    @Test(arguments: ["CST", "BST", "IST", "EST", "+", "+99:00", "", "+8x"])
    func `an abbreviation is no zone`(name: String) {
        #expect(Zone(named: name) == nil)
    }
}
