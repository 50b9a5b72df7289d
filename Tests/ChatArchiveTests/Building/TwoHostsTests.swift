import ChatModel
import ResticRepository
import SeededRandom
import Storage
import Testing

@testable import ChatArchive

/// Hosts that share a repository and did not know of each other's last backup.
struct TwoHostsTests {
    private func given(_ source: ArchiveSource, _ messages: [Message], in conversation: String = "c") -> Bench.Given {
        .init(source: source, exports: [messages.map { ($0, conversation) }])
    }

    @Test("two archives made from one are merged, each source as it was read last")
    func merged() throws {
        let bench = try Bench()
        let shared = text("shared", id: "1")
        let (root, _) = try bench.backUp([given(Bench.laptop, [shared]), given(Bench.phone, [shared])], at: 1000)
        // The laptop loses the shared message, the phone gets one; neither knows.
        let (one, _) = try bench.backUp([given(Bench.laptop, [text("new", id: "2")])], continuing: [root], at: 2000)
        let (two, _) = try bench.backUp(
            [given(Bench.phone, [shared, text("other", id: "3")])], continuing: [root], at: 3000)
        let heads = ArchiveHeads.heads(of: [root, one, two])
        #expect(heads.map(\.tree) == [two.tree, one.tree])
        let (both, account) = try bench.backUp(
            [given(Bench.phone, [shared, text("other", id: "3")])], continuing: heads, at: 4000)
        let lines = try both.allLines(of: "c")
        #expect(lines.map(\.message.text).sorted() == ["new", "other", "shared"])
        let holders = Dictionary(
            uniqueKeysWithValues: lines.map { line in
                (line.message.text, line.sources.map { both.manifest.sources[$0].host })
            })
        #expect(holders == ["shared": ["phone"], "new": ["laptop"], "other": ["phone"]])
        #expect(account.alreadyArchived == 2 && account.stored == 0 && account.nowGone == 0)
        #expect(ArchiveHeads.heads(of: [root, one, two, both]).map(\.tree) == [both.tree])
    }

    @Test("folders of archives that exist keep their names, also where case alone tells them apart")
    func folderNames() throws {
        let bench = try Bench()
        func titled(_ title: String, _ source: ArchiveSource) -> Bench.Given {
            var given = given(source, [text("x", id: "1")], in: title)
            given.conversations = [
                Conversation(id: ConversationID(title), title: title, kind: .group, app: "test")
            ]
            return given
        }
        let (one, _) = try bench.backUp([titled("Weekly", Bench.laptop)], at: 1000)
        let (two, _) = try bench.backUp([titled("weekly", Bench.phone)], at: 1500)
        let (both, _) = try bench.backUp([titled("WEEKLY", Bench.phone)], continuing: [one, two], at: 2000)
        #expect(try both.conversations().map(\.folder) == ["Weekly", "weekly", "WEEKLY-2"])
    }

    @Test("merging two archives twice gives the same, whichever is first")
    func eitherOrder() throws {
        let bench = try Bench()
        let (one, _) = try bench.backUp([given(Bench.laptop, [text("a", id: "1"), text("b", id: "2")])], at: 1000)
        let (two, _) = try bench.backUp([given(Bench.phone, [text("b", id: "2"), text("c", id: "3")])], at: 1500)
        let merge = { (heads: [Archive]) in
            let (archive, _) = try bench.backUp([], continuing: heads, at: 2000)
            return try archive.allLines(of: "c")
                .map { "\($0.message.text) \($0.sources.map { archive.manifest.sources[$0].host }.sorted())" }.sorted()
        }
        #expect(try merge([one, two]) == merge([two, one]))
        #expect(try merge([one, two]) == ["a [\"laptop\"]", "b [\"laptop\", \"phone\"]", "c [\"phone\"]"])
    }

    @Test("a message that both lost, each at one source, is marked with the last reading that found it")
    func lostByBoth() throws {
        let bench = try Bench()
        let (first, _) = try bench.backUp([given(Bench.laptop, [text("a", id: "1")])], at: 1000)
        let (root, _) = try bench.backUp([given(Bench.phone, [text("a", id: "1")])], continuing: [first], at: 2000)
        let (one, _) = try bench.backUp([given(Bench.laptop, [])], continuing: [root], at: 3000)
        let (two, _) = try bench.backUp([given(Bench.phone, [])], continuing: [root], at: 4000)
        let (both, _) = try bench.backUp([], continuing: [two, one], at: 5000)
        #expect(try both.allLines(of: "c").map(\.gone?.milliseconds) == [2000])
    }

