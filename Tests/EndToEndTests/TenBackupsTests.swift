import CXattr
import Foundation
import SeededRandom
import Testing

/// A history that its owner prunes, edits and exports in other shapes, against a model that only remembers.
@Suite(.serialized)
struct TenBackupsTests {
    /// One wording of one message.
    struct Version: Hashable {
        let id: Int
        let text: String
    }

    struct Entry {
        var id: Int
        var minute: Int
        var author: Int
        var text: String
    }

    @Test(
        "after ten backups of a changing source the newest snapshot shows every wording once, marked as a naive model says",
        arguments: 0..<6)
    func tenBackups(round: Int) throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let scratch = try Scratch()
        try scratch.expect("chatark", "init")
        try FileManager.default.createDirectory(atPath: scratch("mnt"), withIntermediateDirectories: true)

        var history: [Entry] = []
        var nextID = 1
        /// When each wording was last at the source.
        var lastSeen: [Version: String] = [:]
        var present: Set<Version> = []
        for day in 1...10 {
            change(&history, &nextID, using: &random)
            try? FileManager.default.removeItem(atPath: scratch("export"))
            switch Int.random(in: 0..<3, using: &random) {
            case 0: try scratch.write(singleChat(history), to: "export/result.json")
            case 1: try scratch.write(fullAccount(history), to: "export/result.json")
            default: try scratch.write(jsonLines(history.shuffled(using: &random)), to: "export/chat.jsonl")
            }
            let time = "2024-03-\(day < 10 ? "0" : "")\(day) 12:00:00"
            try scratch.expect("chatark", "backup", "--quiet", "--time", time, scratch("export"))
            present = Set(history.map { Version(id: $0.id, text: $0.text) })
            for version in present { lastSeen[version] = time }
        }

        try scratch.expect("chatark", "mount", "--snapshot", "latest", "--extended-attributes", scratch("mnt"))
        let expected = lastSeen.map { "\($0.id) \($0.text) \(present.contains($0) ? "-" : mark($1))" }.sorted()
        #expect(try shown(in: scratch("mnt/conversations")).sorted() == expected)
        try scratch.expect("chatark", "umount", scratch("mnt"))
        try scratch.expect("restic", "check", "--read-data")
    }

    // MARK: The source

    private func change(_ history: inout [Entry], _ nextID: inout Int, using random: inout SeededGenerator) {
        history.removeAll { _ in Int.random(in: 0..<6, using: &random) == 0 }
        for index in history.indices where Int.random(in: 0..<6, using: &random) == 0 {
            history[index].text = "wording \(Int.random(in: 0..<3, using: &random)) of \(history[index].id)"
        }
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            history.append(
                Entry(
                    id: nextID, minute: Int.random(in: 0..<200_000, using: &random),
                    author: Int.random(in: 1...3, using: &random), text: "first of \(nextID)"))
            nextID += 1
        }
        history.sort { ($0.minute, $0.id) < ($1.minute, $1.id) }
    }

    private static let start = 1_700_000_000

    private func chat(_ history: [Entry]) -> String {
        let messages = history.map {
            let seconds = Self.start + $0.minute * 60
            return """
                {"id":\($0.id),"type":"message","date":"2023-11-15T06:13:20","date_unixtime":"\(seconds)",\
                "from":"Author \($0.author)","from_id":"user\($0.author)","text":"\($0.text)",\
                "text_entities":[{"type":"plain","text":"\($0.text)"}]}
                """
        }
        return """
            "name":"Friends","type":"private_group","id":4711,"messages":[\(messages.joined(separator: ",\n"))]
            """
    }

    private func singleChat(_ history: [Entry]) -> String { "{\(chat(history))}" }

    private func fullAccount(_ history: [Entry]) -> String {
        #"{"about":"x","chats":{"about":"y","list":[{"# + chat(history) + "}]}}"
    }

    private func jsonLines(_ history: [Entry]) -> String {
        let header = #"{"conversation":{"id":"telegram:chat4711","title":"Friends","kind":"group","app":"telegram"}}"#
        let lines = history.map {
            """
            {"time":\((Self.start + $0.minute * 60) * 1000),"id":"\($0.id)","from":"telegram:user\($0.author)",\
            "text":"\($0.text)"}
            """
        }
        return ([header] + lines).joined(separator: "\n") + "\n"
    }

    // MARK: What is shown

    /// 12:00 in Shanghai, as the mark says it.
    private func mark(_ time: String) -> String { time.replacingOccurrences(of: " 12:00:00", with: "T04:00:00Z") }

    private func shown(in folder: String) throws -> [String] {
        var lines: [String] = []
        let files = try #require(FileManager.default.enumerator(atPath: folder))
        for case let name as String in files where name.hasSuffix(".txt") {
            let path = folder + "/" + name
            let text = try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .newlines)
            let id = attribute("user.chatark.id", of: path) ?? "none"
            lines.append("\(id) \(text) \(attribute("user.chatark.last-seen", of: path) ?? "-")")
        }
        return lines
    }

    private func attribute(_ name: String, of path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = getxattr(path, name, &buffer, buffer.count)
        return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
    }
}
