import ChatModel
import Testing

private typealias Attachment = ChatModel.Attachment

struct MessageIdentityTests {
    private let plain = Message(time: Timestamp(seconds: 1000), sender: PersonID("a"), text: "hi")

    @Test func `the platform's identifier is the identity, whatever the message says`() {
        var first = plain
        first.id = MessageID("7")
        var edited = first
        edited.text = "hello"
        #expect(MessageIdentity(of: first) == MessageIdentity(of: edited))
        #expect(MessageContent(of: first) != MessageContent(of: edited))
        edited.id = MessageID("8")
        #expect(MessageIdentity(of: first) != MessageIdentity(of: edited))
    }

    @Test func `without an identifier every field counts`() {
        var changed: [Message] = [plain, plain, plain, plain, plain, plain]
        changed[0].time = Timestamp(seconds: 1001)
        changed[1].sender = nil
        changed[2].kind = .image
        changed[3].text = "hi "
        changed[4].attachments = [Attachment(name: "a.jpg", content: .missing(reason: ""))]
        changed[5].wallTime = CivilTime(secondsSince1970: 1000)
        #expect(Set(changed.map { MessageIdentity(of: $0) } + [MessageIdentity(of: plain)]).count == 7)
    }

    @Test func `another assumed zone changes nothing for a wall time`() {
        var first = plain
        first.wallTime = CivilTime(secondsSince1970: 1000)
        var second = first
        second.time = Timestamp(seconds: 29_800)
        #expect(MessageIdentity(of: first) == MessageIdentity(of: second))
    }

    @Test func `equal messages of one import are numbered, those with identifiers are one`() {
        var counter = IdentityCounter()
        let identities = (0..<3).map { _ in counter.identity(of: plain) }
        #expect(Set(identities).count == 3)
        #expect(identities[2] == MessageIdentity(of: plain, ordinal: 2))
        var named = plain
        named.id = MessageID("7")
        #expect(counter.identity(of: named) == counter.identity(of: named))
    }

    @Test func `where an attachment lies does not make a version`() {
        var here = plain
        here.attachments = [Attachment(name: "a.jpg", content: .file(path: "x/a.jpg"))]
        var stored = plain
        stored.attachments = [Attachment(name: "a.jpg", content: .stored(sha256: "00", size: 1))]
        #expect(MessageContent(of: here) == MessageContent(of: stored))
    }
}
