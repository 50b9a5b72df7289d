import ChatMedia
import ChatModel
import Foundation
import Testing

@testable import ChatImport

struct MadeUpAccountTests {
    @Test("an account of WeChat 3 for Windows is read as it was made up", arguments: [[], ["--wal"], ["--stage", "2"]])
    func windows3(options: [String]) throws {
        let made = try MadeUpAccount("pc3", options)
        let accounts = try Windows3Account.find(at: made.root, keys: [])
        let comparison = try AccountComparison(try #require(accounts.first), of: made)
        #expect(accounts.count == 1)
        #expect(comparison.differences == [])
        #expect(comparison.damages == [])
    }

    @Test("an account of WeChat 4 for computers is read as it was made up", arguments: [[], ["--wal"], ["--stage", "2"]])
    func computer4(options: [String]) throws {
        let made = try MadeUpAccount("v4", options)
        let keys = WeChatImageKeys(key: try made.key("v4-image-aes").map { Array($0.utf8) })
        let accounts = try Computer4Account.find(at: made.root, keys: [], imageKeys: keys)
        let comparison = try AccountComparison(try #require(accounts.first), of: made)
        #expect(accounts.count == 1)
        #expect(comparison.differences == [])
        #expect(comparison.damages == [])
    }

    @Test("an account of WeChat 3 for Mac is read as it was made up", arguments: [[], ["--wal"], ["--stage", "2"]])
    func mac3(options: [String]) throws {
        let made = try MadeUpAccount("mac3", options)
        let accounts = try Mac3Account.find(at: made.root, keys: [])
        let comparison = try AccountComparison(try #require(accounts.first), of: made)
        #expect(accounts.count == 1)
        #expect(comparison.differences == [])
        #expect(comparison.damages == [])
    }
}
