public import JSON

/// A message as a line of JSON Lines: what an interchange file and a segment of an archive hold.
///
/// Keys, in this order, absent ones left out:
/// `time` milliseconds since 1970 UTC · `local` wall time as the source wrote it, when it gave no zone · `id` · `from` ·
/// `kind` (left out: text) · `text` · `attachments` · `reply` · `forward` · `edited` · `raw` · `conversation`
/// (interchange only) · `src`, `gone` (archive only).
public struct MessageLine: Hashable, Sendable {
    /// What was said.
    public var message: Message
    /// The conversation, when the line says it itself.
    public var conversation: ConversationID?
    /// Indices of the archive's sources that have the message now, ascending.
    public var sources: [Int]
    /// When no source has it any more: the time of the last snapshot in which one had it.
    public var gone: Timestamp?

    /// A line.
    public init(
        _ message: Message, conversation: ConversationID? = nil, sources: [Int] = [], gone: Timestamp? = nil
    ) {
        self.message = message
        self.conversation = conversation
        self.sources = sources
        self.gone = gone
    }

    /// Appends the line, with its newline.
    public func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        encodeContent(into: &writer)
        if let conversation {
            writer.key("conversation")
            writer.string(conversation.text)
        }
        if !sources.isEmpty {
            writer.key("src")
            writer.beginArray()
            for source in sources { writer.int(source) }
            writer.endArray()
        }
        if let gone {
            writer.key("gone")
            writer.int(gone.milliseconds)
        }
        writer.endObject()
        writer.newline()
    }

    private func encodeContent(into writer: inout JSONWriter) {
        writer.key("time")
        writer.int(message.time.milliseconds)
        if let wallTime = message.wallTime {
            writer.key("local")
            writer.string(wallTime.description)
        }
        writer.optionalString("id", message.id?.text)
        writer.optionalString("from", message.sender?.text)
        if message.kind != .text {
            writer.key("kind")
            writer.string(message.kind.rawValue)
        }
        if !message.text.isEmpty { writer.optionalString("text", message.text) }
        if !message.attachments.isEmpty {
            writer.key("attachments")
            writer.beginArray()
            for attachment in message.attachments { attachment.encode(into: &writer) }
            writer.endArray()
        }
        writer.optionalString("reply", message.replyTo?.text)
        writer.optionalString("forward", message.forwardedFrom)
        if let edited = message.edited {
            writer.key("edited")
            writer.int(edited.milliseconds)
        }
        if let raw = message.raw {
            writer.key("raw")
            writer.raw(raw)
        }
    }
}

extension MessageLine {
    /// Reads the object of a line. Keys that are not known are passed over.
    public init(reading reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        self = try MessageLine(readingMembersOf: &reader, firstKey: nil)
    }

    /// Reads the rest of an object whose beginning was read; `firstKey` is a key whose value comes next.
    init(readingMembersOf reader: inout JSONReader, firstKey: String?) throws(JSONError) {
        let start = reader.offset
        var time: Timestamp?
        self.init(Message(time: Timestamp(milliseconds: 0)))
        if let firstKey { try readMember(firstKey, &reader, &time) }
        while let key = try reader.nextKey() {
            switch key {
            case "time": time = try Self.readTime(&reader)
            case "text": message.text = try reader.readOptionalString() ?? ""
            case "id": message.id = try Self.readIdentifier(&reader).map { MessageID($0) }
            case "from": message.sender = try reader.readOptionalString().map { PersonID($0) }
            case "src": sources = try Self.readSources(&reader)
            default: try readMember(key.string, &reader, &time)
            }
        }
        guard let time else {
            throw .missingKey("time", at: start)
        }
        message.time = time
    }

    private mutating func readMember(
        _ key: String, _ reader: inout JSONReader, _ time: inout Timestamp?
    ) throws(JSONError) {
        switch key {
        case "time": time = try Self.readTime(&reader)
        case "local": message.wallTime = try reader.readOptionalString().flatMap { CivilTime($0) }
        case "id": message.id = try Self.readIdentifier(&reader).map { MessageID($0) }
        case "from": message.sender = try reader.readOptionalString().map { PersonID($0) }
        case "kind":
            let name = try reader.readOptionalString() ?? ""
            message.kind = name.isEmpty ? .text : Message.Kind(rawValue: name) ?? .unknown
        case "text": message.text = try reader.readOptionalString() ?? ""
        case "attachments":
            if try reader.readNullIfPresent() { return }
            try reader.beginArray()
            while try reader.nextElement() { message.attachments.append(try Attachment(reading: &reader)) }
        case "reply": message.replyTo = try Self.readIdentifier(&reader).map { MessageID($0) }
        case "forward": message.forwardedFrom = try reader.readOptionalString()
        case "edited": message.edited = try reader.readNullIfPresent() ? nil : Self.readTime(&reader)
        case "raw": message.raw = try reader.readNullIfPresent() ? nil : reader.compactValue()
        case "conversation": conversation = try reader.readOptionalString().map { ConversationID($0) }
        case "src": sources = try Self.readSources(&reader)
        case "gone": gone = try reader.readNullIfPresent() ? nil : Self.readTime(&reader)
        default: try reader.skipValue()
        }
    }

    private static func readSources(_ reader: inout JSONReader) throws(JSONError) -> [Int] {
        var sources: [Int] = []
        if try reader.readNullIfPresent() { return sources }
        try reader.beginArray()
        while try reader.nextElement() { sources.append(Int(try reader.readInt64())) }
        return sources
    }

    /// A platform's identifier, which exporters write as a string or a number.
    private static func readIdentifier(_ reader: inout JSONReader) throws(JSONError) -> String? {
        try reader.peekKind() == .number ? String(reader.readInt64()) : reader.readOptionalString()
    }

    /// Milliseconds since 1970, or RFC 3339.
    private static func readTime(_ reader: inout JSONReader) throws(JSONError) -> Timestamp {
        let start = reader.offset
        let time =
            try reader.peekKind() == .string
            ? Timestamp(rfc3339: reader.readString()) : Timestamp(milliseconds: reader.readInt64())
        guard let time, Timestamp.plausible.contains(time) else { throw JSONError(.badNumber, at: start) }
        return time
    }
}

extension JSONWriter {
    /// Writes a key and a string, or nothing.
    mutating func optionalString(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        key(name)
        string(value)
    }
}
