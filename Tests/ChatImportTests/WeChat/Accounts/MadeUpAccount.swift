import ChatModel
import Foundation
import Testing

@testable import ChatImport

/// An account that `Tools/make-wechat` has made up, and what it says must be seen of it.
final class MadeUpAccount {
    let root: String
    private let folder: TemporaryFolder

    /// Makes an account of a shape; `options` as for the program.
    init(_ shape: String, _ options: [String] = []) throws {
        folder = try TemporaryFolder()
        root = folder.path + "/account"
        let tool = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Tools/make-wechat").path
        try Programs.run(
            "python3",
            [
                tool, "--shape", shape, "--messages", "1200", "--conversations", "20", "--groups", "6", "--media-bytes",
                "1000000",
            ] + options + [root])
    }

    /// The lines of one of the files beside the account.
    func lines(_ name: String) throws -> [[String: Any]] {
        try String(contentsOfFile: "\(root).\(name).jsonl", encoding: .utf8).split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    /// The keys of the account, as a user would give them.
    func keys() throws -> SourceKeys {
        guard FileManager.default.fileExists(atPath: root + ".keys") else { return SourceKeys() }
        return try SourceKeys(parsing: [UInt8](try Data(contentsOf: URL(fileURLWithPath: root + ".keys"))))
    }

    /// The account, which must be the only one.
    func open(_ keys: SourceKeys? = nil) throws -> any WeChatAccount {
        let accounts = try Self.open(root, keys ?? self.keys())
        #expect(accounts.count == 1)
        return try #require(accounts.first)
    }

    /// The accounts in a folder.
    static func open(_ root: String, _ keys: SourceKeys = SourceKeys()) throws -> [any WeChatAccount] {
        try WeChatShape.places(below: root).flatMap { try $0.open(root: root, keys) }
    }
}

extension [String: Any] {
    func string(_ name: String) -> String? { self[name] as? String }
    func number(_ name: String) -> Int64? { (self[name] as? NSNumber)?.int64Value }
    func isTrue(_ name: String) -> Bool { self[name] as? Bool == true }
    func strings(_ name: String) -> [String] { self[name] as? [String] ?? [] }
    func objects(_ name: String) -> [[String: Any]] { self[name] as? [[String: Any]] ?? [] }
}
