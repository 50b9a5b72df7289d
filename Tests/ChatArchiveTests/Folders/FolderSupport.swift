import ChatModel
import JSON

@testable import ChatArchive

/// Segments and listings from messages, as an archive would give them.
enum Sample {
    static let moment = Timestamp(rfc3339: "2021-09-04T15:03:55Z") ?? Timestamp(milliseconds: 0)

    /// A stored attachment that says so.
    static func stored(_ name: String, type: String = "", size: Int64 = 12_345) -> ChatModel.Attachment {
        ChatModel.Attachment(
            name: name, mediaType: type, content: .stored(sha256: String(repeating: "ab", count: 32), size: size))
    }

    static func text(_ lines: [MessageLine]) -> [UInt8] {
        var writer = JSONWriter()
        InterchangeLine.conversation(Conversation(id: ConversationID("c"), title: "", kind: .group, app: "test"))
            .encode(into: &writer)
        for line in lines { line.encode(into: &writer) }
        return writer.bytes
    }

    static func segment(_ lines: [MessageLine]) throws -> Segment {
        try Segment(parsing: text(lines), name: "2021-09.jsonl")
    }

    static func segment(_ messages: [Message]) throws -> Segment { try segment(messages.map { MessageLine($0) }) }

    /// A listing of the month of `moment`, senders by their identifiers.
    static func listing(_ messages: [Message], in zone: Zone = .utc, mediaOnly: Bool = false) throws -> MonthListing {
        MonthListing(
            of: zone.month(of: moment), in: zone, from: [(7, try segment(messages))], mediaOnly: mediaOnly,
            name: { Array(SafeName.make($0.text, limit: MonthListingBuilder.senderLimit).utf8) })
    }

    static func names(_ listing: MonthListing) -> [String] {
        listing.entries.map { entry in listing.withName(entry) { String(decoding: $0, as: UTF8.self) } }
    }

    static func transcript(_ lines: [MessageLine], _ name: (PersonID) -> String = \.text) throws -> String {
        var transcript = Transcript(of: Zone.utc.month(of: moment), in: .utc)
        transcript.add([try segment(lines)], name)
        return String(decoding: transcript.rendered.bytes, as: UTF8.self)
    }
}
