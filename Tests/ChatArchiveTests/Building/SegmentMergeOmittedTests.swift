import ChatModel
import SeededRandom
import Testing

@testable import ChatArchive

/// Exports that leave files out, and exports of the same chat that have them.
struct SegmentMergeOmittedTests {
    private let before = Timestamp(milliseconds: 1000)
    private let wall = CivilTime(year: 2022, month: 2, day: 1, hour: 10)

    /// A message whose file was left out.
    private func omitted(_ kind: Message.Kind = .file, text: String = "", label: String = "") -> Message {
        let content = ChatModel.Attachment.Content.missing(reason: "exported without media")
        return Message(
            time: seconds(0), wallTime: wall, sender: PersonID("p1"), kind: kind, text: text,
            attachments: [ChatModel.Attachment(name: label, content: content)])
    }

    /// A message that names its file, stored unless `isMissing`.
    private func named(
        _ name: String, _ kind: Message.Kind = .image, text: String = "", isMissing: Bool = false
    ) -> Message {
        let digest = String(String(repeating: "0", count: 63) + "\(name.utf8.count % 10)")
        var message = omitted(kind, text: text, label: name)
        if !isMissing { message.attachments[0].content = .stored(sha256: digest, size: 1) }
        return message
    }

    /// Merges backups of one source, one after the other.
    private func merge(_ backups: [Message]...) -> SegmentMerge {
        var merge = SegmentMerge(previous: [])
        for messages in backups {
            merge = SegmentMerge(previous: merge.lines)
            merge.give(messages.map { SegmentMerge.Row(message: $0, export: 0) }, from: 0, lastSeen: before)
        }
        return merge
    }

    private func lines(_ messages: Message...) -> [MessageLine] { messages.map { MessageLine($0, sources: [0]) } }

    @Test("a message exported without its file and later with it is one, and has its file")
    func laterWithFile() {
        let merge = merge([omitted()], [named("a.jpg", text: "caption")])
        #expect(merge.lines == lines(named("a.jpg", text: "caption")))
        #expect(merge.counts == SegmentMerge.Counts(alreadyArchived: 1))
    }

    @Test("a message exported with its file and later without it is one, and keeps it")
    func laterWithoutFile() {
        let merge = merge([named("a.jpg", text: "caption")], [omitted()])
        #expect(merge.lines == lines(named("a.jpg", text: "caption")))
        #expect(merge.counts == SegmentMerge.Counts(alreadyArchived: 1))
    }

    @Test("several of one minute pair up in their order, whichever export comes first")
    func inOrder() {
        let with = [named("a.jpg"), named("bb.mp4", .video), named("ccc.pdf", .file)]
        let without = [omitted(), omitted(), omitted()]
        for merge in [merge(without, with), merge(with, without), merge(without, with, without, with)] {
            #expect(merge.lines == with.map { MessageLine($0, sources: [0]) })
            #expect(merge.counts == SegmentMerge.Counts(alreadyArchived: 3))
        }
    }

    @Test("of files of which the later export has only some, the others stay left out until they come")
    func someFiles() {
        let some = merge([omitted(), omitted()], [named("a.jpg"), omitted()])
        #expect(Set(some.lines) == Set(lines(named("a.jpg"), omitted())))
        #expect(some.counts == SegmentMerge.Counts(alreadyArchived: 2))
        let more = merge([omitted(), omitted()], [named("a.jpg"), omitted()], [named("a.jpg"), named("bb.jpg")])
        #expect(Set(more.lines) == Set(lines(named("a.jpg"), named("bb.jpg"))))
    }

    @Test("what was left out does not take the line of a row that names its file")
    func ownLineFirst() {
        // The file was named and missing; now it is there, and another row of the minute has none.
        let merge = merge([named("a.jpg", isMissing: true)], [omitted(), named("a.jpg")])
        #expect(Set(merge.lines) == Set(lines(named("a.jpg"), omitted())))
        #expect(merge.counts == SegmentMerge.Counts(stored: 1, alreadyArchived: 1))
    }

