package import ChatModel

/// What a row says, before its media were looked for.
package struct WeChatContent: Hashable, Sendable {
    /// A file that the message has, as its content names it; a shape's `attachment(for:of:)` finds it.
    package struct Media: Hashable, Sendable {
        /// What it is.
        package enum Kind: Hashable, Sendable {
            case image, voice, video, sticker, file
        }

        /// What it is.
        package var kind: Kind
        /// The MD5 that the content gives, 32 lower-case hex digits; nil when it gives none.
        package var md5: String?
        /// The name that its sender gave it; empty when it has none.
        package var name: String
        /// Its size in bytes, when the content gives one.
        package var size: Int64?
        /// The key that a sticker's content names; nil otherwise.
        package var key: String?
        /// What a copy of it is called beside other parts of a merged forward or a note; nil when nothing tells it.
        package var storedName: String?
        /// Whether it lies inside a merged forward or a note, not in the message itself.
        package var isForwarded: Bool

        /// A file.
        package init(
            _ kind: Kind, md5: String? = nil, name: String = "", size: Int64? = nil, key: String? = nil,
            storedName: String? = nil, isForwarded: Bool = false
        ) {
            self.kind = kind
            self.md5 = md5
            self.name = name
            self.size = size
            self.key = key
            self.storedName = storedName
            self.isForwarded = isForwarded
        }
    }

    /// What it is.
    package var kind: Message.Kind
    /// The words that are shown.
    package var text: String
    /// The user name of the sender when the content tells it (the prefix of a group's rows); else nil.
    package var sender: String?
    /// Its files, in the order of the content.
    package var media: [Media]
    /// The server's number of the message that it answers.
    package var repliesTo: Int64?
    /// Whom a forwarded message is from, as a name.
    package var forwardedFrom: String?
    /// Whether the row is a signal between devices, not a message.
    package var isNoise: Bool
    /// Whether its type or subtype is one that is not known: then the message keeps its raw content and is counted.
    package var isUnknown: Bool
    /// Whether its XML breaks before its end: what stands before is shown, and the message keeps its raw content.
    package var isDamaged: Bool

    /// A content.
    package init(
        _ kind: Message.Kind, _ text: String = "", sender: String? = nil, media: [Media] = [], repliesTo: Int64? = nil,
        forwardedFrom: String? = nil, isNoise: Bool = false, isUnknown: Bool = false,
        isDamaged: Bool = false
    ) {
        self.kind = kind
        self.text = text
        self.sender = sender
        self.media = media
        self.repliesTo = repliesTo
        self.forwardedFrom = forwardedFrom
        self.isNoise = isNoise
        self.isUnknown = isUnknown
        self.isDamaged = isDamaged
    }
}
