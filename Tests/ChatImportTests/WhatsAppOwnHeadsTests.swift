import ChatModel
import Testing

@testable import ChatImport

/// Which lines that look like heads are the chat's own.
struct WhatsAppOwnHeadsTests {
    /// What is found in a text: the numbers of the lines that begin messages, and how many others look like heads.
    struct Found: Equatable {
        var own: [Int]
        var copied = 0
        var doubtful = 0
    }

    static func find(_ lines: [String]) -> Found {
        var forms = WhatsAppFileForms(latest: CivilTime(secondsSince1970: 1_700_000_000))
        var heads: [(header: WhatsAppHeader, line: Int, offset: Int)] = []
        var offset = 0
        for (index, line) in lines.enumerated() {
            if let header = WhatsAppHeader(line[...]) { heads.append((header, index + 1, offset)) }
            offset += line.utf8.count + 1
        }
        for head in heads { forms.note(head.header) }
        for head in heads { forms.noteAgain(head.header, line: head.line, offset: head.offset) }
        forms.end()
        var reading = WhatsAppOwnHeads.Reading(forms.ownHeads)
        let own = heads.filter { reading.isOwn($0.header.form, line: $0.line) }.map(\.line)
        return Found(own: own, copied: forms.ownHeads.copied.count, doubtful: forms.ownHeads.doubtful.count)
    }

    /// Heads of one form, a minute after the other.
    private static func heads(_ count: Int, _ form: (_ minute: String) -> String) -> [String] {
        (10..<10 + count).map { form("\($0)") }
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let lines: [String]
        let found: Found

        init(_ words: String, _ lines: [String], own: [Int], copied: Int = 0, doubtful: Int = 0) {
            testDescription = words
            self.lines = lines
            found = Found(own: own, copied: copied, doubtful: doubtful)
        }
    }

    private static let cases: [Case] = [
        Case(
            "a line of WhatsApp Web's copy in an Android chat",
            ["27/03/2022, 13:00 - A: look", "[10:00, 26/03/2022] B: I owe you", "27/03/2022, 13:05 - A: ok"],
            own: [1, 3], copied: 1),
        Case(
            "an Android line in an iPhone's chat",
            ["[27/03/2022, 13:00:05] A: look", "26/03/2022, 10:00 - B: x", "[27/03/2022, 13:05:06] A: ok"],
            own: [1, 3], copied: 1),
        Case(
            "an Android phone's copy in an iPhone's chat",
            ["[27/03/22, 13:00:05] A: look", "[26/03/22, 10:00] B: x", "[27/03/22, 13:05:06] A: ok"],
            own: [1, 3], copied: 1),
        Case(
            "appointments in the dots of another calendar, at the chat's end",
            ["27/03/2022, 13:00 - A: plan", "28.03.2022, 10:00 - School: evening", "29.03.2022, 11:00 - B: c"],
            own: [1], doubtful: 2),
        Case(
            "a long list of appointments, with the chat going on before them",
            ["27/03/2022, 13:00 - A: plan"] + (1...8).map { "0\($0).04.2022, 10:00 - School: x" }
                + ["27/03/2022, 13:01 - B: ok"],
            own: [1, 10], copied: 8),
        Case(
            "a span of time in the chat's own form",
            ["27.03.2022, 13:00 - A: plan", "28.03.2022, 10:00 - 12:00: dentist", "28.03.2022, 10:00 - 12:00"],
            own: [1]),
        Case(
            "a long conversation that was copied",
            ["27/03/2022, 13:00 - A: see"] + heads(40) { "[26/03/2022, 09:\($0):00] B: x" }
                + ["27/03/2022, 13:05 - A: ok"],
            own: [1, 42], copied: 40),
        Case(
            "what was copied in two forms",
            [
                "27/03/2022, 13:06 - A: x", "[10:01, 26/03/2022] C: second", "[26/03/22, 10:01:00] C: third",
                "27/03/2022, 13:07 - B: y",
            ], own: [1, 4], copied: 2),
        Case(
            "two exports that were joined",
            heads(8) { "27/03/2022, 13:\($0) - A: x" } + heads(8) { "[28/03/2022, 13:\($0):00] A: x" },
            own: Array(1...16)),
        Case(
            "two that were joined, with what was copied in both",
            heads(6) { "27/03/2022, 13:\($0) - A: x" } + ["[10:01, 26/03/2022] C: copied"]
                + heads(6) { "[28/03/2022, 13:\($0):00] A: x" } + ["25/03/2022, 13:00 - A: copied"]
                + heads(6) { "[29/03/2022, 13:\($0):00] A: x" },
            own: Array(1...6) + Array(8...13) + Array(15...20), copied: 2),
        Case(
            "a chat that goes on in another form for four messages is doubtful",
            heads(4) { "27/03/2022, 13:\($0) - A: x" } + heads(4) { "[28/03/2022, 13:\($0):00] A: x" },
            own: Array(1...4), doubtful: 4),
        Case(
            "a clock of twelve hours mixed with one of 24",
            ["27/03/2022, 13:00 - A: x", "27/03/2022, 1:01 PM - B: x", "27/03/2022, 13:02 - A: x"],
            own: [1, 2, 3]),
        Case(
            "one after the other, for ever",
            (10..<60).flatMap { ["27/03/2022, 13:\($0) - A: x", "[26/03/2022, 13:\($0):00] B: x"] },
            own: Array(stride(from: 1, to: 100, by: 2)), copied: 50),
    ]

