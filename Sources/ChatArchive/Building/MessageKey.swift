import ChatModel

/// What makes two rows the same message: the platform's id, or what was said when by whom.
///
/// Without an id, equal rows of one export are told apart by their ordinal, so that two "ok" of one minute stay two.
struct MessageKey: Hashable {
    private enum Identity: Hashable {
        case platform(MessageID)
        case content(at: Moment, sender: PersonID?, Message.Kind, text: String, names: [String])
    }

    private enum Moment: Hashable {
        case utc(Timestamp)
        case wall(CivilTime)
    }

    private let identity: Identity
    /// 0 for the first of equals.
    var ordinal = 0

    init(_ message: Message) {
        if let id = message.id {
            identity = .platform(id)
        } else {
            identity = .content(
                at: message.wallTime.map(Moment.wall) ?? .utc(message.time), sender: message.sender, message.kind,
                text: message.text, names: message.attachments.map(\.name))
        }
    }

    /// Whether the platform gave it.
    var isFromPlatform: Bool {
        if case .platform = identity { true } else { false }
    }
}

/// One wording of a message: the same key with other content is an edit.
struct Wording: Hashable {
    let key: MessageKey
    private let kind: Message.Kind
    private let text: String
    /// Names only: whether the files are there is no other wording.
    private let attachments: [String]

    init(_ key: MessageKey, _ message: Message) {
        self.key = key
        kind = message.kind
        text = message.text
        attachments = message.attachments.map(\.name)
    }
}

/// Gives ordinals to equal rows.
struct OrdinalCounter {
    private var counts: [MessageKey: Int] = [:]

    /// The key of the next row of an export.
    mutating func key(of message: Message) -> MessageKey {
        var key = MessageKey(message)
        guard !key.isFromPlatform else { return key }
        let count = counts[key, default: 0]
        counts[key] = count + 1
        key.ordinal = count
        return key
    }
}
