import ChatHistories
import ChatModel
import SeededRandom
import Testing

@testable import ChatArchive

struct InodeLayoutTests {
    private static func randomPlace(_ numbers: inout SeededGenerator) -> InodePlace {
        let snapshot = Int.random(in: 0..<InodeLayout.snapshotLimit, using: &numbers)
        let conversation = Int.random(in: 0..<InodeLayout.conversationLimit, using: &numbers)
        let month = Month(number: Int.random(in: 0..<InodeLayout.monthLimit, using: &numbers))
        let shown = numbers.one(of: [View.conversations, .media])
        switch Int.random(in: 0..<13, using: &numbers) {
        case 0: return .root
        case 1: return .snapshots
        case 2: return .dates
        case 3: return .link(snapshot: snapshot, fromDates: numbers.chance(50))
        case 4: return .snapshot(snapshot)
        case 5: return .view(snapshot: snapshot, numbers.one(of: View.allCases))
        case 6: return .conversation(snapshot: snapshot, numbers.one(of: [shown, .transcripts]), conversation)
        case 7: return .month(snapshot: snapshot, shown, conversation: conversation, month)
        case 8: return .transcript(snapshot: snapshot, conversation: conversation, month)
        case 9: return .contact(snapshot: snapshot, conversation)
        case 10:
            return .message(
                segment: Int.random(in: 0..<InodeLayout.segmentLimit, using: &numbers),
                line: Int.random(in: 0..<InodeLayout.lineLimit, using: &numbers),
                part: Int.random(in: 0...InodeLayout.partLimit, using: &numbers))
        case 11: return .plainFolder(Int.random(in: 0..<1 << 40, using: &numbers))
        default:
            return .plainFile(
                tree: Int.random(in: 0..<1 << 28, using: &numbers), index: Int.random(in: 0..<1 << 32, using: &numbers))
        }
    }

    @Test("a number says which place it is of")
    func roundTrip() {
        let seed = UInt64.random(in: 1...1 << 60)
        var numbers = SeededGenerator(seed: seed)
        var places: [InodeNumber: InodePlace] = [:]
        for _ in 0..<20_000 {
            let place = Self.randomPlace(&numbers)
            let number = InodeLayout.number(place)
            #expect(number.rawValue != 0)
            #expect(InodeLayout.place(number) == place, "seed \(seed)")
            #expect(places[number] == nil || places[number] == place, "seed \(seed): two places have \(number)")
            places[number] = place
        }
    }

    @Test("a number that no place has stands for nothing")
    func foreignNumbers() {
        let seed = UInt64.random(in: 1...1 << 60)
        var numbers = SeededGenerator(seed: seed)
        for _ in 0..<50_000 {
            let number = InodeNumber(rawValue: numbers.next() >> UInt64.random(in: 0..<64, using: &numbers))
            guard let place = InodeLayout.place(number) else { continue }
            #expect(InodeLayout.number(place) == number, "seed \(seed)")
        }
        for value in [0, 4, 5, UInt64.max, 1 << 60, 11 << 60] where value != 1 << 60 {
            #expect(InodeLayout.place(InodeNumber(rawValue: value)) == nil, "\(value)")
        }
    }

    @Test("the last message of a full segment, and the last month of the last snapshot, fit")
    func limits() {
        let places: [InodePlace] = [
            .message(
                segment: InodeLayout.segmentLimit - 1, line: InodeLayout.lineLimit - 1, part: InodeLayout.partLimit),
            .month(
                snapshot: InodeLayout.snapshotLimit - 1, .media, conversation: InodeLayout.conversationLimit - 1,
                Month(number: 9999 * 12 + 11)),
        ]
        for place in places { #expect(InodeLayout.place(InodeLayout.number(place)) == place) }
    }
}
