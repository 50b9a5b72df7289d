import ChatModel
import Testing

@testable import ChatArchive

struct SegmentMergeTests {
    private let before = Timestamp(milliseconds: 1000)
    private let later = Timestamp(milliseconds: 2000)

    private func rows(_ messages: [Message], export: Int = 0) -> [SegmentMerge.Row] {
        messages.map { SegmentMerge.Row(message: $0, export: export) }
    }

    private func merge(_ previous: [MessageLine], _ messages: [Message]) -> SegmentMerge {
        var merge = SegmentMerge(previous: previous)
        merge.give(rows(messages), from: 0, lastSeen: before)
        return merge
    }

    @Test("a message that the source no longer gives stays and says when it was last there")
    func gone() {
        let merge = merge([MessageLine(text("a", id: "1"), sources: [0])], [])
        #expect(merge.lines == [MessageLine(text("a", id: "1"), gone: before)])
        #expect(merge.counts.nowGone == 1)
    }

    @Test("of equal messages of one second without ids the one that is gone is that of its own moment")
    func moments() {
        let (one, two) = (Message(time: Timestamp(milliseconds: 5100)), Message(time: Timestamp(milliseconds: 5900)))
        for (left, gone) in [(one, two), (two, one)] {
            let merge = merge([one, two].map { MessageLine($0, sources: [0]) }, [left])
            #expect(merge.lines.filter { $0.gone != nil }.map(\.message) == [gone])
        }
        // A device that knows no milliseconds has either.
        let rounded = merge([one].map { MessageLine($0, sources: [0]) }, [Message(time: Timestamp(milliseconds: 5000))])
        #expect(rounded.lines.count == 1 && rounded.counts.nowGone == 0)
    }

    @Test("what a source does not give that could not be read whole is not taken for deleted")
    func notReadWhole() {
        let old = [MessageLine(text("a", id: "1"), sources: [0]), MessageLine(text("b", id: "2"), gone: before)]
        var merge = SegmentMerge(previous: old)
        merge.give(rows([text("c", id: "3")]), from: 0, lastSeen: nil)
        #expect(Set(merge.lines.map(\.message.text)) == ["a", "b", "c"])
        #expect(merge.lines.filter { $0.gone != nil }.map(\.message.text) == ["b"])
        #expect(merge.counts.nowGone == 0 && merge.counts.stored == 1)
    }

    @Test("a message that comes back loses its mark")
    func back() {
        let merge = merge([MessageLine(text("a", id: "1"), gone: before)], [text("a", id: "1")])
        #expect(merge.lines == [MessageLine(text("a", id: "1"), sources: [0])])
        #expect(merge.counts == SegmentMerge.Counts(alreadyArchived: 1, cameBack: 1))
    }

