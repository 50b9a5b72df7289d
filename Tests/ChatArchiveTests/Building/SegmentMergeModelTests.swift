import ChatModel
import SeededRandom
import Testing

@testable import ChatArchive

/// The merge against a model that counts.
struct SegmentMergeModelTests {
    @Test("over ten backups of changing sources every wording ever seen is there once, marked as a naive model says")
    func histories() {
        var random = SeededGenerator.printed("merged histories")
        for history in 0..<2000 {
            var world = World(using: &random)
            var model = Model()
            var lines: [MessageLine] = []
            var lastRead: [Int: Timestamp] = [:]
            for backup in 1...10 {
                let time = Timestamp(milliseconds: Int64(backup) * 1000)
                var merge = SegmentMerge(previous: lines)
                var rowCount = 0
                model.begin()
                for source in 0..<world.sources.count where Bool.random(using: &random) {
                    world.change(source, using: &random)
                    let exports = world.exports(of: source, using: &random)
                    rowCount += exports.reduce(0) { $0 + $1.count }
                    let lastSeen = lastRead[source] ?? Timestamp(milliseconds: 0)
                    let rows = exports.enumerated().flatMap { export, messages in
                        messages.map { SegmentMerge.Row(message: $0, export: export) }
                    }
                    merge.give(rows, from: source, lastSeen: lastSeen)
                    model.give(exports, from: source, lastSeen: lastSeen)
                    lastRead[source] = time
                }
                lines = merge.lines
                let (shown, expected) = (lines.map(Version.init).sorted(), model.versions().sorted())
                #expect(shown == expected, "history \(history), backup \(backup)")
                #expect(merge.counts == model.counts, "history \(history), backup \(backup)")
                #expect(rowCount == merge.counts.stored + merge.counts.alreadyArchived + merge.counts.duplicates)
                #expect(zip(lines, lines.dropFirst()).allSatisfy { $0.message.time <= $1.message.time })
                guard shown == expected, merge.counts == model.counts else { return }
            }
        }
    }

    /// A line without its place: what it says, who has it, and its mark.
    struct Version: Comparable, CustomStringConvertible {
        let wording: String
        let sources: [Int]
        let gone: Timestamp?

        init(wording: String, sources: [Int], gone: Timestamp?) {
            self.wording = wording
            self.sources = sources
            self.gone = gone
        }

        init(_ line: MessageLine) {
            self.init(wording: Model.wording(line.message), sources: line.sources, gone: line.gone)
        }

        var description: String { "\(wording) \(sources) \(gone?.milliseconds ?? -1)" }
        static func < (left: Self, right: Self) -> Bool { left.description < right.description }
    }

    /// Sources that shrink, grow, edit, reorder and export in several pieces. Few texts and times, so that many are equal.
    struct World {
        var sources: [[Message]]

        init(using random: inout SeededGenerator) {
            sources = Array(repeating: [], count: Int.random(in: 1...3, using: &random))
        }

        mutating func change(_ source: Int, using random: inout SeededGenerator) {
            sources[source].removeAll { _ in Int.random(in: 0..<5, using: &random) == 0 }
            for index in sources[source].indices where Int.random(in: 0..<5, using: &random) == 0 {
                sources[source][index].text = ["x", "y", "z"].randomElement(using: &random) ?? ""
            }
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let id = Bool.random(using: &random) ? String(Int.random(in: 0..<8, using: &random)) : nil
                if id != nil, sources[source].contains(where: { $0.id?.text == id }) { continue }
                // The time of an id is always the same, as a platform's is.
                let time = id.flatMap { Int64($0) } ?? Int64.random(in: 0..<3, using: &random)
                sources[source].append(
                    ChatArchiveTests.text(
                        ["x", "y"].randomElement(using: &random) ?? "", id: id, at: seconds(time % 3),
                        from: "p\(Int.random(in: 0...1, using: &random))"))
            }
            if Int.random(in: 0..<3, using: &random) == 0 { sources[source].shuffle(using: &random) }
            // Another device's messages arrive.
            if Int.random(in: 0..<4, using: &random) == 0, let other = sources.randomElement(using: &random) {
                sources[source] = other
            }
        }

