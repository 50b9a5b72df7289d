/// What makes two rows of two imports the same message of one conversation.
///
/// The platform's identifier when there is one. Otherwise everything that a source without identifiers tells: when it
/// was sent (the wall time when the source gives no zone, so that another assumed zone changes nothing), by whom, what,
/// and which of the equal ones it is. The fields themselves are compared, so different messages are never taken for one.
public struct MessageIdentity: Hashable, Sendable {
    private enum Key: Hashable, Sendable {
        case platform(MessageID)
        case content(moment: Moment, sender: PersonID?, content: MessageContent, ordinal: Int)
    }

    private enum Moment: Hashable, Sendable {
        case wall(CivilTime)
        case utc(Timestamp)
    }

    private let key: Key

    /// The identity of a message.
    ///
    /// - Parameter ordinal: how many equal messages without an identifier came before it in the same import, so that
    ///   two imports unite as multisets: of equal messages, the larger number stays. Has no effect with an identifier.
    public init(of message: Message, ordinal: Int = 0) {
        if let id = message.id {
            key = .platform(id)
        } else {
            key = .content(
                moment: message.wallTime.map { .wall($0) } ?? .utc(message.time), sender: message.sender,
                content: MessageContent(of: message), ordinal: ordinal)
        }
    }

    /// Whether the platform's own identifier is the identity.
    public var isFromPlatform: Bool {
        if case .platform = key { true } else { false }
    }
}

/// What a message says, apart from who said it and when: two rows of one identity with different contents are
/// versions of a message that was edited or recalled.
///
/// Where an attachment's bytes are has no part in it, nor do counts that change by themselves (`raw`).
public struct MessageContent: Hashable, Sendable {
    private let kind: Message.Kind
    private let text: String
    private let attachments: [String]

    /// The content of a message.
    public init(of message: Message) {
        kind = message.kind
        text = message.text
        attachments = message.attachments.map(\.name)
    }
}

/// Numbers the equal messages of one conversation in one import.
public struct IdentityCounter: Sendable {
    private var counts: [MessageIdentity: Int] = [:]

    /// Starts an import.
    public init() {}

    /// The identity of the next message; messages must come in the source's order.
    ///
    /// Cost: an entry for each different message without an identifier; none for those with one.
    public mutating func identity(of message: Message) -> MessageIdentity {
        let first = MessageIdentity(of: message)
        guard !first.isFromPlatform else { return first }
        let ordinal = counts[first, default: 0]
        counts[first] = ordinal + 1
        return ordinal == 0 ? first : MessageIdentity(of: message, ordinal: ordinal)
    }
}
