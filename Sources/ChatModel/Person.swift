/// Someone who takes part in conversations, as a source knows them; or a group, whose card stands beside theirs.
public struct Person: Hashable, Sendable {
    /// Names the person in messages and lists of members.
    public var id: PersonID
    /// The name to show. Empty when the source has none; the identifier is shown then.
    public var name: String
    /// Whether this is the owner of the history.
    public var isSelf: Bool
    /// Telephone numbers, as the source writes them.
    public var phones: [String]
    /// What people call this person on the platform (a user name, a WeChat number).
    public var handles: [String]
    /// What the owner of the history filed this person under.
    public var labels: [String]
    /// The person's picture.
    public var avatar: Attachment?
    /// Who is in it, of a group; nil of a person.
    public var membership: Membership?

    /// A person.
    public init(
        id: PersonID, name: String, isSelf: Bool = false, phones: [String] = [], handles: [String] = [],
        labels: [String] = [], avatar: Attachment? = nil, membership: Membership? = nil
    ) {
        self.id = id
        self.name = name
        self.isSelf = isSelf
        self.phones = phones
        self.handles = handles
        self.labels = labels
        self.avatar = avatar
        self.membership = membership
    }
}
