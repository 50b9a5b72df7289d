import ChatHistories
import ChatModel
import SeededRandom
import Testing

@testable import ChatArchive

struct SegmentTests {
    private let text = Array(
        """
        {"conversation":{"id":"c"}}
        {"time":1630767835250,"id":"17","from":"p1","text":"line\\nbreak \\u4f60 \\u0000","src":[0]}
        {"time":1630767836000,"from":"p2","kind":"image","attachments":[{"name":"a.jpg","sha256":"\(String(repeating: "0f", count: 32))","size":7}],"src":[0]}
        {"time":1630767837000,"from":"p1","kind":"poll","raw":{"question":"when?"},"gone":1630800000000}
        {"time":1630767838000,"kind":"no such kind"}
        {"time":1630767839000,"attachments":[{"missing":"lost"}],"raw":[1],"edited":1}

        """.utf8)

    private func shown(_ segment: Segment, _ line: Segment.Line) -> String {
        String(decoding: segment.slice(line.text), as: UTF8.self)
    }

    @Test("a segment's messages are decoded; what has no text says what it is")
    func decoding() throws {
        let segment = try Segment(parsing: text, name: "x")
        #expect(segment.lines.count == 5)
        #expect(
            segment.lines.map { shown(segment, $0) } == [
                "line\nbreak 你 \u{0}\n", "\n", "[poll] {\"question\":\"when?\"}\n", "[unknown]\n", "\n",
            ])
        #expect(segment.lines.map(\.hasTextFile) == [true, false, true, true, false])
        #expect(
            segment.lines.map(\.time.milliseconds) == [
                1_630_767_835_250, 1_630_767_836_000, 1_630_767_837_000, 1_630_767_838_000, 1_630_767_839_000,
            ])
        #expect(
            segment.lines.map { $0.sender < 0 ? nil : segment.senders[Int($0.sender)].text } == [
                "p1", "p2", "p1", nil, nil,
            ])
        #expect(segment.lines.map { String(decoding: segment.slice($0.id), as: UTF8.self) } == ["17", "", "", "", ""])
        #expect(segment.lines.map(\.gone?.milliseconds) == [nil, nil, 1_630_800_000_000, nil, nil])
        #expect(segment.attachments.count == 2)
        #expect(segment.lines.map { segment.mark(of: $0)?.edited?.milliseconds } == [nil, nil, nil, nil, 1])
    }

    @Test("what was forwarded, answers another or was edited says so, and the messages of one millisecond are counted")
    func marks() throws {
        let segment = try Segment(
            parsing: Array(
                """
                {"time":1000,"text":"a","forward":"Bob","src":[0]}
                {"time":1000,"text":"b","reply":"17","edited":5000,"src":[0]}
                {"time":1000,"text":"c","src":[0]}
                {"time":1001,"forward":"","text":"d"}

                """.utf8), name: "x")
        let marks = segment.lines.map { segment.mark(of: $0) }
        func text(_ range: Range<UInt32>?) -> String? {
            range.map { String(decoding: segment.slice($0), as: UTF8.self) }
        }
        #expect(marks.map { text($0?.forwardedFrom) } == ["Bob", nil, nil, ""])
        #expect(marks.map { text($0?.replyTo) } == [nil, "17", nil, nil])
        #expect(marks.map { $0?.edited?.milliseconds } == [nil, 5000, nil, nil])
        #expect(segment.marks.count == 3)
        #expect(segment.lines.map(\.tie) == [0, 1, 2, 0])
        #expect(segment.lines.map { shown(segment, $0) } == ["a\n", "b\n", "c\n", "d\n"])
    }

    @Test("many senders are told apart, and each is listed once")
    func senders() throws {
        let names = (0..<30).map { "p\($0 * 7 % 30)" }
        let messages = (0..<300).map { number in
            Message(
                time: Timestamp(milliseconds: 1_630_767_835_250 + Int64(number)),
                sender: PersonID(names[number * 11 % 30]), text: "x")
        }
        let segment = try Sample.segment(messages)
        #expect(segment.lines.map { segment.senders[Int($0.sender)] } == messages.map(\.sender))
        #expect(segment.senders.count == 30)
    }

    @Test("it says the same as the message lines of the archive's reader")
    func agreement() throws {
        let seed = UInt64.random(in: 1...1 << 60)
        var numbers = SeededGenerator(seed: seed)
        for _ in 0..<30 {
            let rows = History.random(using: &numbers).backups.flatMap(\.rows)
            let segment = try Sample.segment(rows.map(\.message))
            #expect(segment.lines.count == rows.count)
            for (line, row) in zip(segment.lines, rows) {
                let message = row.message
                #expect(line.time == message.time && line.kind == message.kind, "seed \(seed)")
                #expect((line.sender < 0 ? nil : segment.senders[Int(line.sender)]) == message.sender, "seed \(seed)")
                #expect(
                    Array(segment.attachments[Int(line.attachments.lowerBound)..<Int(line.attachments.upperBound)])
                        == message.attachments, "seed \(seed)")
                if !message.text.isEmpty {
                    #expect(Array(segment.slice(line.text)) == Array(message.text.utf8) + [0x0A], "seed \(seed)")
                }
                #expect(Array(segment.slice(line.id)) == Array((message.id?.text ?? "").utf8), "seed \(seed)")
            }
        }
    }

    @Test("a segment that ends early, or with a bit turned, is refused or read, and never traps")
    func damage() {
        for count in 0..<text.count { _ = try? Segment(parsing: Array(text[..<count]), name: "x") }
        for index in text.indices {
            for bit in 0..<8 {
                var damaged = text
                damaged[index] ^= 1 << bit
                guard let segment = try? Segment(parsing: damaged, name: "x") else { continue }
                let listing = MonthListing(
                    of: Month(number: 2021 * 12 + 8), in: .utc, from: [(0, segment)], mediaOnly: false,
                    name: { Array($0.text.utf8) })
                #expect(listing.entries.count <= 7)
                var transcript = Transcript(of: Month(number: 2021 * 12 + 8), in: .utc)
                transcript.add([segment], \.text)
            }
        }
    }

    @Test("an error names the line")
    func errors() {
        let damaged = text + Array("{\"time\":}".utf8)
        #expect {
            try Segment(parsing: damaged, name: "2021-09.jsonl")
        } throws: { error in
            guard case ArchiveError.damagedFile("2021-09.jsonl", line: 7, _) = error else { return false }
            return true
        }
    }

    @Test(
        "times that no clock shows are moved to the nearest that one does",
        arguments: [Int64.min, -1 << 50, 1 << 50, .max])
    func farTimes(milliseconds: Int64) throws {
        let line = Array("{\"time\":\(milliseconds),\"gone\":\(milliseconds),\"text\":\"x\"}\n".utf8)
        let segment = try Segment(parsing: line, name: "x")
        let time = try #require(segment.lines.first).time
        #expect(Timestamp.plausible.contains(time))
        for name in ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"] {
            let zone = try #require(Zone(named: name))
            let month = zone.month(of: time)
            let listing = MonthListing(of: month, in: zone, from: [(0, segment)], mediaOnly: false, name: { _ in [] })
            #expect(listing.entries.count == 1)
            var transcript = Transcript(of: month, in: zone)
            transcript.add([segment], \.text)
            #expect(!transcript.rendered.bytes.isEmpty)
            #expect(InodeLayout.place(InodeLayout.number(.month(snapshot: 0, .media, conversation: 0, month))) != nil)
        }
    }
}
