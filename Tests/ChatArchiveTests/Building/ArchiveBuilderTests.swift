import ChatModel
import Foundation
import ResticRepository
import SeededRandom
import Storage
import Testing

@testable import ChatArchive

struct ArchiveBuilderTests {
    private func given(_ messages: [Message], _ source: ArchiveSource = Bench.laptop) -> Bench.Given {
        .init(source: source, exports: [messages.map { ($0, "c") }])
    }

    @Test("a first backup stores people, conversations, months and messages, and its account adds up")
    func first() throws {
        let bench = try Bench()
        let messages = [text("a", id: "1"), text("b", id: "2", at: seconds(86400 * 40))]
        let (archive, account) = try bench.backUp(
            [
                .init(
                    exports: [messages.map { ($0, "c") } + [(text("x"), "undeclared")]],
                    people: [Person(id: PersonID("p1"), name: "张伟")],
                    conversations: [
                        Conversation(id: ConversationID("c"), title: "午饭/lunch", kind: .group, app: "example"),
                        Conversation(id: ConversationID("empty"), title: "Empty", kind: .direct, app: "example"),
                    ])
            ], at: 1000)
        #expect(account.rowsRead == 3 && account.stored == 3 && account.addsUp)
        #expect(try archive.people().map(\.person.name) == ["张伟"])
        #expect(try archive.conversations().map(\.folder) == ["午饭_lunch", "Empty", "undeclared"])
        #expect(try archive.record(of: "c").messages == 2)
        #expect(try archive.record(of: "c").span == seconds(0)...seconds(86400 * 40))
        #expect(try archive.folder(named: "午饭_lunch").months.map(\.month.description) == ["2021-09", "2021-10"])
        #expect(try archive.allLines(of: "c") == messages.map { MessageLine($0, sources: [0]) })
        #expect(try archive.folder(named: "Empty").months.isEmpty)
        #expect(archive.manifest.sources == [Bench.laptop])
    }

    @Test("months are those of the archive's zone, which stays whatever zone later backups run in")
    func zone() throws {
        let bench = try Bench()
        let shanghai = try #require(Zone(named: "Asia/Shanghai"))
        // 2021-09-30 17:00 UTC is October in Shanghai.
        let message = text("a", id: "1", at: Timestamp(seconds: 1_633_021_200))
        let (first, _) = try bench.backUp([given([message])], at: 1000, zone: shanghai)
        #expect(try first.folder(named: "c").months.map(\.month.description) == ["2021-10"])
        let (second, account) = try bench.backUp([given([message])], continuing: [first], at: 2000, zone: .utc)
        #expect(second.tree == first.tree)
        #expect(account.alreadyArchived == 1)
    }

    @Test("a message that its source dates by the wall is the same at a month's edge when another zone is assumed")
    func wallTime() throws {
        let bench = try Bench()
        let shanghai = try #require(Zone(named: "Asia/Shanghai"))
        let wall = try #require(CivilTime("2021-10-01T00:30:00"))
        let messages = [Zone.utc, shanghai].map { zone in
            var message = text("a", at: zone.moment(of: wall))
            message.wallTime = wall
            return message
        }
        #expect(Zone.utc.month(of: messages[1].time).description == "2021-09")
        let (first, _) = try bench.backUp([given([messages[0]])], at: 1000)
        #expect(try first.folder(named: "c").months.map(\.month.description) == ["2021-10"])
        let (second, account) = try bench.backUp([given([messages[1]])], continuing: [first], at: 2000)
        #expect(account.stored == 0 && account.alreadyArchived == 1 && account.nowGone == 0)
        #expect(try second.allLines(of: "c").count == 1)
        let (third, moved) = try bench.backUp([given([messages[1]])], continuing: [second], at: 3000, zone: shanghai)
        #expect(moved.stored == 0)
        #expect(try third.allLines(of: "c").count == 1)
    }

