import ChatModel
import JSON

/// Reads a file of the interchange format (JSON Lines), line by line.
struct InterchangeFile {
    /// Longest line that is read; longer ones are skipped.
    static let lineLimit = 64 << 20

    private let file: SourceFile
    private let path: String
    private let media: SourceMedia
    private var told: Set<ConversationID> = []

    /// A reader of a file, with the attachments that it names relative to its folder.
    init(_ file: SourceFile, path: String, media: SourceMedia) {
        self.file = file
        self.path = path
        self.media = media
    }

    /// Reads everything. Throws `SystemFault`, `ImportError`, and what `deliver` throws.
    mutating func read(_ deliver: (ImportEvent) throws -> Void) throws {
        var lines = LineReader(file, limit: Self.lineLimit)
        var current: ConversationID?
        var understood = 0
        var refused = 0
        while let line = try lines.next() {
            func skip(_ reason: SkipReason) throws {
                refused += 1
                try deliver(.skipped(SkippedRow(reason: reason, path: path, line: line.number, offset: line.offset)))
            }
            guard var bytes = line.bytes else {
                try skip(.tooLong)
                continue
            }
            if line.number == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = .init(rebasing: bytes[3...]) }
            if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
            switch Self.parse(bytes) {
            case nil:
                try skip(.badLine)
                // What follows is not of the conversation before.
                if Self.declaresConversation(bytes) { current = nil }
            case .person(var person)?:
                understood += 1
                if var avatar = person.avatar {
                    place(&avatar)
                    person.avatar = avatar
                }
                try deliver(.person(person))
            case .conversation(let conversation)?:
                understood += 1
                current = conversation.id
                told.insert(conversation.id)
                try deliver(.conversation(conversation))
            case .message(let entry)?:
                guard let conversation = entry.conversation ?? current else {
                    try skip(.noConversation)
                    continue
                }
                understood += 1
                if told.insert(conversation).inserted {
                    try deliver(.conversation(Conversation(id: conversation, title: "", kind: .unknown, app: "")))
                }
                var message = entry.message
                for index in message.attachments.indices { place(&message.attachments[index]) }
                try deliver(.message(message, in: conversation))
            }
        }
        if understood == 0, refused > 0 { throw ImportError.nothingReadable(path: path, lines: refused) }
    }

    /// The line in a text, or nil when it is none.
    static func parse(_ bytes: UnsafeRawBufferPointer) -> InterchangeLine? {
        do throws(JSONError) {
            var reader = JSONReader(bytes)
            let line = try InterchangeLine(reading: &reader)
            return try reader.isAtEnd() ? line : nil
        } catch {
            return nil
        }
    }

    /// Whether a line that cannot be read has a conversation as an object, as far as it is JSON.
    private static func declaresConversation(_ bytes: UnsafeRawBufferPointer) -> Bool {
        do throws(JSONError) {
            var reader = JSONReader(bytes)
            try reader.beginObject()
            while let key = try reader.nextKey() {
                if key.string == "conversation", try reader.peekKind() == .object { return true }
                try reader.skipValue()
            }
        } catch {
            // It breaks off before one.
        }
        return false
    }

    /// Turns a path that the file names into one below the source's root, and refuses one that leads elsewhere.
    private func place(_ attachment: inout Attachment) {
        switch attachment.content {
        case .file(let path): attachment.content = media.content(of: path)
        case .entry(let container, let name):
            switch media.content(of: container) {
            case .file(let path): attachment.content = .entry(container: path, name: name)
            case let other: attachment.content = other
            }
        case .stored(let digest, let size):
            let isDigest =
                digest.utf8.count == 64
                && digest.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
            if !isDigest || size < 0 {
                attachment.content = .missing(reason: "the line names no content that can be found")
            }
        case .contained, .missing: break
        }
    }
}
