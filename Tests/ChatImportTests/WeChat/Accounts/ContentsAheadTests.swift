import ChatModel
import Testing

@testable import ChatImport

struct ContentsAheadTests {
    private struct Full: Error {}

    private static let rows = (0..<5000).map { number in
        WeChatRow(
            talker: "wxid_a", serverID: Int64(number), localID: Int64(number), time: Timestamp(seconds: Int64(number)),
            content: Array("text \(number)".utf8))
    }

    private static func contents() -> ContentsAhead { ContentsAhead { WeChatContent(of: $0, owner: nil) { _ in nil } } }

    @Test("rows come out in their order, each with what it says", arguments: [0, 1, 255, 256, 257, 5000])
    func order(count: Int) throws {
        var contents = Self.contents()
        var told: [String] = []
        for row in Self.rows.prefix(count) {
            try contents.add(row) { told.append("\($0.row.localID) \($0.content.text) \($0.message.id?.text ?? "-")") }
        }
        try contents.finish { told.append("\($0.row.localID) \($0.content.text) \($0.message.id?.text ?? "-")") }
        #expect(told == (0..<count).map { "\($0) text \($0) \($0 == 0 ? "-" : String($0))" })
    }

    @Test("few rows are under way, and few bytes")
    func bounded() throws {
        var contents = Self.contents()
        var (given, told, most) = (0, 0, 0)
        for row in Self.rows {
            given += 1
            try contents.add(row) { _ in told += 1 }
            most = max(most, given - told)
        }
        #expect(most <= 1024)
        var (large, ahead) = (Self.contents(), 0)
        for _ in 0..<4 {
            let row = WeChatRow(
                talker: "a", time: Timestamp(seconds: 1), content: [UInt8](repeating: 0x41, count: 5 << 20))
            ahead += 1
            try large.add(row) { _ in ahead -= 1 }
            #expect(ahead == 0)
        }
    }

    @Test("after an error of who is told, nothing more is told")
    func stopped() {
        var contents = Self.contents()
        var told = 0
        func take(_ content: ContentsAhead.Content) throws {
            guard told < 1000 else { throw Full() }
            told += 1
        }
        #expect(throws: Full.self) { for row in Self.rows { try contents.add(row, take) } }
        #expect(throws: Never.self) { try contents.finish(take) }
        #expect(told == 1000)
    }

    @Test("what was read before a fault is told")
    func faults() throws {
        final class Broken: WeChatAccount {
            var owner: String? { nil }
            var notes: [WeChatNote] { [] }
            func contacts(_ body: (WeChatContact) throws -> Void) {}
            func groups(_ body: (WeChatGroup) throws -> Void) {}
            func rows(_ body: (WeChatRow) throws -> Void, damaged: (DatabaseDamage) throws -> Void) throws {
                for row in ContentsAheadTests.rows.prefix(700) { try body(row) }
                throw Full()
            }
            func attachment(for media: WeChatContent.Media, of row: WeChatRow) -> ChatModel.Attachment {
                ChatModel.Attachment(name: "", content: .missing(reason: "none"))
            }
        }
        var texts: [String] = []
        var reading = WeChatImport(Broken(), root: "account")
        #expect(throws: Full.self) {
            try reading.read { if case .message(let message, _) = $0 { texts.append(message.text) } }
        }
        #expect(texts == (0..<700).map { "text \($0)" })
    }

    @Test("the names in a folder are known, those of one that is not there are none, and of no folder nothing is known")
    func folderNames() throws {
        let folder = try TemporaryFolder()
        _ = try folder.write("Img/1.pic", [1])
        let names = FolderNames(of: folder.path + "/Img")
        #expect(names.mayHave("1.pic") && !names.mayHave("2.pic"))
        #expect(!FolderNames(of: folder.path + "/Audio").mayHave("1.aud"))
        #expect(FolderNames(of: folder.path + "/Img/1.pic").mayHave("1.aud"))
        #expect(FolderNames.unknown.mayHave("1.aud"))
    }
}
