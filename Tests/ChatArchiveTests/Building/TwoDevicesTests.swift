import ChatModel
import Testing

@testable import ChatArchive

/// The same messages as a phone (source 0) and a computer (source 1) of one account keep them.
struct TwoDevicesTests {
    private typealias File = ChatModel.Attachment

    /// What both have of a message, the phone's first, then the other way round.
    private func both(_ phone: Message, _ computer: Message) -> [SegmentMerge] {
        [[(0, phone), (1, computer)], [(1, computer), (0, phone)]].map { order in
            var merge = SegmentMerge(previous: [])
            for (source, message) in order {
                merge.give([.init(message: message, export: 0)], from: source, lastSeen: seconds(0))
            }
            return merge
        }
    }

    private func stored(_ digit: String, size: Int64, _ type: String = "image/jpeg", decoding: String? = nil) -> File {
        File(
            name: "", mediaType: type, content: .stored(sha256: String(repeating: digit, count: 64), size: size),
            decoding: decoding.flatMap { ContentDecoding(text: $0) })
    }

    private func message(_ kind: Message.Kind, _ text: String, _ files: [File]) -> Message {
        Message(id: MessageID("1"), time: seconds(0), sender: PersonID("p"), kind: kind, text: text, attachments: files)
    }

    private func message(_ kind: Message.Kind, _ files: [File]) -> Message { message(kind, "", files) }

    @Test("a picture that one of them keeps in disguise is one")
    func disguise() {
        let plain = stored("1", size: 100)
        let hidden = stored("2", size: 100, decoding: "xor:218:0:100")
        for merge in both(message(.image, [plain]), message(.image, [hidden])) {
            #expect(merge.lines.map(\.sources) == [[0, 1]])
            #expect(merge.counts == SegmentMerge.Counts(stored: 1, duplicates: 1))
        }
        // Another length, another type, and two that are both as they lie there are two pictures.
        for other in [
            stored("2", size: 99, decoding: "xor:218:0:99"),
            stored("2", size: 100, "image/png", decoding: "xor:218:0:100"), stored("2", size: 100),
        ] {
            for merge in both(message(.image, [plain]), message(.image, [other])) { #expect(merge.lines.count == 2) }
        }
    }

    @Test(
        "words for a voice or a sticker that only one of them knows are taken",
        arguments: [Message.Kind.voice, .sticker])
    func words(kind: Message.Kind) {
        let file = stored("1", size: 5)
        for merge in both(message(kind, "OK", [file]), message(kind, [file])) {
            #expect(merge.lines.map(\.message.text) == ["OK"])
            #expect(merge.lines.map(\.sources) == [[0, 1]])
        }
        for merge in both(message(kind, "OK", [file]), message(kind, "no", [file])) { #expect(merge.lines.count == 2) }
    }

    @Test("a call is one, also where only one of them knows how it ended")
    func call() {
        for merge in both(message(.call, "语音通话", []), message(.call, "语音通话 通话时长 00:05", [])) {
            #expect(merge.lines.map(\.message.text) == ["语音通话 通话时长 00:05"])
            #expect(merge.lines.map(\.sources) == [[0, 1]])
        }
        for (one, other) in [("语音通话 已取消", "语音通话 通话时长 00:05"), ("see you", "see you at five")] {
            for merge in both(message(.call, one, []), message(.call, other, [])) { #expect(merge.lines.count == 2) }
            for merge in both(message(.voice, one, []), message(.voice, other, [])) { #expect(merge.lines.count == 2) }
        }
    }

    @Test("other words for what the platform has word for word are no edit; the words made last stay")
    func renamed() {
        var quote = message(.text, "> Old: hello\nyes", [])
        quote.raw = PlatformRow.raw(type: 49, subtype: 57, content: "<msg/>")
        var merge = SegmentMerge(previous: [MessageLine(quote, sources: [0])])
        for name in ["New", "Newer"] {
            quote.text = "> \(name): hello\nyes"
            merge.give([.init(message: quote, export: 0)], from: 0, lastSeen: seconds(1))
            #expect(merge.lines == [MessageLine(quote, sources: [0])])
        }
        #expect(merge.counts.edited == 0 && merge.counts.stored == 0 && merge.counts.nowGone == 0)
        // An archive made before keeps its own words out.
        var older = quote
        older.text = "> Old: hello\nyes"
        merge.merge([MessageLine(older, sources: [0])], ours: { _ in seconds(2) }, theirs: { _ in seconds(1) })
        #expect(merge.lines == [MessageLine(quote, sources: [0])])
        // What the platform has otherwise is an edit.
        quote.text = "> Newer: hello\nno"
        quote.raw = PlatformRow.raw(type: 49, subtype: 57, content: "<msg>no</msg>")
        merge.give([.init(message: quote, export: 0)], from: 0, lastSeen: seconds(1))
        #expect(merge.lines.count == 2 && merge.counts.edited == 1)
        // So is what other platforms keep beside their words, and a row of which the rest is not known.
        let long = String(repeating: "x", count: PlatformRow.longestContent)
        var count = 2
        for raw in [Array(#"{"views":7}"#.utf8), PlatformRow.raw(type: 49, subtype: 57, content: long)] {
            quote.raw = raw
            for _ in 1...2 {
                count += 1
                quote.text = "wording \(count)"
                merge.give([.init(message: quote, export: 0)], from: 0, lastSeen: seconds(1))
                #expect(merge.lines.count == count)
            }
        }
    }

    @Test("a voice that is transcribed later is the same voice, and read again it stays so")
    func transcribed() {
        let file = stored("1", size: 5)
        var merge = SegmentMerge(previous: [MessageLine(message(.voice, [file]), sources: [0])])
        merge.give([.init(message: message(.voice, "hello", [file]), export: 0)], from: 0, lastSeen: seconds(1))
        #expect(merge.lines == [MessageLine(message(.voice, "hello", [file]), sources: [0])])
        #expect(merge.counts == SegmentMerge.Counts(alreadyArchived: 1))
    }

    @Test("a merged forward has the files of both")
    func forward() {
        let (one, two) = (stored("1", size: 10), stored("2", size: 20))
        let hidden = stored("3", size: 10, decoding: "xor:1:0:10")
        for merge in both(message(.text, "[forward]", [one]), message(.text, "[forward]", [hidden, two])) {
            #expect(merge.lines.count == 1)
            #expect(merge.lines.first?.sources == [0, 1])
            #expect(merge.lines.first?.message.attachments.map(\.shownSize) == [10, 20])
        }
        for merge in both(message(.text, "[forward]", []), message(.text, "[forward]", [two])) {
            #expect(merge.lines.map(\.message.attachments) == [[two]])
        }
    }

    @Test("a line without an id is the same to the second, and two of one second stay two")
    func withoutID() {
        let (exact, other) = (Timestamp(milliseconds: 5000), Timestamp(milliseconds: 5999))
        for merge in both(text("joined", at: other), text("joined", at: exact)) {
            #expect(merge.lines.map(\.sources) == [[0, 1]])
        }
        for merge in both(text("joined", at: other), text("joined", at: Timestamp(milliseconds: 6000))) {
            #expect(merge.lines.count == 2)
        }
        var merge = SegmentMerge(previous: [])
        let phone = [text("joined", at: exact), text("joined", at: other)]
        merge.give(phone.map { .init(message: $0, export: 0) }, from: 0, lastSeen: seconds(0))
        merge.give([.init(message: text("joined", at: exact), export: 0)], from: 1, lastSeen: seconds(0))
        #expect(merge.lines.map(\.sources) == [[0, 1], [0]])
    }
}
