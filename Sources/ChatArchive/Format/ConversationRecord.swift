public import ChatModel
import JSON

/// A line of `conversations.jsonl`: a conversation, its folder, and how much it holds.
public struct ConversationRecord: Hashable, Sendable {
    /// What the newest source says.
    public var conversation: Conversation
    /// Its folder's name, in the archive and in the mount; given once and kept.
    public var folder: String
    /// Messages, every wording of an edited one counted.
    public var messages: Int
    /// Attachments, missing ones counted.
    public var attachments: Int
    /// Sent times of the first and last message; nil when there is none.
    public var span: ClosedRange<Timestamp>?
    /// Indices of the sources that have messages of it now, ascending.
    public var sources: [Int]

    /// A record.
    public init(
        _ conversation: Conversation, folder: String, messages: Int = 0, attachments: Int = 0,
        span: ClosedRange<Timestamp>? = nil,
        sources: [Int] = []
    ) {
        self.conversation = conversation
        self.folder = folder
        self.messages = messages
        self.attachments = attachments
        self.span = span
        self.sources = sources
    }

    func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        conversation.encodeMembers(into: &writer)
        writer.key("folder")
        writer.string(folder)
        writer.key("messages")
        writer.int(messages)
        if attachments > 0 {
            writer.key("attachments")
            writer.int(attachments)
        }
        writer.span(span)
        writer.indices("sources", sources)
        writer.endObject()
        writer.newline()
    }

    init(reading reader: inout JSONReader) throws(JSONError) {
        self.init(Conversation(id: ConversationID(""), title: "", kind: .unknown, app: ""), folder: "")
        var first: Timestamp?
        var last: Timestamp?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "folder": folder = try reader.readString()
            case "messages": messages = Int(try reader.readInt64())
            case "attachments": attachments = Int(try reader.readInt64())
            case "first": first = Timestamp(milliseconds: try reader.readInt64())
            case "last": last = Timestamp(milliseconds: try reader.readInt64())
            case "sources": sources = try reader.readIndices()
            default: if try !conversation.readMember(key, &reader) { try reader.skipValue() }
            }
        }
        if let first, let last, first <= last { span = first...last }
    }
}

extension JSONWriter {
    mutating func span(_ span: ClosedRange<Timestamp>?) {
        guard let span else { return }
        key("first")
        int(span.lowerBound.milliseconds)
        key("last")
        int(span.upperBound.milliseconds)
    }

    mutating func indices(_ name: StaticString, _ values: [Int]) {
        guard !values.isEmpty else { return }
        key(name)
        beginArray()
        for value in values { int(value) }
        endArray()
    }
}

extension JSONReader {
    mutating func readIndices() throws(JSONError) -> [Int] {
        var values: [Int] = []
        try beginArray()
        while try nextElement() { values.append(Int(try readInt64())) }
        return values
    }
}