    @Test("an edited message keeps its old wording, marked, beside the new one")
    func edited() {
        let merge = merge([MessageLine(text("a", id: "1"), sources: [0])], [text("b", id: "1")])
        #expect(
            merge.lines == [
                MessageLine(text("a", id: "1"), gone: before), MessageLine(text("b", id: "1"), sources: [0]),
            ])
        #expect(merge.counts == SegmentMerge.Counts(stored: 1, edited: 1), "it is not gone")
        var last = SegmentMerge(previous: merge.lines)
        last.give([], from: 0, lastSeen: later)
        #expect(last.counts == SegmentMerge.Counts(nowGone: 1))
        #expect(last.lines.map(\.gone) == [before, later])
    }

    @Test("a message of which only a note is left that it was recalled is gone")
    func recalled() {
        for kind in [Message.Kind.deleted, .system] {
            var note = text("recalled", id: "1")
            note.kind = kind
            let merge = merge([MessageLine(text("a", id: "1"), sources: [0])], [note])
            #expect(merge.counts.nowGone == 1, "\(kind)")
        }
    }

    @Test("two equal messages without an id stay two, however often they are read")
    func equals() {
        let first = merge([], [text("ok"), text("ok")])
        #expect(first.lines.count == 2)
        let again = merge(first.lines, [text("ok"), text("ok")])
        #expect(again.lines == first.lines)
        #expect(again.counts == SegmentMerge.Counts(alreadyArchived: 2))
        #expect(merge(first.lines, [text("ok")]).lines.map(\.gone) == [nil, before])
    }

    @Test("equal rows of two exports of one source are one message")
    func twoExports() {
        var merge = SegmentMerge(previous: [])
        let repeats = merge.give(
            rows([text("a"), text("b")]) + rows([text("b"), text("c")], export: 1), from: 0, lastSeen: before)
        #expect(merge.lines.map(\.message.text) == ["a", "b", "c"])
        #expect(repeats == 1)
        #expect(merge.counts == SegmentMerge.Counts(stored: 3, duplicates: 1))
    }

    @Test("a message that another source still has is not gone")
    func otherSource() {
        var merge = SegmentMerge(previous: [MessageLine(text("a", id: "1"), sources: [0, 1])])
        merge.give([], from: 0, lastSeen: before)
        #expect(merge.lines == [MessageLine(text("a", id: "1"), sources: [1])])
        merge.give([], from: 1, lastSeen: later)
        #expect(merge.lines == [MessageLine(text("a", id: "1"), gone: later)])
    }

    @Test(
        "a message that all sources lose at once was there until the latest of them was read",
        arguments: [[0, 1], [1, 0]])
    func lostByAll(order: [Int]) {
        var merge = SegmentMerge(previous: [MessageLine(text("a", id: "1"), sources: [0, 1])])
        for source in order { merge.give([], from: source, lastSeen: source == 0 ? later : before) }
        #expect(merge.lines.map(\.gone) == [later])
    }

    @Test("a message that moves from one source to another in one backup was never gone")
    func moved() {
        var merge = SegmentMerge(previous: [MessageLine(text("a", id: "1"), sources: [0])])
        merge.give([], from: 0, lastSeen: before)
        merge.give(rows([text("a", id: "1")]), from: 1, lastSeen: before)
        #expect(merge.lines == [MessageLine(text("a", id: "1"), sources: [1])])
        #expect(merge.counts == SegmentMerge.Counts(alreadyArchived: 1))
    }

    @Test("lines are in the order of time, those of one moment in the order in which they were seen")
    func order() {
        let previous = [text("b", id: "2", at: seconds(5)), text("c", id: "3", at: seconds(5))].map {
            MessageLine($0, sources: [0])
        }
        let merge = merge(
            previous,
            [
                text("d", id: "4", at: seconds(5)), text("c", id: "3", at: seconds(5)),
                text("a", id: "1", at: seconds(1)),
                text("b", id: "2", at: seconds(5)),
            ])
        #expect(merge.lines.map(\.message.text) == ["a", "b", "c", "d"])
    }

    @Test("a message without a zone is the same when another zone is assumed, and takes the moment of the new one")
    func wallTime() throws {
        var first = text("a")
        first.wallTime = CivilTime(year: 2021, month: 9, day: 4, hour: 15)
        var second = first
        second.time = seconds(7200)
        let merge = merge([MessageLine(first, sources: [0])], [second])
        #expect(merge.lines == [MessageLine(second, sources: [0])])
        #expect(merge.counts == SegmentMerge.Counts(alreadyArchived: 1))
        // What another archive assumed changes nothing here.
        var archives = SegmentMerge(previous: [MessageLine(first, sources: [0])])
        archives.merge([MessageLine(second, sources: [0])], ours: { _ in before }, theirs: { _ in later })
        #expect(archives.lines == [MessageLine(first, sources: [0])])
    }

    @Test("a moment that a source knows is not replaced by one that another assumes")
    func knownMoment() throws {
        var assumed = text("a", id: "1", at: seconds(7200))
        assumed.wallTime = CivilTime(year: 2021, month: 9, day: 4, hour: 15)
        let known = text("a", id: "1")
        #expect(merge([MessageLine(known, sources: [0])], [assumed]).lines == [MessageLine(known, sources: [0])])
    }

    // MARK: Files

    private let one = ChatModel.Attachment.Content.stored(sha256: String(repeating: "1", count: 64), size: 1)
    private let two = ChatModel.Attachment.Content.stored(sha256: String(repeating: "2", count: 64), size: 2)
    private let missing = ChatModel.Attachment.Content.missing(reason: "gone")

    @Test("a file that the source has lost stays stored, and that is no edit")
    func fileLost() {
        let merge = merge([MessageLine(picture(one), sources: [0])], [picture(missing)])
        #expect(merge.lines == [MessageLine(picture(one), sources: [0])])
        #expect(merge.counts == SegmentMerge.Counts(alreadyArchived: 1))
    }

    @Test("a file that was missing and is there now is taken, and that is no edit")
    func fileFound() {
        let merge = merge([MessageLine(picture(missing), sources: [0])], [picture(two)])
        #expect(merge.lines == [MessageLine(picture(two), sources: [0])])
        #expect(merge.counts == SegmentMerge.Counts(alreadyArchived: 1))
    }

    @Test("another file under the same name is an edit, found again at the next reading", arguments: ["1", nil])
    func fileReplaced(id: String?) {
        let first = merge([MessageLine(picture(one, id: id), sources: [0])], [picture(two, id: id)])
        let expected = [
            MessageLine(picture(one, id: id), gone: before), MessageLine(picture(two, id: id), sources: [0]),
        ]
        #expect(first.lines == expected)
        #expect(merge(first.lines, [picture(two, id: id)]).lines == expected)
        #expect(merge(first.lines, [picture(missing, id: id)]).lines == expected)
    }

    @Test("a row whose file is missing does not take the line of one whose file is there")
    func exactFirst() {
        let lines = [picture(one, id: nil), picture(two, id: nil)].map { MessageLine($0, sources: [0]) }
        let merge = merge(lines, [picture(missing, id: nil), picture(one, id: nil)])
        #expect(merge.lines == lines)
        #expect(merge.counts == SegmentMerge.Counts(alreadyArchived: 2))
    }

    // MARK: Two archives

    @Test("of two archives, the one that read a source later says what the source has")
    func laterReading() {
        let (both, mine, theirs) = (text("m", id: "1"), text("m", id: "2"), text("m", id: "3"))
        var merge = SegmentMerge(previous: [MessageLine(both, sources: [0]), MessageLine(mine, sources: [0])])
        // We read source 0 at 1 s; the other read it at 2 s and found only what both had, and one more.
        merge.merge(
            [MessageLine(both, sources: [0]), MessageLine(theirs, sources: [0])], ours: { _ in before },
            theirs: { _ in later })
        #expect(
            merge.lines == [
                MessageLine(both, sources: [0]), MessageLine(mine, gone: before), MessageLine(theirs, sources: [0]),
            ])
    }

    @Test("what only the archive that read earlier has is marked with when that was")
    func earlierReading() {
        var merge = SegmentMerge(previous: [])
        merge.merge([MessageLine(text("a", id: "1"), sources: [0])], ours: { _ in later }, theirs: { _ in before })
        #expect(merge.lines == [MessageLine(text("a", id: "1"), gone: before)])
    }

    @Test("two archives of two sources give what both have, each with its source")
    func twoSources() {
        let never = Timestamp(milliseconds: .min)
        var merge = SegmentMerge(previous: [MessageLine(text("a", id: "1"), sources: [0])])
        merge.merge(
            [MessageLine(text("a", id: "1"), sources: [1]), MessageLine(text("b", id: "2"), gone: before)],
            ours: { $0 == 0 ? later : never }, theirs: { $0 == 1 ? later : never })
        #expect(
            merge.lines == [
                MessageLine(text("a", id: "1"), sources: [0, 1]), MessageLine(text("b", id: "2"), gone: before),
            ])
    }
}
