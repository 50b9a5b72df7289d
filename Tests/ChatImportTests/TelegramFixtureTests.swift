import ChatImport
import ChatModel
import Foundation
import SeededRandom
import Testing

@Suite(.enabled(if: Fixtures.areThere, "needs the published exports beside the package"))
struct TelegramFixtureTests {
    private static let folder = Fixtures.root + "/telegram/innerdvations-telegram-chat-parser/"

    @Test(arguments: [
        ("bot", 2, 0), ("private_channel", 5, 2), ("private_group", 1, 1), ("public_channel", 5, 2),
        ("public_supergroup", 1, 3), ("saved", 20, 1), ("users_test", 8, 1), ("personal", 0, 0),
    ])
    func `every published export gives its messages and service lines`(name: String, messages: Int, service: Int) throws
    {
        let found = try Import(Self.folder + name + ".json", .telegram)
        #expect(found.messages.filter { $0.0.kind != .system }.count == messages)
        #expect(found.messages.filter { $0.0.kind == .system }.count == service)
        #expect(found.skipped.isEmpty)
        #expect(found.conversations.count == 1)
        #expect(try recognise(Self.folder + name + ".json") == .telegram)
    }

    @Test func `fields of wrong types lose no message`() throws {
        let found = try Import(Self.folder + "error-unexpected.json", .telegram)
        #expect(found.messages.count == 16)
        #expect(found.skipped.isEmpty)
        #expect(found.first?.kind == .unknown)
        #expect(found.first?.raw != nil)
        #expect(found.message("176169")?.raw != nil)
        #expect(found.messages.filter { $0.0.id == nil }.count == 1)
    }

    @Test func `a broken export says where it breaks`() throws {
        #expect(try recognise(Self.folder + "error.json") == .telegram)
        #expect {
            try Import(Self.folder + "error.json", .telegram)
        } throws: { error in
            guard case .damaged("error.json", _, 5, 3, _)? = error as? ImportError else {
                print(error)
                return false
            }
            return true
        }
    }

    @Test func `saved messages keep links, forwards, media and polls`() throws {
        let found = try Import(Self.folder + "saved.json", .telegram)
        #expect(found.conversations.first?.kind == .saved)
        #expect(found.conversations.first?.title == "Saved Messages")
        #expect(
            found.message("173430")?.text
                == "bold italic strikethrough underline @person http://google.com monospace http://mystery.knightlab.com/"
        )
        #expect(found.message("173430")?.raw != nil)
        #expect(found.message("176390")?.forwardedFrom == "Other Person")
        #expect(found.message("217584")?.kind == .voice)
        #expect(found.message("278329")?.kind == .sticker)
        #expect(found.message("278329")?.text == "DoNotChange")
        #expect(found.message("5")?.text == "Poll question\n- option 1 (1 vote)\n- option 2")
        #expect(found.message("7")?.replyTo == MessageID("6"))
        let large = try #require(found.message("318170")?.attachments.first)
        #expect(large.content == .missing(reason: "the file is larger than the limit chosen for the export"))
        let photo = try #require(found.message("173429"))
        #expect(photo.kind == .image)
        #expect(photo.attachments.first?.content == .missing(reason: "the file is not in the source's folder"))
        #expect(photo.wallTime == CivilTime("2020-08-01T22:01:49"))
        #expect(found.notes == [.zoneAssumed(paths: ["saved.json"], zone: "UTC")])
    }

    private struct Target: Decodable {
        let timestamp: String
        let author: String
        let message: String
    }

    @Test(arguments: ["test_single_export.json", "test_batch_export.json"])
    func `both shapes give the published times, authors and texts`(name: String) throws {
        let folder = Fixtures.root + "/telegram/joweich-chat-miner/"
        let data = try Data(contentsOf: URL(fileURLWithPath: folder + "target.json"))
        let targets = try JSONDecoder().decode([Target].self, from: data)
        let found = try Import(folder + name, .telegram, zone: #require(Zone(named: "Asia/Shanghai")))
        #expect(found.messages.count == targets.count)
        for ((message, _), target) in zip(found.messages, targets) {
            // The published times are UTC.
            #expect(Zone.utc.civilTime(at: message.time).description == target.timestamp)
            #expect(message.sender.flatMap { found.people[$0]?.name } == target.author)
            // Neighbouring pieces of the text are joined by a blank there, while Telegram puts blanks into the pieces.
            #expect(message.text.replacing(" ", with: "") == target.message.replacing(" ", with: ""))
        }
    }

    @Test func `every truncation and many bit flips of an export throw or are told, and none traps`() throws {
        var random = SeededGenerator.printed("damaged exports")
        let folder = try TemporaryFolder()
        for name in ["users_test", "public_supergroup"] {
            let whole = try [UInt8](Data(contentsOf: URL(fileURLWithPath: Self.folder + name + ".json")))
            let end = (whole.lastIndex(of: UInt8(ascii: "}")) ?? 0)
            for length in stride(from: 0, through: end, by: 3) {
                let file = try folder.write("result.json", Array(whole[..<length]))
                #expect(throws: ImportError.self) { try Import(file, .telegram) }
            }
            for _ in 0..<1000 {
                var damaged = whole
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    damaged[Int.random(in: whole.indices, using: &random)] ^=
                        1 << UInt8.random(in: 0..<8, using: &random)
                }
                let file = try folder.write("result.json", damaged)
                do { _ = try Import(file, .telegram) } catch is ImportError {}
                _ = try? recognise(file)
            }
        }
    }
}
