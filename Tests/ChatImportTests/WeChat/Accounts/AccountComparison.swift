import COpenSSL
import ChatMedia
import ChatModel
import Foundation

@testable import ChatImport

/// Reads an account as the driver does, and compares it with what must be seen.
struct AccountComparison {
    private(set) var differences: [String] = []
    private(set) var rows = 0
    /// Files that no program shows as they are.
    private(set) var unshown = 0
    private(set) var damages: [DatabaseDamage] = []
    private let account: any WeChatAccount
    private let root: String
    private var names: [String: String] = [:]

    init(_ account: any WeChatAccount, of made: MadeUpAccount) throws {
        self.account = account
        root = made.root
        try comparePeople(made)
        try compareGroups(made)
        try compareRows(made)
    }

    private mutating func differ(_ words: String) { if differences.count < 40 { differences.append(words) } }

    private mutating func check<Value: Equatable>(_ found: Value, _ expected: Value, _ what: String) {
        if found != expected { differ("\(what): \(found), expected \(expected)") }
    }

    // MARK: People

    private mutating func comparePeople(_ made: MadeUpAccount) throws {
        var contacts: [String: WeChatContact] = [:]
        try account.contacts { contacts[$0.username] = $0 }
        for line in try made.lines("people") {
            let username = line.string("username") ?? ""
            if line.isTrue("self") { check(account.owner, username, "owner") }
            guard let contact = contacts.removeValue(forKey: username) else {
                differ("no contact \(username)")
                continue
            }
            check(contact.shownName(), line.string("shown") ?? "", "name of \(username)")
            check(contact.alias, line.string("alias") ?? "", "alias of \(username)")
            check(contact.labels.sorted(), line.strings("labels").sorted(), "labels of \(username)")
            check(try contact.avatar.map(digest), line.string("avatar"), "avatar of \(username)")
            names[username] = contact.shownName()
        }
        if !contacts.isEmpty { differ("\(contacts.count) contacts too many: \(contacts.keys.sorted())") }
    }

    private mutating func compareGroups(_ made: MadeUpAccount) throws {
        var groups: [String: WeChatGroup] = [:]
        try account.groups { groups[$0.username] = $0 }
        for line in try made.lines("groups") {
            let username = line.string("username") ?? ""
            guard let group = groups.removeValue(forKey: username) else {
                differ("no group \(username)")
                continue
            }
            check(group.name, line.string("remark") ?? line.string("name") ?? "", "name of \(username)")
            check(group.owner, line.string("owner"), "owner of \(username)")
            check(group.announcement, line.string("announcement") ?? "", "announcement of \(username)")
            let members = line.objects("members").map {
                WeChatGroup.Member(
                    username: $0.string("username") ?? "", nickname: $0.string("group_nickname") ?? "")
            }
            check(group.members, members, "members of \(username)")
        }
        if !groups.isEmpty { differ("\(groups.count) groups too many") }
    }

    // MARK: Messages

    private mutating func compareRows(_ made: MadeUpAccount) throws {
        var expected: [String: [[String: Any]]] = [:]
        for line in try made.lines("expected") {
            expected[
                Self.key(line.string("conversation") ?? "", line.string("id"), line.number("time_ms") ?? 0), default: []
            ]
            .append(line)
        }
        let names = names
        var noise: Set<String> = []
        var found: [(WeChatRow, WeChatContent, [Attachment])] = []
        var (rows, damages) = (0, [DatabaseDamage]())
        try account.rows(
            { row in
                rows += 1
                let content = WeChatContent(of: row, owner: account.owner, name: { names[$0] })
                if content.isNoise { noise.insert(Self.key(row)) }
                guard !content.isNoise else { return }
                let media = try content.media.filter { !$0.isForwarded }.map {
                    try account.attachment(for: $0, of: row)
                }
                found.append((row, content, media))
            }, damaged: { damages.append($0) })
        (self.rows, self.damages) = (rows, damages)
        for (row, content, media) in found {
            let key = Self.key(row)
            guard let line = expected[key]?.first else {
                differ("a row that is not expected: \(key), type \(row.type)")
                continue
            }
            expected[key]?.removeFirst()
            try compare(row, content, media, line)
        }
        // What is a signal between devices for one is a message for the other.
        for (key, lines) in expected where !noise.contains(key) {
            for line in lines { differ("not found: \(line)") }
        }
    }

    private static func key(_ row: WeChatRow) -> String {
        key(row.talker, row.serverID == 0 ? nil : "\(row.serverID)", row.time.milliseconds)
    }

    private static func key(_ conversation: String, _ id: String?, _ milliseconds: Int64) -> String {
        "\(conversation) \(id ?? "at \(milliseconds)")"
    }

    private mutating func compare(
        _ row: WeChatRow, _ content: WeChatContent, _ media: [Attachment], _ line: [String: Any]
    ) throws {
        let what = "\(line.string("id") ?? "-") (\(line["type"] ?? ""))"
        check(row.time.milliseconds, line.number("time_ms") ?? 0, "time of \(what)")
        check(content.kind.rawValue, line.string("kind") ?? "", "kind of \(what)")
        if let text = line.string("text") { check(content.text, text, "text of \(what)") }
        for words in line.strings("contains") where content.text.range(of: words, options: .literal) == nil {
            differ("words of \(what): \(content.text), expected \(words)")
        }
        if let sender = line.string("sender"), content.kind != .system, content.kind != .deleted {
            check(row.isOwn, line.isTrue("own"), "own \(what)")
            let found =
                row.isOwn == true ? account.owner : content.sender ?? row.sender ?? (row.isInGroup ? nil : row.talker)
            check(found, sender, "sender of \(what)")
        }
        check(content.repliesTo.map { "\($0)" }, line.string("reply_to"), "reply of \(what)")
        let expected = line.objects("media")
        check(media.count, expected.count, "media of \(what)")
        for (attachment, facts) in zip(media, expected) { try compare(attachment, facts, what) }
    }

    private mutating func compare(_ attachment: Attachment, _ facts: [String: Any], _ what: String) throws {
        if let name = facts.string("name") { check(attachment.name, name, "name of the file of \(what)") }
        if case .missing(let reason) = attachment.content {
            if !facts.isTrue("missing") { differ("the file of \(what) is missing: \(reason)") }
            return
        }
        if facts.isTrue("missing") {
            differ("the file of \(what) is not missing")
            return
        }
        if attachment.mediaType == "application/octet-stream" { unshown += 1 }
        check(attachment.isThumbnail, facts.isTrue("thumb_only"), "thumbnail of \(what)")
        check(
            try digest(attachment), facts.string("sha256") ?? "",
            "bytes of \(what) \(attachment.content)".prefix(200).description)
    }

    /// The SHA-256 of what is shown of an attachment.
    private func digest(_ attachment: Attachment) throws -> String {
        var bytes: [UInt8]
        switch attachment.content {
        case .file(let path): bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: root + "/" + path)))
        case .contained(let contained): bytes = contained
        default: return "nothing"
        }
        if let decoding = attachment.decoding {
            let stored = bytes
            bytes =
                DecodedReader(decoding).read(0..<decoding.size) { range in
                    Array(stored[Int(range.lowerBound)..<Int(range.upperBound)])
                } ?? []
        }
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        _ = EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha256(), nil)
        return digest.map { String(format: "%02x", $0) }.joined()
    }
}
