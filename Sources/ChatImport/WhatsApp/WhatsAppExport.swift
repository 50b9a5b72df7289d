import ChatModel
import Foundation

/// Reads a chat that WhatsApp exported as a text, alone, in a folder with its media, or in a .zip with them; a .zip may
/// have several.
///
/// The text is read twice: once for the order of day and month, once for the messages. Memory holds one message.
struct WhatsAppExport {
    /// Longest message that is read, in bytes; of a longer one the rest is counted as skipped.
    static let messageLimit = 16 << 20

    private let place: WhatsAppPlace
    private let options: ImportOptions
    private let conversation: ConversationID
    private var isDayFirst = true
    /// Whether at least two people beside the one that the chat is called after write in it.
    private var isGroup = false
    /// The names of those that were told of, and of those that wrote.
    private var told: Set<String> = []
    private var senders: Set<String> = []
    private var pending: Pending?
    private var clock: WhatsAppClock
    /// Lines that look like heads of an unknown form: how many, and the first.
    private var unknownHeads = (count: 0, first: 0)

    /// A message whose lines are being collected.
    private struct Pending {
        var header: WhatsAppHeader
        var body: String
        var line: Int
        var offset: Int
        var isTooLong = false
    }

    /// Reads an export and delivers its rows. Of a .zip with several chats each is an export of its own.
    static func read(_ export: SourceFolder.Export, options: ImportOptions, _ deliver: (ImportEvent) throws -> Void)
        throws
    {
        for (number, place) in try WhatsAppPlace.all(of: export).enumerated() {
            if number > 0 { try deliver(.export(path: place.path)) }
            var reading = WhatsAppExport(place, options)
            try reading.read(deliver)
        }
    }

    private init(_ place: WhatsAppPlace, _ options: ImportOptions) {
        self.place = place
        self.options = options
        conversation = ConversationID("whatsapp:\(place.title)")
        clock = WhatsAppClock(options.assumedZone)
    }

    // MARK: Rows

    private mutating func read(_ deliver: (ImportEvent) throws -> Void) throws {
        try lookThrough(deliver)
        try deliver(.note(.zoneAssumed(path: place.path, zone: options.assumedZone.name)))
        try deliver(.conversation(Conversation(id: conversation, title: place.title, kind: .unknown, app: "whatsapp")))
        var lines = try place.lines()
        while let line = try lines.next() {
            guard let bytes = line.bytes else {
                pending?.isTooLong = true
                if pending == nil { try skip(.tooLong, line.number, line.offset, deliver) }
                continue
            }
            let text = String(decoding: bytes, as: UTF8.self)
            if let header = WhatsAppHeader(text[...]) {
                try finish(deliver)
                pending = Pending(header: header, body: String(header.rest), line: line.number, offset: line.offset)
            } else if pending != nil {
                if WhatsAppUnknownHead.begins(text) {
                    if unknownHeads.count == 0 { unknownHeads.first = line.number }
                    unknownHeads.count += 1
                }
                if (pending?.body.utf8.count ?? 0) + text.utf8.count < Self.messageLimit {
                    pending?.body += "\n" + text
                } else {
                    pending?.isTooLong = true
                }
            } else if !text.allSatisfy({ $0.isWhitespace || $0.unicodeScalars.allSatisfy(DirectionMarks.contains) }) {
                try skip(.beforeFirstMessage, line.number, line.offset, deliver)
            }
        }
        try finish(deliver)
        if unknownHeads.count > 0 {
            try deliver(
                .note(.unknownHeads(path: place.path, count: unknownHeads.count, firstLine: unknownHeads.first)))
        }
        let kind: Conversation.Kind = senders.count > 2 ? .group : .direct
        let members = senders.sorted().map { PersonID("whatsapp:\($0)") }
        try deliver(
            .conversation(
                Conversation(id: conversation, title: place.title, kind: kind, app: "whatsapp", members: members)))
    }

