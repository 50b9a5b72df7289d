import ChatImport
import ChatModel
import Foundation
import Testing

/// Dates whose year has two digits.
struct WhatsAppDateOrderTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The dates that lines are read as, when their file was written at a date.
    private func read(_ lines: [String], written: String = "2022-04-05T00:00:00Z", now: String? = nil) throws -> (
        dates: [String], notes: [ImportNote]
    ) {
        let text = lines.map { $0 + " - A: x\n" }.joined()
        let path = try folder.write("WhatsApp Chat - A.txt", text)
        let moment = try #require(Timestamp(rfc3339: written))
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: Double(moment.seconds))], ofItemAtPath: path)
        var dates: [String] = []
        var notes: [ImportNote] = []
        let present = try now.map { try #require(Timestamp(rfc3339: $0)) }
        try readSource(at: path, as: [.whatsapp], options: ImportOptions(assumedZone: .utc, now: present)) { event in
            if case .message(let message, _) = event {
                dates.append(message.wallTime.map { String($0.description.prefix(10)) } ?? "")
            }
            if case .note(let note) = event { notes.append(note) }
        }
        return (dates, notes)
    }

    @Test(
        "a year of two digits is found where it stands",
        arguments: [
            // Chinese on phones of 2017, Japanese, Korean.
            (["17/8/31 下午5:30", "17/9/1 下午5:30"], ["2017-08-31", "2017-09-01"]),
            (["22/3/4 午後5:30"], ["2022-03-04"]),
            (["22. 3. 4. 오전 9:41"], ["2022-03-04"]),
            // Basque and Nepali have no words that tell.
            (["17-08-31 17:30", "17-09-01 17:30"], ["2017-08-31", "2017-09-01"]),
            (["22/3/27, 10:00", "22/3/28, 10:00"], ["2022-03-27", "2022-03-28"]),
            (["21/1/2, 10:00", "21/2/1, 10:00", "22/1/1, 10:00"], ["2021-01-02", "2021-02-01", "2022-01-01"]),
            // Singapore writes Chinese and puts the day first.
            (["31/08/17 下午5:30", "01/09/17 下午5:30"], ["2017-08-31", "2017-09-01"]),
            (["05/08/17 下午5:30"], ["2017-08-05"]),
            (["31/8/2017 下午5:30", "1/9/2017 下午5:30"], ["2017-08-31", "2017-09-01"]),
            // The day first, with a message that came late.
            (["27/03/22, 10:00"], ["2022-03-27"]),
            (["05/03/22, 10:00", "06/03/22, 10:00"], ["2022-03-05", "2022-03-06"]),
            (["01/04/22, 10:00", "31/03/22, 10:00", "02/04/22, 10:00"], ["2022-04-01", "2022-03-31", "2022-04-02"]),
            // The month first.
            (["11/5/21, 10:00", "11/6/21, 10:00", "12/1/21, 10:00"], ["2021-11-05", "2021-11-06", "2021-12-01"]),
        ])
    func order(lines: [String], dates: [String]) throws {
        let found = try read(lines)
        #expect(found.dates == dates)
        #expect(!found.notes.contains { if case .futureDates = $0 { true } else { false } })
    }

    @Test("messages that are dated later than their file are told of")
    func future() throws {
        let lines = ["27/03/2022, 10:00", "06/04/2022, 00:00", "06/04/2022, 00:01", "01/01/2030, 10:00"]
        let note = ImportNote.futureDates(path: "WhatsApp Chat - A.txt", count: 2, firstLine: 3)
        #expect(try read(lines).notes.contains(note))
        #expect(note.isWarning && !note.tellsOfLoss)
        // A file without a time of its own counts as written now.
        let other = try read(lines, written: "1980-01-01T00:00:00Z", now: "2022-04-06T12:00:00Z").notes
        #expect(other.contains(.futureDates(path: "WhatsApp Chat - A.txt", count: 1, firstLine: 4)))
    }
}
