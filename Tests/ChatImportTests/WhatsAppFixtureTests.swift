import ChatImport
import ChatModel
import Foundation
import Testing

private let whatsapp = Fixtures.root + "/whatsapp"

@Suite(.enabled(if: Fixtures.areThere, "needs the published exports beside the package"))
struct WhatsAppFixtureTests {
    /// Files of the folder below `whatsapp`, with how many heads of messages each has.
    static let heads: [(String, Int)] = {
        let ios = ["Arabic", "CZ", "EN", "EN+Media", "FR", "German", "IT", "Portugal", "RU", "Spanish", "UKR"]
            .map { ("starkdmi-whats_json/ios/WhatsApp Chat - Elon Musk (\($0)).txt", 25) }
        let ios28 = ["Hindi", "Indonesian", "Japanese", "Thai", "Vietnamese"].map {
            ("starkdmi-whats_json/ios/iOS \($0).txt", 28)
        }
        let android = [
            ("Chat WhatsApp s\u{A0}uživatelem Dmitry S CZ Android", 60), ("WhatsApp Chat with Dmitry S EN Android", 60),
            ("WhatsApp Chat with Dmitry S EN+Media Android", 60),
            ("Чат WhatsApp с\u{A0}контактом Dmitry S RU Android", 60),
            ("WhatsApp Chat with Group Chat XXX Android", 20),
        ].map { ("starkdmi-whats_json/android/\($0).txt", $1) }
        let shapes = [
            ("asian-ampm", 5), ("asian", 5), ("dash", 5), ("dot-time-klo", 3), ("european-ampm", 4), ("french", 6),
            ("german", 6), ("ios", 5), ("spanish", 6),
        ].map { ("rodrigogs-whats-reader/parser-tests/\($0)-format-test.txt", $1) }
        let chats = [
            ("android-private-chat/WhatsApp Chat with Alice.txt", 45), ("ios-private-chat/_chat.txt", 45),
            ("ios-group-chat/_chat.txt", 39),
            ("android-group-chat/WhatsApp Chat with Family Group 👨‍👩‍👧‍👦.txt", 50),
        ].map { ("rodrigogs-whats-reader/chats/\($0)", $1) }
        return ios + ios28 + android + shapes + chats
            + [("rodrigogs-whats-reader/parser-tests/bracketed-year-first-test.txt", 3)]
    }()

    @Test("every published chat gives as many messages as it has heads", arguments: WhatsAppFixtureTests.heads)
    func headCounts(file: String, count: Int) throws {
        let path = "\(whatsapp)/\(file)"
        let found = try Import(path, .whatsapp)
        #expect(found.messages.count == count)
        #expect(found.skipped.isEmpty)
        #expect(try recognise(path) == .whatsapp)
        #expect(found.conversations.first.map { !$0.title.contains("WhatsApp") } == true)
    }

