/// Names a person within a repository, for example `telegram:user1234` or `whatsapp:张伟`.
public struct PersonID: Hashable, Sendable, Comparable {
    /// The identifier's text.
    public let text: String

    /// Wraps an identifier.
    public init(_ text: String) { self.text = text }

    /// Orders by text.
    public static func < (left: PersonID, right: PersonID) -> Bool { left.text < right.text }
}

/// Names a conversation within a repository, for example `telegram:1/personal_chat/42`.
public struct ConversationID: Hashable, Sendable, Comparable {
    /// The identifier's text.
    public let text: String

    /// Wraps an identifier.
    public init(_ text: String) { self.text = text }

    /// Orders by text.
    public static func < (left: ConversationID, right: ConversationID) -> Bool { left.text < right.text }
}

/// The identifier that the platform itself gives a message, unique within its conversation.
public struct MessageID: Hashable, Sendable {
    /// The identifier's text.
    public let text: String

    /// Wraps an identifier.
    public init(_ text: String) { self.text = text }
}