    @Test("an unchanged source gives the same archive, and nothing new is stored")
    func unchanged() throws {
        let bench = try Bench()
        try bench.addFile("photo.jpg", [1, 2, 3])
        var source = given([
            text("a", id: "1"), text("ok"), text("ok"), picture(.file(path: "photo.jpg"), id: "5"),
            picture(.file(path: "absent.jpg"), id: "6"),
        ])
        source.people = [Person(id: PersonID("p1"), name: "x"), Person(id: PersonID("p1"), name: "y")]
        let (first, _) = try bench.backUp([source], at: 1000)
        var builder = try ArchiveBuilder(continuing: [first], in: .utc)
        builder.begin(source.source)
        for person in source.people { try builder.add(person) }
        builder.beginExport()
        for (message, conversation) in source.exports[0] { try builder.add(message, to: ConversationID(conversation)) }
        let writer = try bench.repository.makeWriter()
        let outcome = try builder.finish(
            attachments: bench.files, into: writer, bench.repository, at: Timestamp(milliseconds: 2000), lastRead: [:])
        let written = try writer.finish()
        #expect(outcome.tree == first.tree)
        #expect(written.dataBlobs == 0 && written.treeBlobs == 0)
        #expect(outcome.account.alreadyArchived == 5 && outcome.account.stored == 0)
        #expect(outcome.account.attachmentsMissing.values.reduce(0, +) == 1)
    }

    @Test("only the month that changed is written anew")
    func oneMonth() throws {
        let bench = try Bench()
        let october = text("b", id: "2", at: seconds(86400 * 40))
        let (first, _) = try bench.backUp([given([text("a", id: "1"), october])], at: 1000)
        let (second, account) = try bench.backUp(
            [given([text("a", id: "1"), october, text("c", id: "3", at: seconds(86400 * 41))])], continuing: [first],
            at: 2000)
        let months = try #require(try first.folder(named: "c").months.first)
        #expect(try second.folder(named: "c").node(of: months.month) == first.folder(named: "c").node(of: months.month))
        #expect(account.stored == 1 && account.alreadyArchived == 2)
    }

    @Test(
        "messages, months and conversations that the source gives no more stay, marked with the last backup that had them"
    )
    func nothingIsLost() throws {
        let bench = try Bench()
        let (first, _) = try bench.backUp(
            [
                .init(exports: [
                    [
                        (text("a", id: "1"), "c"), (text("b", id: "2", at: seconds(86400 * 40)), "c"),
                        (text("d", id: "3"), "d"),
                    ]
                ])
            ],
            at: 1000)
        let lastRead = [Bench.laptop: Timestamp(milliseconds: 1500)]
        let (second, account) = try bench.backUp(
            [given([text("a", id: "1")])], continuing: [first], at: 2000, lastRead: lastRead)
        #expect(account.nowGone == 2 && account.stored == 0)
        #expect(try second.allLines(of: "c").map(\.gone?.milliseconds) == [nil, 1500])
        #expect(try second.allLines(of: "d").map(\.gone?.milliseconds) == [1500])
        #expect(try second.record(of: "d").sources == [])
        // And once more: the mark stays as it is.
        let (third, again) = try bench.backUp(
            [given([text("a", id: "1")])], continuing: [second], at: 3000,
            lastRead: [Bench.laptop: Timestamp(milliseconds: 2000)])
        #expect(again.nowGone == 0)
        #expect(third.tree == second.tree)
    }

    @Test("a source that is not part of a backup loses nothing")
    func otherSourceUntouched() throws {
        let bench = try Bench()
        let (first, _) = try bench.backUp([given([text("a", id: "1")])], at: 1000)
        let (second, account) = try bench.backUp(
            [given([text("b", id: "2")], Bench.phone)], continuing: [first], at: 2000)
        #expect(try second.allLines(of: "c").map(\.sources) == [[0], [1]])
        #expect(account.nowGone == 0)
        #expect(second.manifest.sources == [Bench.laptop, Bench.phone])
    }

    @Test("two sources of one backup that have the same message store it once, as each other's duplicate")
    func twoSources() throws {
        let bench = try Bench()
        let (archive, account) = try bench.backUp(
            [given([text("a", id: "1")]), given([text("a", id: "1"), text("b", id: "2")], Bench.phone)], at: 1000)
        #expect(try archive.allLines(of: "c").map(\.sources) == [[0, 1], [1]])
        #expect(account.stored == 2 && account.duplicates == 1 && account.addsUp)
    }

    @Test("a source that is begun twice, by two paths of one name, is read once")
    func begunTwice() throws {
        let bench = try Bench()
        let halves = [
            given([text("a", id: "1"), text("b", id: "2")]), given([text("b", id: "2"), text("c", id: "3")]),
        ]
        let (first, account) = try bench.backUp(halves, at: 1000)
        #expect(account.stored == 3 && account.duplicates == 1)
        #expect(try bench.backUp(halves, continuing: [first], at: 2000).archive.tree == first.tree)
    }