        /// All messages in one or two exports, which may overlap.
        func exports(of source: Int, using random: inout SeededGenerator) -> [[Message]] {
            let all = sources[source]
            guard Bool.random(using: &random) else { return [all] }
            let end = Int.random(in: 0...all.count, using: &random)
            let start = Int.random(in: 0...end, using: &random)
            return [Array(all[..<end]), Array(all[start...])]
        }
    }

    /// Of each wording, how often each source has it: the n-th of equals is held by those that have at least n.
    struct Model {
        struct Instance {
            var sources: Set<Int> = []
            var gone: Timestamp?
            var isNew = true
            var wasGone = false
            var lost: Timestamp?
        }

        private var instances: [String: [Instance]] = [:]
        private var ids: Set<String> = []
        private(set) var counts = SegmentMerge.Counts()

        static func wording(_ message: Message) -> String {
            if let id = message.id { return "id \(id.text): \(message.text)" }
            return "\(message.time.milliseconds) \(message.sender?.text ?? ""): \(message.text)"
        }

        mutating func begin() {
            counts = SegmentMerge.Counts()
            for key in instances.keys {
                instances[key] = instances[key]?.map {
                    Instance(sources: $0.sources, gone: $0.gone, isNew: false, wasGone: $0.gone != nil)
                }
            }
        }

        mutating func give(_ exports: [[Message]], from source: Int, lastSeen: Timestamp) {
            var most: [String: Int] = [:]
            for export in exports {
                var times: [String: Int] = [:]
                for message in export { times[Self.wording(message), default: 0] += 1 }
                for (wording, count) in times { most[wording] = max(most[wording] ?? 0, count) }
            }
            let rows = exports.reduce(0) { $0 + $1.count }
            var met = 0
            var fresh: Set<String> = []
            for message in exports.joined() {
                let wording = Self.wording(message)
                guard let id = message.id?.text else { continue }
                if instances[wording] == nil, fresh.insert(wording).inserted, ids.contains(id) { counts.edited += 1 }
                ids.insert(id)
            }
            for wording in Set(instances.keys).union(most.keys) {
                let count = most[wording] ?? 0
                var all = instances[wording] ?? []
                for number in 0..<max(count, all.count) {
                    if number == all.count {
                        all.append(Instance())
                        counts.stored += 1
                        met += 1
                    } else if number < count, !all[number].isNew {
                        counts.alreadyArchived += 1
                        met += 1
                    }
                    if number < count {
                        all[number].sources.insert(source)
                        all[number].gone = nil
                    } else if all[number].sources.remove(source) != nil {
                        let time = max(all[number].lost ?? lastSeen, lastSeen)
                        all[number].lost = time
                        if all[number].sources.isEmpty { all[number].gone = time }
                    }
                }
                instances[wording] = all
            }
            counts.duplicates += rows - met
            let known = instances.values.joined().filter { !$0.isNew }
            counts.nowGone = instances.reduce(0) { count, entry in
                count
                    + entry.value.count {
                        !$0.isNew && !$0.wasGone && $0.gone.map { !isEdited(entry.key, $0) } ?? false
                    }
            }
            counts.cameBack = known.filter { $0.wasGone && $0.gone == nil }.count
        }

        /// Whether a message of this wording has had another one since.
        private func isEdited(_ wording: String, _ gone: Timestamp) -> Bool {
            guard wording.hasPrefix("id "), let end = wording.firstIndex(of: ":") else { return false }
            return instances.contains { other, all in
                other != wording && other.hasPrefix(wording[...end])
                    && all.contains { !$0.sources.isEmpty || $0.gone.map { $0 > gone } ?? false }
            }
        }

        func versions() -> [Version] {
            instances.flatMap { wording, all in
                all.map { Version(wording: wording, sources: $0.sources.sorted(), gone: $0.gone) }
            }
        }
    }
}
