import ChatMedia
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
                tool, "--shape", shape, "--messages", "3000", "--conversations", "20", "--groups", "6", "--media-bytes",
                "2000000",
            ] + options + [root])
    }

    /// The lines of one of the files beside the account.
    func lines(_ name: String) throws -> [[String: Any]] {
        try String(contentsOfFile: "\(root).\(name).jsonl", encoding: .utf8).split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    /// A key of the account; nil when it needs none of that name.
    func key(_ name: String) throws -> String? {
        guard FileManager.default.fileExists(atPath: root + ".keys") else { return nil }
        return try String(contentsOfFile: root + ".keys", encoding: .utf8).split(separator: "\n")
            .first { $0.hasPrefix(name + " ") }.map { String($0.dropFirst(name.count + 1)) }
    }

    /// The key of its pictures.
    func imageKeys() throws -> WeChatImageKeys { WeChatImageKeys(key: try key("v4-image-aes").map { Array($0.utf8) }) }

    /// The keys of its databases; none when they lie open.
    func databaseKeys(_ shape: String) throws -> [DatabaseKey] {
        try key("\(shape)-database-key").flatMap { DatabaseKey(Array($0.utf8)) }.map { [$0] } ?? []
    }
}

extension [String: Any] {
    func string(_ name: String) -> String? { self[name] as? String }
    func number(_ name: String) -> Int64? { (self[name] as? NSNumber)?.int64Value }
    func isTrue(_ name: String) -> Bool { self[name] as? Bool == true }
    func strings(_ name: String) -> [String] { self[name] as? [String] ?? [] }
    func objects(_ name: String) -> [[String: Any]] { self[name] as? [[String: Any]] ?? [] }
}
