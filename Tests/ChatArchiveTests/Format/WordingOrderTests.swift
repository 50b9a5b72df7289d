import ChatModel
import SeededRandom
import Testing

@testable import ChatArchive

/// Which wordings of a message have a later one, and which an earlier one.
struct WordingOrderTests {
    /// The rule, of two wordings.
    private func precedes(_ earlier: WordingOrder.Wording, _ later: WordingOrder.Wording) -> Bool {
        guard let gone = earlier.gone, earlier.kind != .deleted, later.kind != .deleted,
            (earlier.kind == .system) == (later.kind == .system)
        else { return false }
        return later.gone.map { gone < $0 } ?? true
    }

    @Test("each is found as by comparing it with every other one")
    func pairs() {
        var numbers = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            let wordings = (0..<numbers.next() % 6).map { _ -> WordingOrder.Wording in
                let gone = numbers.next() % 4
                return (
                    [.text, .image, .system, .deleted][Int(numbers.next() % 4)],
                    gone == 0 ? nil : Timestamp(milliseconds: Int64(gone) * 1000)
                )
            }
            var order = WordingOrder()
            for wording in wordings { order.note(wording) }
            for wording in wordings {
                #expect(order.hasLater(wording) == wordings.contains { precedes(wording, $0) }, "\(wordings)")
                #expect(order.hasEarlier(wording) == wordings.contains { precedes($0, wording) }, "\(wordings)")
            }
        }
    }

    @Test("a source that gives every message the same identifier costs no more than others")
    func repeatedID() {
        let lines = (0..<50_000).map { MessageLine(text("\($0)", id: "0", at: seconds(Int64($0))), sources: [0]) }
        var merge = SegmentMerge(previous: lines)
        merge.give([], from: 0, lastSeen: Timestamp(milliseconds: 1))
        #expect(merge.counts.nowGone == 50_000)
    }
}
