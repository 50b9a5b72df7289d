import ChatModel
import Foundation
import Testing

@testable import ChatImport

struct MadeUpAccountTests {
    /// The tail in a log only, a later state of the same account, other names of tables.
    static let variants: [[String]] = [[], ["--wal"], ["--stage", "2"], ["--seed", "5"], ["--seed", "6"]]

    @Test("an account on a computer is read as it was made up", arguments: ["pc3", "v4", "mac3"], variants)
    func madeUp(shape: String, options: [String]) throws {
        let made = try MadeUpAccount(shape, options)
        var keys = try made.keys()
        // The byte can be found.
        keys.imageByte = nil
        let comparison = try AccountComparison(try made.open(keys), of: made)
        #expect(comparison.differences == [])
        #expect(comparison.damages == [])
    }

    @Test(
        "an encrypted account is read with its key among others, and refused without",
        .enabled(if: Programs.haveSQLCipher),
        arguments: ["pc3", "v4", "mac3"])
    func encrypted(shape: String) throws {
        let made = try MadeUpAccount(shape, ["--encrypted", "--wal"])
        let other = try #require(DatabaseKey(Array(String(repeating: "0a", count: 32).utf8)))
        var keys = try made.keys()
        keys.databaseKeys.insert(other, at: 0)
        let account = try made.open(keys)
        #expect(try AccountComparison(account, of: made).differences == [])
        #expect(account.notes.contains { if case .opened(_, let told) = $0 { told.isEncrypted } else { false } })
        keys.databaseKeys = [other]
        let wrong = keys
        #expect(throws: ImportError.self) { try made.open(wrong) }
        #expect(throws: ImportError.self) { try made.open(SourceKeys()) }
    }

    @Test("pictures that need another key stay as they are, and are counted")
    func picturesWithoutKey() throws {
        let made = try MadeUpAccount("v4")
        let account = try made.open(SourceKeys())
        let comparison = try AccountComparison(account, of: made)
        let needs = account.notes.compactMap { if case .picturesNeedKey(let count) = $0 { count } else { nil } }
        #expect(needs.first ?? 0 > 10)
        #expect(comparison.unshown == needs.first)
        #expect(comparison.differences.allSatisfy { $0.hasPrefix("bytes of ") || $0.hasPrefix("thumbnail of ") })
    }

    @Test("what is in two shards is told once, and what the owner deleted is counted")
    func notes() throws {
        let pc3 = try MadeUpAccount("pc3")
        let windows = try pc3.open()
        let comparison = try AccountComparison(windows, of: pc3)
        let duplicates = windows.notes.compactMap { if case .duplicates(let rows) = $0 { rows } else { nil } }
        #expect(duplicates.count == 1 && duplicates[0] > 0)
        #expect(comparison.rows >= (try pc3.lines("expected").count))
        let mac = try MadeUpAccount("mac3")
        let mac3 = try mac.open()
        _ = try AccountComparison(mac3, of: mac)
        let deleted = mac3.notes.compactMap { if case .deletedRows(_, let rows) = $0 { rows } else { nil } }
        #expect(deleted.reduce(0, +) > 0)
    }

    @Test(
        "an account is found from the folder that holds its folder, from its own, and from its databases alone",
        arguments: [("pc3", "Msg"), ("v4", "db_storage")])
    func places(shape: String, databases: String) throws {
        let made = try MadeUpAccount(shape)
        let above = try made.open()
        var total = 0
        try above.rows({ _ in total += 1 }, damaged: { _ in })
        let own = made.root + "/" + (try #require(WeChatShape.places(below: made.root).first)).folder
        for folder in [own, own + "/" + databases] {
            let account = try #require(try MadeUpAccount.open(folder).first)
            var count = 0
            try account.rows({ _ in count += 1 }, damaged: { _ in })
            #expect(count == total)
            #expect(account.owner == above.owner)
        }
        #expect(above.owner != nil)
    }
}