    @Test("conversations, people, files and a folder name that both chose stay apart or come together by their ids")
    func records() throws {
        let bench = try Bench()
        try bench.addFile("1.jpg", [1])
        try bench.addFile("2.jpg", [2])
        let titled = { (id: String) in Conversation(id: ConversationID(id), title: "午饭", kind: .group, app: "example") }
        let make = { (source: ArchiveSource, id: String, file: String, name: String, at: Int64) in
            try bench.backUp(
                [
                    .init(
                        source: source, exports: [[(picture(.file(path: file)), id)]],
                        people: [Person(id: PersonID("p1"), name: name, phones: [source.host])],
                        conversations: [titled(id)])
                ], at: at
            ).archive
        }
        let one = try make(Bench.laptop, "c", "1.jpg", "Wei", 1000)
        let two = try make(Bench.phone, "d", "2.jpg", "张伟", 2000)
        let (both, _) = try bench.backUp([], continuing: [two, one], at: 3000)
        #expect(try both.conversations().map { "\($0.conversation.id.text) \($0.folder)" } == ["d 午饭", "c 午饭-2"])
        for id in ["c", "d"] {
            let attachment = try #require(try both.allLines(of: id).first?.message.attachments.first)
            guard case .stored(let sha256, _) = attachment.content else {
                Issue.record("not stored")
                continue
            }
            #expect(try both.mediaNode(sha256: sha256) != nil)
        }
        let person = try #require(try both.people().first)
        #expect(person.person.name == "张伟" && person.earlierNames == ["Wei"])
        #expect(person.person.phones.sorted() == ["laptop", "phone"])
    }

    @Test("archives whose months are cut in other zones are merged without repeating a message")
    func zones() throws {
        let bench = try Bench()
        let shanghai = try #require(Zone(named: "Asia/Shanghai"))
        // From 2021-09-30 13:00 UTC on, every hour: September and October, by either zone.
        let messages = (0..<24).map {
            text("\($0)", id: "\($0)", at: Timestamp(seconds: 1_633_006_800 + Int64($0) * 3600))
        }
        let (one, _) = try bench.backUp([given(Bench.laptop, messages)], at: 1000, zone: .utc)
        let (two, _) = try bench.backUp([given(Bench.phone, messages)], at: 2000, zone: shanghai)
        let (both, _) = try bench.backUp([], continuing: [two, one], at: 3000)
        #expect(both.manifest.zone == "Asia/Shanghai")
        #expect(try both.allLines(of: "c").map(\.message) == messages)
        #expect(try both.allLines(of: "c").allSatisfy { $0.sources == [0, 1] })
        // The next reading of each is known again, and what it loses is marked.
        let (after, account) = try bench.backUp(
            [given(Bench.laptop, Array(messages.dropFirst())), given(Bench.phone, Array(messages.dropFirst()))],
            continuing: [both], at: 4000)
        #expect(account.stored == 0 && account.nowGone == 1)
        #expect(try after.allLines(of: "c").filter { $0.gone != nil }.map(\.message.text) == ["0"])
    }

    @Test("hosts that fork and merge at random lose nothing, repeat nothing, and agree on who has what")
    func randomForks() throws {
        var random = SeededGenerator.printed("forks")
        for round in 0..<15 {
            let bench = try Bench()
            var all: [Archive] = []
            var has: [Set<Int>] = [[], [], []]
            var ever: Set<Int> = []
            for step in 1...8 {
                let source = Int.random(in: 0..<3, using: &random)
                has[source] = has[source].filter { _ in Int.random(in: 0..<4, using: &random) > 0 }
                for _ in 0..<3 { has[source].insert(Int.random(in: 0..<20, using: &random)) }
                ever.formUnion(has[source])
                // A host that was offline does not see the newest archives of others, but always its own.
                let mine = ArchiveSource(host: "host \(source)", path: "/export")
                let seen = Bool.random(using: &random) ? all.count : Int.random(in: 0...all.count, using: &random)
                let own = all.lastIndex { archive in
                    archive.manifest.sources.firstIndex(of: mine).map {
                        archive.manifest.readings[$0].time > Timestamp(milliseconds: 0)
                    } ?? false
                }
                let heads = ArchiveHeads.heads(of: Array(all.prefix(max(seen, (own ?? -1) + 1))))
                let messages = has[source].sorted().map {
                    text("\($0)", id: "\($0)", at: seconds(Int64($0) * 86400 * 5))
                }
                all.append(try bench.backUp([given(mine, messages)], continuing: heads, at: Int64(step) * 1000).archive)
            }
            let heads = ArchiveHeads.heads(of: all)
            let (final, _) = try bench.backUp([], continuing: heads, at: 9000)
            var shown: [Int: [String]] = [:]
            for line in try final.allLines(of: "c") {
                let number = try #require(Int(line.message.text))
                #expect(shown[number] == nil, "round \(round): message \(number) twice")
                shown[number] = line.sources.map { final.manifest.sources[$0].host }.sorted()
                #expect((line.gone != nil) == line.sources.isEmpty)
            }
            let expected = Dictionary(
                uniqueKeysWithValues: ever.map { number in
                    (number, (0..<3).filter { has[$0].contains(number) }.map { "host \($0)" })
                })
            #expect(shown == expected, "round \(round)")
            #expect(ArchiveHeads.heads(of: all + [final]).map(\.tree) == [final.tree])
        }
    }
}
