/// A chat between two people, a group, a channel.
public struct Conversation: Hashable, Sendable {
    /// What kind of place messages lie in.
    public enum Kind: String, Sendable, CaseIterable {
        case direct, group, channel, saved, service, unknown
    }

    /// Names the conversation.
    public var id: ConversationID
    /// The name to show. Empty when the source has none.
    public var title: String
    /// What kind of place it is.
    public var kind: Kind
    /// The platform: `telegram`, `whatsapp`, `wechat`, or what an interchange file says.
    public var app: String
    /// Known members; may be fewer than those who wrote.
    public var members: [PersonID]
    /// What members are called here, where it is not what they are called elsewhere.
    public var names: [PersonID: String]

    /// A conversation.
    public init(
        id: ConversationID, title: String, kind: Kind, app: String, members: [PersonID] = [],
        names: [PersonID: String] = [:]
    ) {
        self.id = id
        self.title = title
        self.kind = kind
        self.app = app
        self.members = members
        self.names = names
    }
}
