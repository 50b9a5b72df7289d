import ChatModel
import Testing

@testable import ChatArchive

private typealias Attachment = ChatModel.Attachment

struct TranscriptTests {
    private func line(
        _ text: String = "", by sender: String? = "张伟", kind: Message.Kind = .text, _ attachments: [Attachment] = [],
        gone: String? = nil
    ) -> MessageLine {
        MessageLine(
            Message(
                time: Sample.moment, sender: sender.map { PersonID($0) }, kind: kind, text: text,
                attachments: attachments),
            gone: gone.flatMap { Timestamp(rfc3339: $0) })
    }

    @Test("a month reads as people write down a conversation")
    func words() throws {
        let text = try Sample.transcript([
            line("hello"), line("two\nlines\n\nand more"), line(kind: .image, [Sample.stored("")]),
            line(
                "its caption", kind: .image,
                [Sample.stored("a.jpg", size: 999), Sample.stored("b.jpg", size: 1_234_567)]),
            line(
                kind: .file,
                [Attachment(name: "合同.pdf", content: .missing(reason: "the export does not contain the file"))]),
            line("deleted later", gone: "2021-09-05T08:00:59Z"), line("Anna joined", by: nil, kind: .system), line(),
        ])
        #expect(
            text == """
                [2021-09-04 15:03:55] 张伟: hello
                [2021-09-04 15:03:55] 张伟: two
                  lines
                \("  ")
                  and more
                [2021-09-04 15:03:55] 张伟: <image: 12,345 bytes>
                [2021-09-04 15:03:55] 张伟: <image: a.jpg, 999 bytes> <image: b.jpg, 1,234,567 bytes> its caption
                [2021-09-04 15:03:55] 张伟: <file: 合同.pdf, missing: the export does not contain the file>
                [2021-09-04 15:03:55] 张伟: deleted later (no longer at the source; last seen 2021-09-05 08:00)
                [2021-09-04 15:03:55] Anna joined
                [2021-09-04 15:03:55] 张伟:\(" ")

                """)
    }

    @Test("a name with line breaks does not look like another message")
    func lineBreaks() throws {
        let text = try Sample.transcript([
            line("x", by: "a\n[2021-09-04 15:03:55] b"), line(kind: .file, [Sample.stored("x\ny")]),
        ])
        #expect(text.split(separator: "\n").count == 2)
    }

    @Test(
        "no character of a text that ends a line begins another message",
        arguments: ["\n", "\r", "\r\n", "\u{B}", "\u{C}", "\u{85}", "\u{2028}", "\u{2029}"])
    func forgery(end: String) throws {
        let text = try Sample.transcript([line("x\(end)[2021-09-04 15:03:55] 我: I agree\(end)y", by: "E")])
        #expect(text == "[2021-09-04 15:03:55] E: x\(end)  [2021-09-04 15:03:55] 我: I agree\(end)  y\n")
        let near = try Sample.transcript([line("a\u{82}b\u{2027}c\u{202A}d", by: "E")])
        #expect(near == "[2021-09-04 15:03:55] E: a\u{82}b\u{2027}c\u{202A}d\n")
    }

    @Test("what was forwarded, answers another message or was edited is marked before its words")
    func marks() throws {
        func message(_ id: String, _ change: (inout Message) -> Void) -> MessageLine {
            var message = Message(id: MessageID(id), time: Sample.moment, sender: PersonID("E"), text: "words")
            change(&message)
            return MessageLine(message)
        }
        let edited = Timestamp(rfc3339: "2021-09-05T08:00:59Z")
        let text = try Sample.transcript([
            message("1") { $0.forwardedFrom = "Bob\n[x" }, message("2") { $0.replyTo = MessageID("1") },
            message("3") { ($0.forwardedFrom, $0.edited) = ("", edited) },
            message("4") { ($0.replyTo, $0.sender) = (MessageID("99"), nil) },
        ])
        #expect(
            text == """
                [2021-09-04 15:03:55] E (forwarded from Bob [x): words
                [2021-09-04 15:03:55] E (reply to 2021-09-04 15:03:55): words
                [2021-09-04 15:03:55] E (forwarded; edited 2021-09-05 08:00): words
                [2021-09-04 15:03:55] (reply to message 99) words

                """)
    }

    @Test("an earlier wording is not taken for a deleted message, and the later one is marked as edited")
    func wordings() throws {
        func line(_ id: String, _ text: String, gone: String? = nil, kind: Message.Kind = .text) -> MessageLine {
            MessageLine(
                Message(id: MessageID(id), time: Sample.moment, sender: PersonID("E"), kind: kind, text: text),
                gone: gone.flatMap { Timestamp(rfc3339: $0) })
        }
        let lines = [
            line("1", "first", gone: "2021-09-05T08:00:00Z"), line("1", "second", gone: "2021-09-06T08:00:00Z"),
            line("1", "third"), line("11", "other"), line("2", "deleted", gone: "2021-09-05T08:00:00Z"),
            line("3", "edited", gone: "2021-09-05T08:00:00Z"), line("3", "then deleted", gone: "2021-09-07T08:00:00Z"),
            line("4", "recalled", gone: "2021-09-05T08:00:00Z"), line("4", "", kind: .deleted),
            line("5", "of one", gone: "2021-09-05T08:00:00Z"), line("5", "of two", gone: "2021-09-05T08:00:00Z"),
        ]
        let start = "[2021-09-04 15:03:55] E"
        #expect(
            try Sample.transcript(lines) == """
                \(start): first (earlier wording; last seen 2021-09-05 08:00)
                \(start) (edited): second (earlier wording; last seen 2021-09-06 08:00)
                \(start) (edited): third
                \(start): other
                \(start): deleted (no longer at the source; last seen 2021-09-05 08:00)
                \(start): edited (earlier wording; last seen 2021-09-05 08:00)
                \(start) (edited): then deleted (no longer at the source; last seen 2021-09-07 08:00)
                \(start): recalled (no longer at the source; last seen 2021-09-05 08:00)
                \(start): [deleted]
                \(start): of one (no longer at the source; last seen 2021-09-05 08:00)
                \(start): of two (no longer at the source; last seen 2021-09-05 08:00)

                """)
        var transcript = Transcript(of: Zone.utc.month(of: Sample.moment), in: .utc)
        transcript.add([try Sample.segment(lines)], \.text)
        #expect(transcript.rendered.counts == .init(messages: 11, gone: 5, earlier: 3))
    }

    @Test("a choice of moments has only their messages, and counts them")
    func choice() throws {
        let lines = [
            line("before"),
            line(
                by: "李雷", kind: .file, [Attachment(name: "a", content: .missing(reason: "lost"))],
                gone: "2021-09-05T08:00:00Z"),
        ].enumerated().map { index, line in
            var line = line
            line.message.time = Timestamp(milliseconds: Sample.moment.milliseconds + Int64(index))
            return line
        }
        var transcript = Transcript(of: Zone.utc.month(of: Sample.moment), in: .utc)
        transcript.add(
            [try Sample.segment(lines)],
            within: lines[1].message.time..<Timestamp(milliseconds: .max), \.text)
        #expect(transcript.rendered.counts == .init(messages: 1, gone: 1, missing: 1))
        #expect(transcript.rendered.senders == [PersonID("李雷")], "who sent something before is no sender of it")
        #expect(!String(decoding: transcript.rendered.bytes, as: UTF8.self).contains("before"))
    }

    @Test("a transcript is of its newest message")
    func newest() throws {
        var transcript = Transcript(of: Zone.utc.month(of: Sample.moment), in: .utc)
        let times = [5000, 9000, 2_678_400_000].map { Timestamp(milliseconds: Sample.moment.milliseconds + $0) }
        transcript.add([try Sample.segment(times.map { Message(time: $0, text: "x") })], \.text)
        #expect(transcript.rendered.newest == times[1])
    }
}