    @Test("a caption that was left out with the file comes with a later export, though the file is still missing")
    func caption() {
        let merge = merge([omitted()], [omitted(text: "caption")], [omitted()])
        #expect(merge.lines == lines(omitted(text: "caption")))
    }

    @Test("an iPhone's kinds are told apart, and a document by its name")
    func kinds() {
        let merge = merge(
            [omitted(.image), omitted(.audio), omitted(.file, label: "x.pdf")],
            [named("1-AUDIO.opus", .voice), named("2-PHOTO.jpg"), named("x.pdf", .file)])
        #expect(
            Set(merge.lines) == Set(lines(named("1-AUDIO.opus", .voice), named("2-PHOTO.jpg"), named("x.pdf", .file))))
        #expect(merge.counts == SegmentMerge.Counts(alreadyArchived: 3))
    }

    @Test("another sender, another time, another caption or an identifier is another message")
    func others() {
        var sender = named("a.jpg")
        sender.sender = PersonID("p2")
        var time = named("a.jpg")
        time.wallTime = CivilTime(year: 2022, month: 2, day: 1, hour: 11)
        var id = named("a.jpg")
        id.id = MessageID("1")
        var zoned = named("a.jpg")
        zoned.wallTime = nil
        for other in [sender, time, id, zoned, named("a.jpg", text: "y")] {
            let merge = merge([omitted(text: "x")], [other])
            #expect(merge.lines.count == 2, "\(other)")
        }
        #expect(merge([named("a.jpg")], [named("b.jpg")]).lines.count == 2, "two that are named")
    }

    @Test("two exports of one backup, and two archives, unite likewise")
    func otherWays() {
        var exports = SegmentMerge(previous: [])
        let rows = [omitted(), named("a.jpg")].enumerated().map { SegmentMerge.Row(message: $1, export: $0) }
        #expect(exports.give(rows, from: 0, lastSeen: before) == 1)
        #expect(exports.lines == lines(named("a.jpg")))
        #expect(exports.counts == SegmentMerge.Counts(stored: 1, duplicates: 1))

        for (ours, theirs) in [(omitted(), named("a.jpg")), (named("a.jpg"), omitted())] {
            var archives = SegmentMerge(previous: lines(ours))
            archives.merge(lines(theirs), ours: { _ in before }, theirs: { _ in before })
            #expect(archives.lines == lines(named("a.jpg")))
        }
    }

    @Test("exports with and without their files, in any order and again and again, make no message twice")
    func histories() {
        var random = SeededGenerator.printed("exports with and without media")
        for history in 0..<500 {
            let files = (0..<Int.random(in: 1...8, using: &random)).map { number in
                var message = named("\(number)" + String(repeating: "a", count: number) + ".jpg")
                message.wallTime = CivilTime(
                    year: 2022, month: 2, day: 1, hour: 10, minute: Int.random(in: 0...2, using: &random))
                message.sender = PersonID("p\(Int.random(in: 0...1, using: &random))")
                return message
            }
            var merge = SegmentMerge(previous: [])
            for _ in 0..<5 {
                let hasMedia = Bool.random(using: &random)
                let rows = files.map { file in
                    var message = file
                    if !hasMedia {
                        message.kind = .file
                        message.attachments = omitted().attachments
                    }
                    return SegmentMerge.Row(message: message, export: 0)
                }
                merge = SegmentMerge(previous: merge.lines)
                merge.give(rows, from: 0, lastSeen: before)
                #expect(merge.lines.count == files.count, "history \(history)")
                #expect(merge.lines.allSatisfy { $0.gone == nil }, "history \(history)")
            }
            merge.give(files.map { SegmentMerge.Row(message: $0, export: 0) }, from: 0, lastSeen: before)
            #expect(Set(merge.lines) == Set(files.map { MessageLine($0, sources: [0]) }), "history \(history)")
        }
    }
}