    /// Finds out what the whole text is needed for: the order of day and month, and whether it is a group's.
    private mutating func lookThrough(_ deliver: (ImportEvent) throws -> Void) throws {
        var order = WhatsAppDateOrder()
        var others: Set<String> = []
        var hasHeader = false
        var lines = try place.lines()
        while let line = try lines.next() {
            // A head is short; the rest of the line does not matter here.
            guard let bytes = line.bytes, let header = Self.header(bytes) else { continue }
            hasHeader = true
            order.note(header.stamp)
            if others.count < 2, let name = Self.split(String(header.rest)).name, name != place.title {
                others.insert(name)
            }
        }
        isGroup = others.count > 1
        guard hasHeader else { throw ImportError.noWhatsAppMessages(path: place.path) }
        isDayFirst = order.isDayFirst
        if order.isAssumed { try deliver(.note(.dayFirstAssumed(path: place.path))) }
    }

    private static func header(_ line: UnsafeRawBufferPointer) -> WhatsAppHeader? {
        WhatsAppHeader(String(decoding: line.prefix(128), as: UTF8.self)[...])
    }

    private func skip(
        _ reason: SkipReason, _ line: Int, _ offset: Int, _ deliver: (ImportEvent) throws -> Void
    ) throws {
        try deliver(.skipped(SkippedRow(reason: reason, path: place.path, line: line, offset: offset)))
    }

    private mutating func finish(_ deliver: (ImportEvent) throws -> Void) throws {
        guard let row = pending else { return }
        pending = nil
        guard
            let wall = row.header.stamp.wallTime(dayFirst: isDayFirst)
                ?? row.header.stamp.wallTime(dayFirst: !isDayFirst)
        else { return try skip(.impossibleDate, row.line, row.offset, deliver) }
        var message = Message(time: clock.moment(of: wall), wallTime: wall)
        let (name, text) = Self.split(row.body)
        let isGroups = isGroup && name == place.title
        let body = WhatsAppBody(text, row.header, isGroups: isGroups) { place.content($0) != nil }
        message.kind = name == nil && body.kind == .text ? .system : body.kind
        message.text = body.text
        message.attachments = attachments(of: body)
        if let name, !body.isNotice {
            message.sender = PersonID("whatsapp:\(name)")
            if message.kind != .system { senders.insert(name) }
            if told.insert(name).inserted {
                let isSelf = name == options.ownName
                try deliver(.person(Person(id: PersonID("whatsapp:\(name)"), name: name, isSelf: isSelf)))
            }
        }
        try deliver(.message(message, in: conversation))
        if row.isTooLong { try skip(.tooLong, row.line, row.offset, deliver) }
    }

    /// The name before the first colon, and the text after it with one space less; no name for a line of the platform's own.
    private static func split(_ body: String) -> (name: String?, text: String) {
        let first = body.prefix { $0 != "\n" }
        guard let colon = first.firstIndex(of: ":"), !isQuoted(first[..<colon]) else { return (nil, body) }
        let name = DirectionMarks.removed(from: first[..<colon]).trimmed
        guard !name.isEmpty, name.count <= 100 else { return (nil, body) }
        var text = body[body.index(after: colon)...]
        if text.first == " " { text.removeFirst() }
        return (name, String(text))
    }

    /// Whether what stands before a colon is not the whole of a name: the colon belongs to a group's name, in quotation marks.
    private static func isQuoted(_ text: Substring) -> Bool {
        var closing: [Character] = []
        for character in text {
            if character == "\"" { return true }
            if closing.contains(character) {
                closing = []
            } else if closing.isEmpty, let marks = closingMarks[character] {
                closing = marks
            }
        }
        return !closing.isEmpty
    }

    private static let closingMarks: [Character: [Character]] = [
        "“": ["”"], "„": ["“", "”"], "”": ["”"], "«": ["»"], "»": ["«"], "「": ["」"], "『": ["』"],
    ]

    private func attachments(of body: WhatsAppBody) -> [Attachment] {
        switch body.file {
        case nil: return []
        case .omitted?:
            let reason = "the chat was exported without media"
            return [Attachment(name: body.fileLabel, content: .missing(reason: reason))]
        case .named(let file)?:
            let name = body.fileLabel.isEmpty ? file : body.fileLabel
            let content = place.content(file) ?? .missing(reason: "the file is not in the export")
            return [Attachment(name: name, mediaType: MediaTypes.type(of: file), content: content)]
        }
    }
}