    @Test("sixteen languages of one chat agree in times, senders and kinds")
    func languagesAgree() throws {
        let folder = "\(whatsapp)/starkdmi-whats_json/ios"
        let english = try Import("\(folder)/WhatsApp Chat - Elon Musk (EN).txt", .whatsapp)
        let reference = english.messages.map(\.0)
        #expect(reference.map(\.kind) == Self.kinds)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() where name.hasSuffix(".txt") {
            let messages = try Import("\(folder)/\(name)", .whatsapp).messages.map(\.0)
            for (index, (message, expected)) in zip(messages, reference).enumerated() where index < 23 {
                // Exports of one message differ by a second of rounding.
                let difference = abs(message.time.milliseconds - expected.time.milliseconds)
                #expect(difference <= 1000, "\(name) \(index)")
                // A location is a link in every language, and so is a place's page; stickers and GIFs differ by build.
                // What is called audio without its file may turn out to be a voice message with it.
                let kind: Message.Kind = message.kind == .voice ? .audio : message.kind
                #expect(kind == expected.kind, "\(name) \(index): \(message.text)")
                if message.kind != .system, index != 20 {
                    #expect(message.sender == expected.sender, "\(name) \(index)")
                }
            }
        }
    }

    private static let kinds: [Message.Kind] = [
        .system, .text, .image, .image, .video, .audio, .text, .text, .contact, .sticker, .sticker, .file, .file, .file,
        .deleted, .image, .animation, .text, .text, .image, .deleted, .video, .location, .system, .system,
    ]

    @Test(
        "the published target agrees in every date order",
        arguments: [
            "mmddyy_24hrs", "ddmmyy_24hrs", "yyyymmdd_24hrs", "mmddyyyy_12hrs", "[mmddyy]_24hrs",
        ])
    func target(shape: String) throws {
        struct Row: Decodable, Hashable {
            let timestamp: String
            let author: String
            let message: String
        }
        let folder = "\(whatsapp)/joweich-chat-miner"
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/target.json"))
        let expected = try JSONDecoder().decode([Row].self, from: data)
        let found = try Import("\(folder)/test_\(shape).txt", .whatsapp)
        #expect(found.messages.count == 9)
        let rows = found.messages.map(\.0).compactMap { message -> Row? in
            guard let sender = message.sender, let wall = message.wallTime else { return nil }
            // The target joins lines with a blank.
            let text = message.text.replacingOccurrences(of: "\n", with: " ")
            return Row(
                timestamp: wall.description, author: String(sender.text.dropFirst("whatsapp:".count)), message: text)
        }
        // The target leaves out a message of a single full stop.
        #expect(Set(rows.filter { $0.message != "." }) == Set(expected))
        #expect(found.messages.filter { $0.0.kind == .system }.count == 2)
        #expect(!found.notes.contains { if case .dayFirstAssumed = $0 { true } else { false } })
    }

    @Test(
        "senders, times and texts are what a plain reading of the lines gives",
        arguments: [
            (
                "rodrigogs-whats-reader/chats/android-private-chat/WhatsApp Chat with Alice.txt",
                #"^(\d\d)/(\d\d)/(\d\d), (\d\d):(\d\d) - (?:([^:]+): )?(.*)$"#
            ),
            (
                "starkdmi-whats_json/android/WhatsApp Chat with Dmitry S EN Android.txt",
                #"^(\d\d)/(\d\d)/(\d{4}), (\d\d):(\d\d) - (?:([^:"]+): )?(.*)$"#
            ),
        ])
    func plainReading(file: String, pattern: String) throws {
        let head = try NSRegularExpression(pattern: pattern)
        var expected: [(time: String, sender: String?, text: String)] = []
        for line in try String(contentsOfFile: "\(whatsapp)/\(file)", encoding: .utf8).components(separatedBy: "\n") {
            let whole = NSRange(line.startIndex..., in: line)
            guard let match = head.firstMatch(in: line, range: whole) else {
                if !expected.isEmpty { expected[expected.count - 1].text += "\n" + line }
                continue
            }
            func group(_ index: Int) -> String? { Range(match.range(at: index), in: line).map { String(line[$0]) } }
            let year = group(3) ?? ""
            let time =
                "\(year.count == 2 ? "20" : "")\(year)-\(group(2) ?? "")-\(group(1) ?? "")T\(group(4) ?? ""):\(group(5) ?? ""):00"
            expected.append((time, group(6), group(7) ?? ""))
        }
        let messages = try Import("\(whatsapp)/\(file)", .whatsapp).messages.map(\.0)
        try #require(messages.count == expected.count)
        for (message, row) in zip(messages, expected) {
            #expect(message.wallTime?.description == row.time)
            #expect(message.sender?.text == row.sender.map { "whatsapp:\($0)" })
            guard message.attachments.isEmpty else { continue }
            #expect(message.text == row.text.trimmingCharacters(in: .newlines))
        }
    }

    @Test("attachments are found beside the text")
    func mediaBeside() throws {
        let found = try Import("\(whatsapp)/rodrigogs-whats-reader/chats/android-group-chat", .whatsapp)
        let files = found.messages.flatMap(\.0.attachments).compactMap { attachment -> String? in
            guard case .file(let path) = attachment.content else { return nil }
            return path
        }
        #expect(
            Set(files).isSuperset(of: [
                "IMG-20241201-WA0001.jpg", "PTT-20241201-WA0002.opus", "VID-20241202-WA0003.mp4",
            ]))
        #expect(found.conversations.first?.kind == .group)
        #expect(found.conversations.first?.title == "Family Group 👨‍👩‍👧‍👦")
    }

    @Test("a .zip gives what its text gives")
    func zipExport() throws {
        let path = "\(whatsapp)/starkdmi-whats_json/ios/WhatsApp Chat - Elon Musk (RU).zip"
        let folder = try TemporaryFolder()
        let unpacking = Process()
        unpacking.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        unpacking.arguments = ["python3", "-m", "zipfile", "-e", path, "\(folder.path)/WhatsApp Chat - Elon Musk (RU)"]
        try unpacking.run()
        unpacking.waitUntilExit()
        let text = try Import("\(folder.path)/WhatsApp Chat - Elon Musk (RU)", .whatsapp)
        let zip = try Import(path, .whatsapp)
        #expect(zip.messages.count == 25)
        #expect(zip.messages.map(\.0) == text.messages.map(\.0))
        #expect(zip.conversations == text.conversations)
    }

    @Test("a group's lines of the platform's own have no sender")
    func systemLines() throws {
        let found = try Import(
            "\(whatsapp)/starkdmi-whats_json/android/WhatsApp Chat with Group Chat XXX Android.txt", .whatsapp)
        #expect(found.messages.filter { $0.0.kind == .system && $0.0.sender == nil }.count == 16)
        #expect(found.messages.filter { $0.0.kind == .deleted }.count == 1)
    }
}
