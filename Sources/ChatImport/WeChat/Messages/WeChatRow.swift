package import ChatModel

/// A row of a table of messages, the same for every shape of WeChat's databases: what differs between them (columns,
/// units of time, compression, where the sender is) has been taken off.
package struct WeChatRow: Hashable, Sendable {
    /// The user name of the conversation: a person's, `…@chatroom` for a group, `gh_…` for an official account.
    package var talker: String
    /// The server's number of the message, the same on every device; 0 when it has none.
    package var serverID: Int64
    /// The row's number in its table; it means nothing elsewhere.
    package var localID: Int64
    /// The type as it is stored; the low 32 bits where the shape has 64.
    package var type: Int32
    /// What the shape keeps beside the type; 0 where it keeps nothing, and the content alone tells.
    package var subtype: Int32
    /// When it was sent.
    package var time: Timestamp
    /// Whether the owner of the account sent it; nil where the shape does not say.
    package var isOwn: Bool?
    /// The user name of the sender, where the shape tells it outside of the content.
    package var sender: String?
    /// The content, decompressed, else as it is stored.
    package var content: [UInt8]
    /// What the shape keeps beside the content for reading (WeChat's own transcription of a voice, the words of
    /// a call, what a sticker means).
    package var note: String?
    /// What the shape keeps beside the content to find the file of the message: a path or a name, as it is stored.
    package var mediaPath: String?
    /// The same for its thumbnail.
    package var thumbnailPath: String?
    /// Whether it stands in a table beside that of the messages, whose numbers no other table means.
    package var isOfSisterTable = false
    /// Whether its content could not be inflated, and is given as it is stored.
    package var isDamaged = false

    /// A row.
    package init(
        talker: String, serverID: Int64 = 0, localID: Int64 = 0, type: Int32 = 1, subtype: Int32 = 0, time: Timestamp,
        isOwn: Bool? = nil, sender: String? = nil, content: [UInt8] = [], note: String? = nil,
        mediaPath: String? = nil, thumbnailPath: String? = nil
    ) {
        self.talker = talker
        self.serverID = serverID
        self.localID = localID
        self.type = type
        self.subtype = subtype
        self.time = time
        self.isOwn = isOwn
        self.sender = sender
        self.content = content
        self.note = note
        self.mediaPath = mediaPath
        self.thumbnailPath = thumbnailPath
    }

    /// Whether the conversation is a group.
    package var isInGroup: Bool { talker.hasSuffix("@chatroom") || talker.hasSuffix("@im.chatroom") }
}