    @Test("skipped rows are counted by reason")
    func skipped() throws {
        let bench = try Bench()
        var builder = try ArchiveBuilder(continuing: [], in: .utc)
        builder.begin(Bench.laptop)
        builder.skip(reason: "no date")
        builder.skip(reason: "no date")
        let (archive, account) = try bench.finish(&builder, at: 1000)
        #expect(account.rowsRead == 2 && account.skipped == ["no date": 2] && account.addsUp)
        #expect(try archive.conversations().isEmpty)
        #expect(!archive.manifest.reading(of: Bench.laptop).isWhole)
        builder = try ArchiveBuilder(continuing: [archive], in: .utc)
        builder.begin(Bench.laptop)
        builder.skip(reason: "a signal", isHarmless: true)
        #expect(try bench.finish(&builder, at: 2000).archive.manifest.reading(of: Bench.laptop).isWhole)
    }

    @Test("conversations of one title have the same folders whichever a source tells first")
    func foldersByIdentifier() throws {
        let bench = try Bench()
        let titled = { Conversation(id: ConversationID($0), title: "午饭", kind: .group, app: "example") }
        for order in [["c", "d", "e"], ["e", "d", "c"], ["d", "e", "c"]] {
            let source = Bench.Given(
                exports: [order.map { (text("a", id: "1"), $0) }], conversations: order.map(titled))
            let (archive, _) = try bench.backUp([source], at: 1000)
            let folders = try archive.conversations().map { "\($0.conversation.id.text) \($0.folder)" }.sorted()
            #expect(folders == ["c 午饭", "d 午饭-2", "e 午饭-3"])
        }
    }

    @Test("a conversation keeps its folder when its title changes, and two of one title have two folders")
    func folders() throws {
        let bench = try Bench()
        let titled = { (id: String, title: String) in
            Conversation(id: ConversationID(id), title: title, kind: .group, app: "example")
        }
        var source = Bench.Given(
            exports: [[(text("a", id: "1"), "c"), (text("b", id: "1"), "d")]],
            conversations: [titled("c", "午饭"), titled("d", "午饭")])
        let (first, _) = try bench.backUp([source], at: 1000)
        #expect(try first.conversations().map(\.folder) == ["午饭", "午饭-2"])
        source.conversations = [titled("d", "午饭"), titled("c", "晚饭")]
        let (second, _) = try bench.backUp([source], continuing: [first], at: 2000)
        #expect(try second.conversations().map(\.folder) == ["午饭", "午饭-2"])
        #expect(try second.record(of: "c").conversation.title == "晚饭")
        let long = String(repeating: "长", count: 100)
        source.conversations = [titled("e", long), titled("f", long)]
        let (third, _) = try bench.backUp([source], at: 3000)
        let names = try third.conversations().map(\.folder)
        #expect(Set(names).count == names.count && names.allSatisfy { $0.utf8.count <= 200 })
    }

    @Test("rows that do not fit in memory give the same archive")
    func spilled() throws {
        let bench = try Bench()
        let messages = (0..<300).map { text("message \($0)", id: "\($0)", at: seconds(Int64($0) * 86_000)) }
        let (one, _) = try bench.backUp([given(messages)], at: 1000)
        let (other, _) = try bench.backUp([given(messages)], at: 1000, bucketLimit: 1000)
        #expect(one.tree == other.tree)
    }

    /// An archive as older versions wrote it: each list of months lies beside its segments.
    private func old(_ archive: Archive, in bench: Bench, segments: Bool = true) throws -> Archive {
        let writer = try bench.repository.makeWriter()
        var folder = TreeBuilder(.init(modified: .epoch))
        var list = try #require(try archive.monthList(of: "c"))
        list.name = Array("months.jsonl".utf8)
        folder.add(list)
        if segments { for month in try archive.folder(named: "c").months { folder.add(month.node) } }
        var folders = TreeBuilder(.init(modified: .epoch))
        folders.addDirectory("c", try folder.finish(writer))
        var root = TreeBuilder(.init(modified: .epoch))
        for node in archive.root.nodes where node.kind == .file { root.add(node) }
        root.addDirectory("conversations", try folders.finish(writer))
        let tree = try root.finish(writer)
        _ = try writer.finish()
        return try Archive(repository: bench.repository, tree: tree)
    }