struct ContactCardTests {
    private func card(_ record: PersonRecord) -> String { String(decoding: ContactCard.render(record), as: UTF8.self) }

    @Test("a person is a vCard 4.0")
    func card() {
        let person = Person(
            id: PersonID("telegram:user1"), name: "张伟", phones: ["+86 138", "1;2"], handles: ["zhang,wei\\"])
        #expect(
            card(PersonRecord(person, earlierNames: ["小张", "a,b\nc"]))
                == """
                BEGIN:VCARD\r
                VERSION:4.0\r
                UID:urn:chatark:telegram:user1\r
                FN:张伟\r
                NICKNAME:小张,a\\,b\\nc\r
                TEL;VALUE=text:+86 138\r
                TEL;VALUE=text:1\\;2\r
                X-CHAT-HANDLE:zhang\\,wei\\\\\r
                END:VCARD\r

                """)
        #expect(card(PersonRecord(Person(id: PersonID("p\u{0}1"), name: ""))).contains("\r\nFN:p1\r\n"))
    }

    @Test("a group is a vCard of its kind, with its members and what they are called there")
    func group() {
        let group = Person(
            id: PersonID("wechat:1@chatroom"), name: "午饭",
            membership: Membership(
                owner: PersonID("wechat:a"),
                members: [.init(PersonID("wechat:a")), .init(PersonID("wechat:b"), name: "\"班长\"\n")],
                announcement: "周五, 老地方"))
        #expect(
            card(PersonRecord(group))
                == """
                BEGIN:VCARD\r
                VERSION:4.0\r
                UID:urn:chatark:wechat:1@chatroom\r
                FN:午饭\r
                KIND:group\r
                X-CHAT-OWNER:urn:chatark:wechat:a\r
                NOTE:周五\\, 老地方\r
                MEMBER:urn:chatark:wechat:a\r
                MEMBER;X-NAME="班长":urn:chatark:wechat:b\r
                END:VCARD\r

                """)
    }

    @Test("long lines are folded at 75 bytes between characters, and unfold to what they were")
    func folding() {
        for name in [
            String(repeating: "长", count: 100), String(repeating: "x", count: 75 - 3),
            String(repeating: "🙂x", count: 60),
        ] {
            let text = card(PersonRecord(Person(id: PersonID("p"), name: name)))
            for line in text.components(separatedBy: "\r\n") { #expect(line.utf8.count <= 75) }
            #expect(text.replacing("\r\n ", with: "").contains("FN:\(name)\r\n"))
        }
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [Substring] { split(separator: separator) }
}
