/// Finds the user names by whose MD5 tables and folders of conversations are called.
struct TalkerNames {
    /// Conversations that are there without being anybody's.
    static let services = [
        "filehelper", "weixin", "fmessage", "medianote", "floatbottle", "newsapp", "qqmail", "notifymessage",
        "brandsessionholder", "officialaccounts", "blogapp", "qmessage", "helper_entry",
    ]
    /// Rows of a table that are looked into for the name of its conversation.
    static let mostRows = 200

    /// How many names that stand in messages are still tried.
    struct Budget {
        fileprivate var names = 1 << 20
    }

    private var names: [String: String] = [:]
    /// The digests whose names are not known.
    private(set) var unresolved: Set<String>

    /// - Parameter wanted: digests, 32 lower-case hexadecimal digits.
    init(wanted: Set<String>) { unresolved = wanted }

    /// The user name of a digest; the digest itself when nothing tells it.
    subscript(digest: String) -> String { names[digest] ?? digest }

    /// Whether a digest's name is not known.
    func lacks(_ digest: String) -> Bool { unresolved.contains(digest) }

    /// Takes user names into account. Cost: an MD5 each.
    mutating func consider(_ candidates: [String]) {
        for name in candidates where !unresolved.isEmpty {
            guard let digest = UserNameDigest.hexadecimal(name) else { continue }
            if unresolved.remove(digest) != nil { names[digest] = name }
        }
    }

    /// Takes every word of a message that may be a user name into account.
    mutating func consider(mentionedIn content: UnsafeRawBufferPointer, _ budget: inout Budget) {
        var start = 0
        let content = content.prefix(1 << 14)
        while start < content.count, budget.names > 0 {
            guard let end = content[start...].firstIndex(where: { !Self.isInName($0) }) else {
                return considerWord(content[start...], &budget)
            }
            considerWord(content[start..<end], &budget)
            start = end + 1
        }
    }

    private mutating func considerWord(_ word: Slice<UnsafeRawBufferPointer>, _ budget: inout Budget) {
        guard (3...64).contains(word.count) else { return }
        budget.names -= 1
        consider([String(decoding: word, as: UTF8.self)])
    }

    private static func isInName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "@"), UInt8(ascii: "."): true
        default: false
        }
    }
}
