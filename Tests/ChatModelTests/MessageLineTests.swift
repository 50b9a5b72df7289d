import ChatModel
import JSON
import SeededRandom
import Testing

private typealias Attachment = ChatModel.Attachment

struct MessageLineTests {
    @Test func `a line is read as it was written`() throws {
        var random = SeededGenerator.printed("lines")
        for _ in 0..<3000 {
            let line = InterchangeLine.message(Self.randomLine(&random))
            var writer = JSONWriter()
            line.encode(into: &writer)
            #expect(!writer.bytes.dropLast().contains(0x0A))
            #expect(try Self.read(writer.bytes) == line)
        }
    }

    @Test func `declarations are read as they were written`() throws {
        var random = SeededGenerator.printed("declarations")
        for _ in 0..<1000 {
            let person = Person(
                id: PersonID("p" + random.text()), name: random.text(), isSelf: Bool.random(using: &random),
                phones: [random.text()], handles: [random.text(), random.text()],
                membership: Bool.random(using: &random)
                    ? nil
                    : Membership(
                        owner: PersonID("o" + random.text()),
                        members: [.init(PersonID("m" + random.text()), name: random.text())],
                        announcement: random.text()))
            let conversation = Conversation(
                id: ConversationID("c" + random.text()), title: random.text(),
                kind: Conversation.Kind.allCases.randomElement(using: &random) ?? .direct, app: random.text(),
                members: [person.id], names: [person.id: random.text()])
            for line in [InterchangeLine.person(person), .conversation(conversation)] {
                var writer = JSONWriter()
                line.encode(into: &writer)
                #expect(try Self.read(writer.bytes) == line)
            }
        }
    }

    @Test func `keys come in the documented order`() throws {
        var message = Message(
            id: MessageID("7"), time: Timestamp(milliseconds: 1_630_739_035_000), sender: PersonID("p"), kind: .image,
            text: "hi",
            attachments: [Attachment(name: "a.jpg", mediaType: "image/jpeg", content: .file(path: "m/a.jpg"))])
        message.wallTime = CivilTime("2021-09-04T15:03:55")
        message.replyTo = MessageID("6")
        message.forwardedFrom = "X"
        message.edited = Timestamp(milliseconds: 1_630_739_036_000)
        message.raw = Array(#"{"a":1}"#.utf8)
        var writer = JSONWriter()
        MessageLine(message, sources: [0, 2], gone: Timestamp(milliseconds: 5)).encode(into: &writer)
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"time":1630739035000,"local":"2021-09-04T15:03:55","id":"7","from":"p","kind":"image","text":"hi","#
                + #""attachments":[{"name":"a.jpg","type":"image/jpeg","path":"m/a.jpg"}],"reply":"6","forward":"X","edited":1630739036000,"#
                + #""raw":{"a":1},"src":[0,2],"gone":5}"# + "\n")
    }

    @Test func `time may be RFC 3339, identifiers may be numbers, keys may come in any order`() throws {
        let text = #"{"text":"hi","id":12,"unknown":{"a":[1,2]},"reply":11,"time":"2021-09-04T15:03:55+08:00"}"#
        guard case .message(let line) = try Self.read(Array(text.utf8)) else { throw NotAMessage() }
        #expect(line.message.time.milliseconds == 1_630_739_035_000)
        #expect(line.message.id == MessageID("12"))
        #expect(line.message.replyTo == MessageID("11"))
        #expect(line.message.text == "hi")
    }

    @Test(arguments: [
        "{}", #"{"text":"no time"}"#, #"{"time":9223372036854775807}"#, #"{"time":"yesterday"}"#,
        #"{"time":1,"text":5}"#, "[]", "", #"{"time":1"#, #"{"person":{"name":"no id"}}"#, #"{"conversation":{}}"#,
    ])
    func `a line that is none is refused`(text: String) {
        #expect(throws: JSONError.self) { try Self.read(Array(text.utf8)) }
    }

    @Test func `raw content of many lines is kept on one`() throws {
        let text = "{\"time\":1,\"raw\":{ \"a\" :\n [ 1 , \"x\\u000Ay\" ] } }"
        guard case .message(let line) = try Self.read(Array(text.utf8)) else { throw NotAMessage() }
        #expect(line.message.raw == Array(#"{"a":[1,"x\ny"]}"#.utf8))
    }

    @Test func `null counts as absent`() throws {
        let text =
            #"{"time":1,"local":null,"id":null,"from":null,"kind":null,"text":null,"attachments":null,"reply":null,"#
            + #""forward":null,"edited":null,"raw":null,"conversation":null,"src":null,"gone":null}"#
        let expected = MessageLine(Message(time: Timestamp(milliseconds: 1)))
        #expect(try Self.read(Array(text.utf8)) == .message(expected))
    }

    struct NotAMessage: Error {}

    static func read(_ bytes: [UInt8]) throws -> InterchangeLine {
        try bytes.withUnsafeBytes { (buffer) throws in
            var reader = JSONReader(buffer)
            let line = try InterchangeLine(reading: &reader)
            #expect(try reader.isAtEnd())
            return line
        }
    }

    static func randomLine(_ random: inout SeededGenerator) -> MessageLine {
        func maybe<Value>(_ value: Value) -> Value? { Bool.random(using: &random) ? value : nil }
        let moments = Timestamp.plausible.lowerBound.milliseconds...Timestamp.plausible.upperBound.milliseconds
        var message = Message(time: Timestamp(milliseconds: Int64.random(in: moments, using: &random)))
        message.id = maybe(MessageID(random.text()))
        message.wallTime = maybe(CivilTime(secondsSince1970: Int64.random(in: 0..<4_000_000_000, using: &random)))
        message.sender = maybe(PersonID(random.text()))
        message.kind = Message.Kind.allCases.randomElement(using: &random) ?? .text
        message.text = random.text(30)
        let size = Int64.random(in: 0...Int64.max, using: &random)
        let contents: [Attachment.Content] = [
            .file(path: random.text()), .entry(container: random.text(), name: random.text()),
            .missing(reason: random.text()), .stored(sha256: random.text(), size: size),
            .contained(
                (0..<Int.random(in: 0..<40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }),
        ]
        message.attachments = contents.filter { _ in Bool.random(using: &random) }.map {
            var attachment = ChatModel.Attachment(name: random.text(), mediaType: random.text(), content: $0)
            attachment.isThumbnail = Bool.random(using: &random)
            guard Bool.random(using: &random), case .file = $0 else { return attachment }
            attachment.decoding = ContentDecodingTests.randomDecoding(&random)
            return attachment
        }
        message.replyTo = maybe(MessageID(random.text()))
        message.forwardedFrom = maybe(random.text())
        message.edited = maybe(Timestamp(milliseconds: Int64.random(in: moments, using: &random)))
        message.raw = maybe(Array(#"{"k":[1,-2.5e3,true,null,"\"x"]}"#.utf8))
        return MessageLine(
            message, conversation: maybe(ConversationID(random.text())),
            sources: (0..<Int.random(in: 0..<3, using: &random)).map { $0 },
            gone: maybe(message.time))
    }
}