    @Test("a segment that is gone is an error that names it, not an empty month")
    func missingSegment() throws {
        let bench = try Bench()
        let (first, _) = try bench.backUp([given([text("a", id: "1")])], at: 1000)
        let damaged = try old(first, in: bench, segments: false)
        #expect(throws: ArchiveError.self) {
            _ = try bench.backUp([given([text("b", id: "2")])], continuing: [damaged], at: 2000)
        }
    }

    @Test("an archive with its lists of months in the folders is read and continued")
    func olderLayout() throws {
        let bench = try Bench()
        let (first, _) = try bench.backUp([given([text("a", id: "1")])], at: 1000)
        let older = try old(first, in: bench)
        #expect(try older.folder(named: "c").months == first.folder(named: "c").months)
        let both = [given([text("a", id: "1"), text("b", id: "2")])]
        let (second, _) = try bench.backUp(both, continuing: [older], at: 2000)
        let (expected, _) = try bench.backUp(both, continuing: [first], at: 2000)
        #expect(second.tree == expected.tree)
    }

    @Test("ten backups of two sources in several months show what a naive model says, and restic finds no fault")
    func tenBackups() throws {
        var random = SeededGenerator.printed("ten backups")
        for _ in 0..<12 {
            let bench = try Bench()
            var world = SegmentMergeModelTests.World(using: &random)
            var model = SegmentMergeModelTests.Model()
            var archive: Archive?
            var lastRead: [ArchiveSource: Timestamp] = [:]
            for backup in 1...10 {
                model.begin()
                let time = Timestamp(milliseconds: Int64(backup) * 1000)
                var sources: [Bench.Given] = []
                for source in 0..<world.sources.count where Bool.random(using: &random) {
                    world.change(source, using: &random)
                    let exports = world.exports(of: source, using: &random).map { $0.map(Self.spread) }
                    let name = ArchiveSource(host: "host \(source)", path: "/export")
                    sources.append(Bench.Given(source: name, exports: exports.map { $0.map { ($0, "c") } }))
                    model.give(exports, from: source, lastSeen: lastRead[name] ?? Timestamp(milliseconds: 0))
                }
                guard !sources.isEmpty else { continue }
                let result = try bench.backUp(
                    sources, continuing: archive.map { [$0] } ?? [], at: time.milliseconds, lastRead: lastRead)
                for source in sources { lastRead[source.source] = time }
                archive = result.archive
                let rows = sources.flatMap(\.exports).reduce(0) { $0 + $1.count }
                #expect(result.account.rowsRead == rows && result.account.addsUp)
                #expect(result.account.stored == model.counts.stored && result.account.edited == model.counts.edited)
                #expect(
                    result.account.nowGone == model.counts.nowGone && result.account.cameBack == model.counts.cameBack)
                let names = result.archive.manifest.sources.map { Int($0.host.dropFirst(5)) ?? -1 }
                var shown: [MessageLine] = []
                if !model.versions().isEmpty { shown = try result.archive.allLines(of: "c") }
                for index in shown.indices { shown[index].sources = shown[index].sources.map { names[$0] }.sorted() }
                #expect(shown.map(SegmentMergeModelTests.Version.init).sorted() == model.versions().sorted())
            }
            guard Bench.hasRestic, let archive else { continue }
            try bench.saveSnapshot(archive, at: 1)
            try bench.restic("check", "--read-data")
        }
    }

    /// The same message in one of three months.
    private static func spread(_ message: Message) -> Message {
        var message = message
        message.time = seconds((message.time.seconds - seconds(0).seconds) * 86400 * 31)
        return message
    }

    @Test("a large conversation passes through in little memory")
    func large() throws {
        let bench = try Bench()
        var builder = try ArchiveBuilder(continuing: [], in: .utc, bucketLimit: 1 << 20)
        builder.begin(Bench.laptop)
        for number in 0..<20_000 {
            try builder.add(
                text("message number \(number), some words long", id: "\(number)", at: seconds(Int64(number) * 900)),
                to: ConversationID("c"))
        }
        #expect(builder.buckets.bytesInMemory <= 1 << 20)
        let (archive, account) = try bench.finish(&builder, at: 1000)
        #expect(account.stored == 20_000)
        #expect(try archive.record(of: "c").messages == 20_000)
    }
}
