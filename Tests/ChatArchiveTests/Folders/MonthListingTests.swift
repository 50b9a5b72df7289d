import ChatHistories
import ChatModel
import SeededRandom
import Testing

@testable import ChatArchive

private typealias Attachment = ChatModel.Attachment

struct MonthListingTests {
    private func message(
        _ text: String = "", by sender: String? = "张伟", kind: Message.Kind = .text, _ attachments: [Attachment] = [],
        after milliseconds: Int64 = 0
    ) -> Message {
        Message(
            time: Timestamp(milliseconds: Sample.moment.milliseconds + milliseconds),
            sender: sender.map { PersonID($0) }, kind: kind, text: text, attachments: attachments)
    }

    @Test("texts, pictures, files and what is missing have the names that the design shows")
    func names() throws {
        let listing = try Sample.listing([
            message("hello"),
            message(kind: .image, [Sample.stored("IMG_0815.JPG")], after: 1000),
            message(kind: .image, [Sample.stored("", type: "image/png")], after: 2000),
            message(kind: .voice, [Sample.stored("")], after: 3000),
            message("see this", by: "李雷", kind: .file, [Sample.stored("合同.pdf")], after: 4000),
            message(kind: .file, [Sample.stored("no extension")], after: 5000),
            message(kind: .image, [Attachment(name: "a.jpg", content: .missing(reason: "lost"))], after: 6000),
            message(kind: .video, [Attachment(name: "", content: .missing(reason: "lost"))], after: 7000),
            message("Anna joined", by: nil, kind: .system, after: 8000),
            message(by: nil, after: 9000),
        ])
        #expect(
            Sample.names(listing) == [
                "2021-09-04_15-03-55_张伟.txt",
                "2021-09-04_15-03-56_张伟.jpg",
                "2021-09-04_15-03-57_张伟.png",
                "2021-09-04_15-03-58_张伟.ogg",
                "2021-09-04_15-03-59_李雷.txt",
                "2021-09-04_15-03-59_李雷_合同.pdf",
                "2021-09-04_15-04-00_张伟_no_extension.bin",
                "2021-09-04_15-04-01_张伟_a.jpg.missing.txt",
                "2021-09-04_15-04-02_张伟_video.missing.txt",
                "2021-09-04_15-04-03.txt",
                "2021-09-04_15-04-04.txt",
            ])
        #expect(listing.entries.map(\.size) == [6, 12_345, 12_345, 12_345, 9, 12_345, 12_345, 37, 29, 12, 1])
    }

    @Test("a sticker and a video without a name have the extension of their type")
    func typesOfNameless() throws {
        let types = ["video/webm", "application/x-tgsticker", "video/quicktime", "image/webp", ""]
        let listing = try Sample.listing(
            types.enumerated().map { (position, type) in
                message(kind: .sticker, [Sample.stored("", type: type)], after: Int64(position) * 1000)
            })
        #expect(
            Sample.names(listing).map { String($0.suffix { $0 != "." }) } == ["webm", "tgs", "mov", "webp", "webp"])
    }

    @Test("a message of many files shows all of them")
    func manyFiles() throws {
        let listing = try Sample.listing([message(kind: .file, (0..<300).map { Sample.stored("file \($0).pdf") })])
        #expect(Set(Sample.names(listing)).count == 300)
        for (position, entry) in listing.entries.enumerated() {
            #expect(listing.position(of: entry.inode) == position)
        }
    }

    @Test("a file is found by its inode number, whatever the order of names")
    func byInode() throws {
        let ascending = try Sample.listing((0..<50).map { message("\($0)", after: $0 * 1000) })
        // `-10` comes before `-2`, so names and files of a message have different orders.
        let numbered = try Sample.listing([message(kind: .image, (0..<50).map { _ in Sample.stored("") })])
        for listing in [ascending, numbered] {
            for (position, entry) in listing.entries.enumerated() {
                #expect(listing.position(of: entry.inode) == position)
            }
            #expect(listing.position(of: InodeLayout.number(.message(segment: 7, line: 50, part: 0))) == nil)
            #expect(listing.position(of: InodeLayout.number(.message(segment: 6, line: 0, part: 0))) == nil)
            #expect(listing.segments == [7])
        }
        #expect(try Sample.listing([]).position(of: .root) == nil)
    }

    @Test(
        "messages of one second have their place in it right after the time, so that names and times sort as they were sent"
    )
    func sharedSecond() throws {
        let listing = try Sample.listing([
            message("1", by: "我"), message("2", by: "Emma"),
            message("3", by: "Emma", kind: .image, [Sample.stored("")]),
            message("4", by: nil), message("5", by: "Emma", after: 999), message("6", by: "Emma", after: 1000),
        ])
        #expect(
            Sample.names(listing) == [
                "2021-09-04_15-03-55-01_我.txt", "2021-09-04_15-03-55-02_Emma.txt", "2021-09-04_15-03-55-03_Emma.jpg",
                "2021-09-04_15-03-55-03_Emma.txt", "2021-09-04_15-03-55-04.txt", "2021-09-04_15-03-55-05_Emma.txt",
                "2021-09-04_15-03-56_Emma.txt",
            ])
        #expect(listing.entries.map(\.tie) == [0, 1, 2, 2, 3, 0, 0])
    }

    @Test("what a clock shows twice when it is set back is told apart, the earlier first")
    func clockSetBack() throws {
        let zone = try #require(Zone(named: "Europe/Berlin"))
        let first = try #require(Timestamp(rfc3339: "2021-10-31T02:30:00+02:00"))
        let messages = [0, 1000, 3_600_000, 3_601_000, 7_200_000].map {
            Message(time: Timestamp(milliseconds: first.milliseconds + $0), sender: PersonID("a\($0)"), text: "x")
        }
        let listing = MonthListing(
            of: zone.month(of: first), in: zone, from: [(7, try Sample.segment(messages))], mediaOnly: false,
            name: { Array($0.text.utf8) })
        #expect(
            Sample.names(listing) == [
                "2021-10-31_02-30-00-01_a0.txt", "2021-10-31_02-30-00-02_a3600000.txt",
                "2021-10-31_02-30-01-01_a1000.txt", "2021-10-31_02-30-01-02_a3601000.txt",
                "2021-10-31_03-30-00_a7200000.txt",
            ])
    }

    @Test("ten thousand messages in one second are ten thousand files, numbered in their order")
    func oneSecond() throws {
        let messages = (0..<10_000).map { message("message \($0)") }
        let listing = try Sample.listing(messages)
        #expect(listing.entries.count == 10_000)
        let names = Sample.names(listing)
        #expect(names == names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
        for number in [1, 2, 3, 999, 1000, 9999, 10_000] {
            let name = "2021-09-04_15-03-55-\(String(100_000 + number).dropFirst())_张伟.txt"
            let position = try #require(Array(name.utf8).withUnsafeBytes { listing.position(of: $0) }, "\(name)")
            #expect(
                listing.entries[position].inode
                    == InodeLayout.number(.message(segment: 7, line: number - 1, part: 0)), "\(name)")
        }
        #expect(listing.entries.indices.allSatisfy { Int(listing.entries[$0].tie) == $0 })
        #expect(Array("2021-09-04_15-03-55-10001_张伟.txt".utf8).withUnsafeBytes { listing.position(of: $0) } == nil)
    }

    @Test("a number that another name has already is passed over")
    func takenNumbers() throws {
        let files = ["x.pdf", "x.pdf", "x.pdf", "x-2.pdf", "x-2.pdf"].map { Sample.stored($0) }
        let listing = try Sample.listing([message(kind: .file, files)])
        #expect(
            Sample.names(listing) == [
                "2021-09-04_15-03-55_张伟_x-2-2.pdf", "2021-09-04_15-03-55_张伟_x-2.pdf",
                "2021-09-04_15-03-55_张伟_x-3.pdf", "2021-09-04_15-03-55_张伟_x-4.pdf", "2021-09-04_15-03-55_张伟_x.pdf",
            ])
        let parts = listing.entries.map { InodeLayout.place($0.inode) }
        #expect(
            parts == [5, 4, 2, 3, 1].map { .message(segment: 7, line: 0, part: $0) }, "each name is the right file's"
        )
    }

    @Test("no name is longer than 255 bytes, each is cut at a character, and its extension stays")
    func longNames() throws {
        let names = [
            String(repeating: "长", count: 200), String(repeating: "x", count: 1000), String(repeating: "👨‍👩‍👧‍👦", count: 50),
            "e" + String(repeating: "\u{301}", count: 300),
        ]
        var messages: [Message] = []
        for sender in names {
            for file in names {
                for _ in 0..<12 { messages.append(message(by: sender, kind: .file, [Sample.stored(file + ".docx")])) }
                messages.append(
                    message(by: sender, kind: .file, [Attachment(name: file, content: .missing(reason: ""))]))
            }
        }
        let listing = try Sample.listing(messages)
        for entry in listing.entries {
            listing.withName(entry) { bytes in
                #expect(bytes.count <= 255)
                let name = String(validating: Array(bytes), as: UTF8.self)
                #expect(name?.hasSuffix(".docx") == true || name?.hasSuffix(".missing.txt") == true)
                #expect(name?.contains("\u{FFFD}") == false)
            }
        }
        #expect(Set(Sample.names(listing)).count == messages.count)
        let room = try #require(
            Sample.names(try Sample.listing([message(by: nil, kind: .file, [Sample.stored(names[0] + ".pdf")])])).first)
        #expect(room.utf8.count > 235, "a long name is not cut more than it must be")
    }

    @Test("nothing that a shell or a path would take for something else is in a name")
    func hostileNames() throws {
        let hostile = [
            "../../etc", "a\u{0}b", "a\nb", "$(reboot)", "`x`", "-rf", ".", "..", "a*b?", "\u{202E}txt.exe",
            "\u{1B}[2J", "", " ",
        ]
        var messages: [Message] = []
        for name in hostile { messages.append(message(by: name, kind: .file, [Sample.stored(name)])) }
        for name in Sample.names(try Sample.listing(messages)) {
            #expect(name.hasPrefix("2021-09-04_15-03-55-"))
            let bad = name.unicodeScalars.filter {
                $0.value < 0x21 || $0.value == 0x7F || $0.value == 0x202E
                    || "/$`*?()[]{}<>|&;'\"\\!~#".unicodeScalars.contains($0)
            }
            #expect(bad.isEmpty, "\(name.debugDescription)")
        }
    }

    @Test("the media view has the same names and numbers without the texts")
    func mediaOnly() throws {
        let messages = [
            message("a", by: "x"),
            message("caption", by: "x", kind: .image, [Sample.stored("1.jpg"), Sample.stored("2.jpg")]),
            message(by: "x", kind: .image, [Sample.stored("3.jpg")]),
        ]
        let all = try Sample.listing(messages)
        let media = try Sample.listing(messages, mediaOnly: true)
        #expect(Sample.names(media) == Sample.names(all).filter { !$0.hasSuffix(".txt") })
        #expect(media.entries.map(\.inode) == all.entries.filter { $0.size == 12_345 }.map(\.inode))
        #expect(media.entries.count == 3)
    }

    @Test("only messages of the month in the zone of the names are listed")
    func zones() throws {
        let zone = try #require(Zone(named: "Asia/Shanghai"))
        let end = try #require(Timestamp(rfc3339: "2021-10-01T00:00:00+08:00"))
        let messages = [-1, 0, 1].map { Message(time: Timestamp(milliseconds: end.milliseconds + $0), text: "x") }
        #expect(Sample.names(try Sample.listing(messages, in: zone)) == ["2021-09-30_23-59-59.txt"])
        #expect(Sample.names(try Sample.listing(messages, in: .utc)).count == 3)
    }

    @Test("every name is found, and no other")
    func positions() throws {
        let seed = UInt64.random(in: 1...1 << 60)
        var numbers = SeededGenerator(seed: seed)
        let messages = (0..<500).map { _ in
            message(
                "x", by: numbers.one(of: ["a", "ab", "é", "e\u{301}", "z", ""]),
                after: Int64.random(in: 0...100_000, using: &numbers))
        }.sorted { $0.time < $1.time }
        let listing = try Sample.listing(messages)
        for (index, name) in Sample.names(listing).enumerated() {
            #expect(Array(name.utf8).withUnsafeBytes { listing.position(of: $0) } == index, "seed \(seed)")
            for other in [name + "x", String(name.dropLast()), name.uppercased(), ""] {
                #expect(Array(other.utf8).withUnsafeBytes { listing.position(of: $0) } == nil)
            }
        }
    }
}
