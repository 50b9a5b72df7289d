public import ChatModel
import JSON
public import ResticRepository

/// A line of a list of months: a segment of a conversation, and what each source gave for it.
public struct MonthRecord: Hashable, Sendable {
    /// What a source gave for the month when it was last read.
    public struct Given: Hashable, Sendable {
        /// Names the messages given: 16 hex digits of their lines' SHA-256.
        public var digest: String
        /// Rows that repeated another of the same source.
        public var duplicates: Int
    }

    /// The month, in the archive's zone.
    public var month: Month
    /// Lines of the segment that are messages.
    public var messages: Int
    /// Attachments of those messages, missing ones counted.
    public var attachments: Int
    /// Sent times of the first and last message.
    public var span: ClosedRange<Timestamp>
    /// By the source's index; only sources that have messages of the month now.
    public var given: [Int: Given]
    /// The blobs of the segment's file, so that reading it needs no folder; empty in older archives.
    public var blobs: [BlobID]
    /// Bytes of the segment's file.
    public var size: UInt64

    /// The segment's file.
    var node: Node {
        var node = Node(
            name: Array(ArchiveLayout.segment(month.description).utf8), kind: .file, mode: FileMode(rawValue: 0o600),
            modified: GoTime(seconds: span.upperBound.seconds))
        node.content = blobs
        node.size = size
        node.links = 1
        return node
    }

    func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("month")
        writer.string(month.description)
        writer.key("messages")
        writer.int(messages)
        if attachments > 0 {
            writer.key("attachments")
            writer.int(attachments)
        }
        writer.span(span)
        writer.key("sources")
        writer.beginObject()
        for (source, given) in given.sorted(by: { $0.key < $1.key }) {
            writer.key(String(source))
            writer.beginObject()
            writer.key("digest")
            writer.string(given.digest)
            if given.duplicates > 0 {
                writer.key("duplicates")
                writer.int(given.duplicates)
            }
            writer.endObject()
        }
        writer.endObject()
        writer.key("size")
        writer.int(Int64(clamping: size))
        writer.key("blobs")
        writer.beginArray()
        for blob in blobs { writer.string(blob.hex) }
        writer.endArray()
        writer.endObject()
        writer.newline()
    }

    init(reading reader: inout JSONReader) throws(JSONError) {
        let start = reader.offset
        var month: Month?
        var first = Timestamp(milliseconds: 0)
        var last = first
        messages = 0
        attachments = 0
        given = [:]
        blobs = []
        size = 0
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "size": size = UInt64(max(0, try reader.readInt64()))
            case "blobs":
                try reader.beginArray()
                while try reader.nextElement() {
                    guard let blob = BlobID(hex: try reader.readString()) else {
                        throw JSONError(.badNumber, at: start)
                    }
                    blobs.append(blob)
                }
            case "month": month = Month(try reader.readString())
            case "messages": messages = Int(try reader.readInt64())
            case "attachments": attachments = Int(try reader.readInt64())
            case "first": first = Timestamp(milliseconds: try reader.readInt64())
            case "last": last = Timestamp(milliseconds: try reader.readInt64())
            case "sources":
                try reader.beginObject()
                while let source = try reader.nextKey() {
                    let index = Int(source.string)
                    let value = try Given(reading: &reader)
                    if let index { given[index] = value }
                }
            default: try reader.skipValue()
            }
        }
        guard let month, first <= last else { throw JSONError(.badNumber, at: start) }
        self.month = month
        span = first...last
    }

    /// A record.
    public init(
        month: Month, messages: Int, attachments: Int, span: ClosedRange<Timestamp>, given: [Int: Given],
        blobs: [BlobID] = [], size: UInt64 = 0
    ) {
        self.month = month
        self.messages = messages
        self.attachments = attachments
        self.span = span
        self.given = given
        self.blobs = blobs
        self.size = size
    }
}

extension MonthRecord.Given {
    init(reading reader: inout JSONReader) throws(JSONError) {
        digest = ""
        duplicates = 0
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "digest": digest = try reader.readString()
            case "duplicates": duplicates = Int(try reader.readInt64())
            default: try reader.skipValue()
            }
        }
    }
}
