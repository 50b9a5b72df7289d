/// One message, as every importer gives it and every view shows it.
public struct Message: Hashable, Sendable {
    /// What a message is. What the table of kinds does not know is `unknown` and keeps its raw content.
    public enum Kind: String, Sendable, CaseIterable {
        case text, image, video, voice, audio, sticker, animation, file, location, contact, poll, call, link
        /// A line that the platform wrote: somebody joined, a title changed.
        case system
        /// A message of which only the note is left that it was deleted or recalled.
        case deleted
        case unknown
    }

    /// The platform's identifier, or nil when the source has none.
    public var id: MessageID?
    /// When it was sent.
    public var time: Timestamp
    /// What the source wrote when it gives a wall time without a zone; then `time` assumes a zone and identity does not.
    public var wallTime: CivilTime?
    /// Who sent it, or nil when nobody did or the source does not say.
    public var sender: PersonID?
    /// What it is.
    public var kind: Kind
    /// The readable text: what was typed, a caption, or words for what has no text. May be empty.
    public var text: String
    /// Its files, in the source's order; missing ones too.
    public var attachments: [Attachment]
    /// The message that this one answers.
    public var replyTo: MessageID?
    /// Whom it was forwarded from, as a name.
    public var forwardedFrom: String?
    /// When it was last edited, if the source says so.
    public var edited: Timestamp?
    /// The source's own text of the message (JSON), when the fields above do not hold everything.
    public var raw: [UInt8]?

    /// A message.
    public init(
        id: MessageID? = nil, time: Timestamp, wallTime: CivilTime? = nil, sender: PersonID? = nil, kind: Kind = .text,
        text: String = "", attachments: [Attachment] = [], replyTo: MessageID? = nil, forwardedFrom: String? = nil,
        edited: Timestamp? = nil, raw: [UInt8]? = nil
    ) {
        self.id = id
        self.time = time
        self.wallTime = wallTime
        self.sender = sender
        self.kind = kind
        self.text = text
        self.attachments = attachments
        self.replyTo = replyTo
        self.forwardedFrom = forwardedFrom
        self.edited = edited
        self.raw = raw
    }
}