    @Test("lines of another form are the chat's own only where it goes on in them", arguments: cases)
    func table(of example: Case) {
        #expect(Self.find(example.lines) == example.found)
    }

    @Test("a text that no message can hold is the chat's own, though its times are earlier")
    func longerThanAMessage() {
        let line = "[26/03/2022, 09:10:00] B: " + String(repeating: "x", count: 1000)
        let long = ["27/03/2022, 13:00 - A: x"] + Array(repeating: line, count: 300)
        #expect(Self.find(long).own.count == 301)
        #expect(Self.find(Array(long.prefix(200))) == Found(own: [1], copied: 199))
    }

    @Test("a file that changes its form again and again keeps few of the changes")
    func manyChanges() {
        let lines = (1...400).flatMap { part in
            (10...14).map { second in
                part % 2 == 0 ? "[27/03/2022, 13:00:\(second)] A: x" : "27/03/2022, 13:00 - A: x"
            }
        }
        let found = Self.find(lines)
        #expect(found.own.count + found.doubtful + found.copied >= 2000)
        #expect(found.doubtful > 0)
    }

    @Test("what was copied into a chat makes nobody, no group, no other dates, and is told")
    func copied() throws {
        let folder = try TemporaryFolder()
        let text = """
            03/02/2022, 10:00 - Ann: one
            04/02/2022, 10:00 - Bob: copied:
            [1/28/22, 10:01:00 AM] Carl: x
            05/02/2022, 10:00 - Ann: three
            05/02/2022, 10:01 - Ann: then
            28.03.2022 10:00 - Dora: y

            """
        let path = try folder.write("WhatsApp Chat with Ann.txt", text)
        let found = try Import(path, .whatsapp)
        #expect(found.messages.map { $0.0.wallTime?.month } == [2, 2, 2, 2])
        #expect(found.messages[1].0.text == "copied:\n[1/28/22, 10:01:00 AM] Carl: x")
        #expect(found.people.values.map(\.name).sorted() == ["Ann", "Bob"])
        #expect(found.conversations.first?.kind == .direct)
        let name = "WhatsApp Chat with Ann.txt"
        #expect(found.notes.contains(.copiedHeads(path: name, count: 1, firstLine: 3)))
        #expect(found.notes.contains(.unknownHeads(path: name, count: 1, firstLine: 6)))
        #expect(found.notes.map(\.tellsOfLoss).filter(\.self).count == 1, "what was copied is not lost")
    }

    @Test("the doubtful and the unknown are told together")
    func joined() {
        let (one, two) = (WhatsAppOwnHeads.Lines(count: 2, first: 7), WhatsAppOwnHeads.Lines(count: 1, first: 3))
        #expect(one.joined(with: two) == .init(count: 3, first: 3))
        #expect(one.joined(with: .init()) == one && WhatsAppOwnHeads.Lines().joined(with: two) == two)
    }
}
