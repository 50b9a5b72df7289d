public import ChatModel

/// What an importer tells while it reads a source, in the source's order.
///
/// Every row of the source is one `message` or one `skipped`; a person or a conversation is told before the messages
/// that refer to it, and again when more is known.
public enum ImportEvent: Sendable {
    case person(Person)
    case conversation(Conversation)
    case message(Message, in: ConversationID)
    /// A row that could not become a message.
    case skipped(SkippedRow)
    /// Another export of the source begins (its path below the source's root). Two exports may hold the same messages.
    case export(path: String)
    /// Something that the user should know about how the source was read.
    case note(ImportNote)
}

/// A row of a source that could not become a message.
public struct SkippedRow: Hashable, Sendable {
    /// Why.
    public let reason: SkipReason
    /// The file, below the source's root.
    public let path: String
    /// Its line, from 1, in a format of lines.
    public let line: Int?
    /// Where it begins, in bytes from the file's start.
    public let offset: Int

    /// A skipped row.
    public init(reason: SkipReason, path: String, line: Int? = nil, offset: Int) {
        self.reason = reason
        self.path = path
        self.line = line
        self.offset = offset
    }
}

/// Why a row was skipped; the raw value is what the account at the end says.
public enum SkipReason: String, Sendable, CaseIterable {
    case beforeFirstMessage = "text before the first message"
    case impossibleDate = "a date that no calendar has"
    case noTime = "no time that can be read"
    case notARecord = "not a message"
    case badLine = "not a line of the interchange format"
    case noConversation = "belongs to no conversation"
    case tooLong = "longer than 64 MB"
}

/// Something that the user should know about how a source was read.
public enum ImportNote: Hashable, Sendable {
    /// Times have no zone in the source, and this one (an IANA name) was assumed.
    case zoneAssumed(path: String, zone: String)
    /// Dates can be read with the day or the month first, and the day was assumed.
    case dayFirstAssumed(path: String)
}

extension ImportNote: CustomStringConvertible {
    /// The words for a person.
    public var description: String {
        switch self {
        case .zoneAssumed(let path, let zone):
            "The times in '\(path)' have no time zone; \(zone) is assumed. Another one can be given with --tz."
        case .dayFirstAssumed(let path):
            "The dates in '\(path)' do not tell whether the day or the month comes first; the day is assumed."
        }
    }
}

/// What an importer must be told because the source does not say it.
public struct ImportOptions: Sendable {
    /// The zone of wall times that come without one.
    public var assumedZone: Zone
    /// The owner's name as the source writes it, when the source does not say who the owner is.
    public var ownName: String?

    /// Options.
    public init(assumedZone: Zone, ownName: String? = nil) {
        self.assumedZone = assumedZone
        self.ownName = ownName
    }
}
