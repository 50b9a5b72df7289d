import ChatMedia
import ChatModel
import Foundation
import Testing

@testable import ChatImport

struct MadeUpAccountTests {
    /// The tail in a log only, a later state of the same account, other names of tables.
    static let variants: [[String]] = [[], ["--wal"], ["--stage", "2"], ["--seed", "5"], ["--seed", "6"]]

    @Test("an account of WeChat 3 for Windows is read as it was made up", arguments: variants)
    func windows3(options: [String]) throws {
        let made = try MadeUpAccount("pc3", options)
        let account = try Self.only(try Windows3Account.find(at: made.root, keys: []))
        let comparison = try AccountComparison(account, of: made)
        #expect(comparison.differences == [])
        #expect(comparison.damages == [])
    }

    @Test("an account of WeChat 4 for computers is read as it was made up", arguments: variants)
    func computer4(options: [String]) throws {
        let made = try MadeUpAccount("v4", options)
        let account = try Self.only(try Computer4Account.find(at: made.root, keys: [], imageKeys: made.imageKeys()))
        let comparison = try AccountComparison(account, of: made)
        #expect(comparison.differences == [])
        #expect(comparison.damages == [])
    }

    @Test("an account of WeChat 3 for Mac is read as it was made up", arguments: variants)
    func mac3(options: [String]) throws {
        let made = try MadeUpAccount("mac3", options)
        let account = try Self.only(try Mac3Account.find(at: made.root, keys: []))
        let comparison = try AccountComparison(account, of: made)
        #expect(comparison.differences == [])
        #expect(comparison.damages == [])
    }

    @Test("an encrypted account is read with its key among others", .enabled(if: Programs.haveSQLCipher))
    func encrypted() throws {
        let other = [try #require(DatabaseKey(Array(String(repeating: "0a", count: 32).utf8)))]
        let pc3 = try MadeUpAccount("pc3", ["--encrypted", "--wal"])
        let windows = try Self.only(try Windows3Account.find(at: pc3.root, keys: other + pc3.databaseKeys("pc3")))
        #expect(try AccountComparison(windows, of: pc3).differences == [])
        let mac = try MadeUpAccount("mac3", ["--encrypted"])
        let mac3 = try Self.only(try Mac3Account.find(at: mac.root, keys: other + mac.databaseKeys("mac3")))
        #expect(try AccountComparison(mac3, of: mac).differences == [])
        let v4 = try MadeUpAccount("v4", ["--encrypted"])
        let computer = try Self.only(
            try Computer4Account.find(at: v4.root, keys: other + v4.databaseKeys("v4"), imageKeys: v4.imageKeys()))
        #expect(try AccountComparison(computer, of: v4).differences == [])
        // What opens none of the databases is said at once.
        #expect(throws: ImportError.self) { try Windows3Account.find(at: pc3.root, keys: other) }
        #expect(throws: ImportError.self) { try Computer4Account.find(at: v4.root, keys: []) }
        #expect(throws: ImportError.self) { try Mac3Account.find(at: mac.root, keys: other) }
        #expect(windows.notes.contains { if case .opened(_, let told) = $0 { told.isEncrypted } else { false } })
    }

    @Test("pictures that need another key stay as they are, and are counted")
    func picturesWithoutKey() throws {
        let made = try MadeUpAccount("v4")
        let account = try Self.only(try Computer4Account.find(at: made.root, keys: []))
        let comparison = try AccountComparison(account, of: made)
        let needs = account.notes.compactMap { if case .picturesNeedKey(let count) = $0 { count } else { nil } }
        #expect(needs.first ?? 0 > 10)
        #expect(comparison.differences.allSatisfy { $0.hasPrefix("bytes of ") || $0.hasPrefix("thumbnail of ") })
    }

    @Test("what is in two shards is told once, and what the owner deleted is counted")
    func notes() throws {
        let pc3 = try MadeUpAccount("pc3")
        let windows = try Self.only(try Windows3Account.find(at: pc3.root, keys: []))
        let comparison = try AccountComparison(windows, of: pc3)
        let duplicates = windows.notes.compactMap { if case .duplicates(let rows) = $0 { rows } else { nil } }
        #expect(duplicates.count == 1 && duplicates[0] > 0)
        #expect(comparison.rows >= (try pc3.lines("expected").count))
        let mac = try MadeUpAccount("mac3")
        let mac3 = try Self.only(try Mac3Account.find(at: mac.root, keys: []))
        _ = try AccountComparison(mac3, of: mac)
        let deleted = mac3.notes.compactMap { if case .deletedRows(_, let rows) = $0 { rows } else { nil } }
        #expect(deleted.reduce(0, +) > 0)
    }

    @Test("an account is found from the folder that holds its folder, and from its databases alone")
    func places() throws {
        let made = try MadeUpAccount("pc3")
        let above = try Self.only(try Windows3Account.find(at: made.root, keys: []))
        let own = try Self.only(try Windows3Account.find(at: made.root + "/" + above.folder, keys: []))
        let alone = try Self.only(try Windows3Account.find(at: made.root + "/" + above.folder + "/Msg", keys: []))
        #expect(own.folder.isEmpty && alone.folder.isEmpty)
        #expect(above.owner != nil && own.owner == above.owner)
        for other in [own, alone] {
            var (count, total) = (0, 0)
            try above.rows({ _ in total += 1 }, damaged: { _ in })
            try other.rows({ _ in count += 1 }, damaged: { _ in })
            #expect(count == total)
        }
        #expect(try Computer4Account.find(at: made.root, keys: []).isEmpty)
        #expect(try Mac3Account.find(at: made.root, keys: []).isEmpty)
    }

    private static func only<Account>(_ accounts: [Account]) throws -> Account {
        #expect(accounts.count == 1)
        return try #require(accounts.first)
    }
}
