import ChatModel
import Foundation

/// Reads a chat that WhatsApp exported as a text, alone, in a folder with its media, or in a .zip with them; a .zip may
/// have several.
///
/// The text is read twice: once for the order of day and month, once for the messages; in between once more for which heads are
/// its own, when they have several forms. Memory holds one message.
struct WhatsAppExport {
    /// Longest message that is read, in bytes; of a longer one the rest is counted as skipped.
    static let messageLimit = 16 << 20

    private let place: WhatsAppPlace
    private let options: ImportOptions
    private let conversation: ConversationID
    private var forms: WhatsAppFileForms
    /// Whether at least two people beside the one that the chat is called after write in it.
    private var isGroup = false
    /// The names of those that were told of, and of those that wrote.
    private var told: Set<String> = []
    private var senders: Set<String> = []
    private var pending: Pending?
    private var clock: WhatsAppClock
    /// Lines that look like heads of an unknown form, and messages that are dated later than the export.
    private var unknownHeads = WhatsAppOwnHeads.Lines()
    private var futureDates = WhatsAppOwnHeads.Lines()

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
        var attempts = ReadingAttempts()
        for (number, place) in try WhatsAppPlace.all(of: export).enumerated() {
            if number > 0 { try deliver(.export(path: place.path)) }
            try attempts.read(place.path) {
                var reading = WhatsAppExport(place, options)
                try reading.read(deliver)
            }
        }
        try attempts.end(ImportNote.exportNotRead, deliver)
    }

    /// The latest wall time that a message of an export can have: a day after its file was written, as zones differ.
    private static func latest(_ place: WhatsAppPlace, _ options: ImportOptions) -> CivilTime {
        // A time before there was an export is that of a file system without one, or of an archive.
        let written = place.written.flatMap { $0.seconds > 1_230_768_000 ? $0 : nil } ?? options.now
        let moment = Timestamp(seconds: min(written, options.now).seconds + 86400)
        return options.assumedZone.civilTime(at: moment)
    }

    private init(_ place: WhatsAppPlace, _ options: ImportOptions) {
        self.place = place
        self.options = options
        conversation = ConversationID("whatsapp:\(place.title)")
        clock = WhatsAppClock(options.assumedZone)
        forms = WhatsAppFileForms(latest: Self.latest(place, options))
    }

    // MARK: Rows

    private mutating func read(_ deliver: (ImportEvent) throws -> Void) throws {
        try lookThrough(deliver)
        try deliver(.note(.zoneAssumed(paths: [place.path], zone: options.assumedZone.name)))
        try deliver(.conversation(Conversation(id: conversation, title: place.title, kind: .unknown, app: "whatsapp")))
        var heads = WhatsAppOwnHeads.Reading(forms.ownHeads)
        var lines = try place.lines()
        while let line = try lines.next() {
            guard let bytes = line.bytes else {
                pending?.isTooLong = true
                if pending == nil { try skip(.tooLong, line.number, line.offset, deliver) }
                continue
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let header = WhatsAppHeader(text[...])
            if let header, heads.isOwn(header.form, line: line.number) {
                try finish(deliver)
                pending = Pending(header: header, body: String(header.rest), line: line.number, offset: line.offset)
            } else if pending != nil {
                if header == nil, WhatsAppUnknownHead.begins(text) { unknownHeads.add(1, from: line.number) }
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
        try noteHeads(deliver)
        let kind: Conversation.Kind = senders.count > 2 ? .group : .direct
        let members = senders.sorted().map { PersonID("whatsapp:\($0)") }
        try deliver(
            .conversation(
                Conversation(id: conversation, title: place.title, kind: kind, app: "whatsapp", members: members)))
    }

    /// Finds out what the whole text is needed for: the forms of heads, the order of day and month, and whether it is a group's.
    private mutating func lookThrough(_ deliver: (ImportEvent) throws -> Void) throws {
        var others: [WhatsAppForm: Set<String>] = [:]
        try readHeads { (header, _, _) in
            forms.note(header)
            if others[header.form, default: []].count < 2, let name = Self.split(String(header.rest)).name,
                name != place.title
            {
                others[header.form, default: []].insert(name)
            }
        }
        guard forms.hasHeads else { throw ImportError.noWhatsAppMessages(path: place.path) }
        if forms.areSeveral {
            try readHeads { (header, line, offset) in forms.noteAgain(header, line: line, offset: offset) }
            forms.end()
        }
        isGroup = forms.own.reduce(into: Set()) { $0.formUnion(others[$1] ?? []) }.count > 1
        if forms.isOrderAssumed { try deliver(.note(.dayFirstAssumed(path: place.path))) }
    }

    /// All lines that look like heads.
    private func readHeads(_ take: (WhatsAppHeader, _ line: Int, _ offset: Int) -> Void) throws {
        var lines = try place.lines()
        while let line = try lines.next() {
            // A head is short; the rest of the line does not matter here.
            guard let bytes = line.bytes, let header = Self.header(bytes) else { continue }
            take(header, line.number, line.offset)
        }
    }

    /// Tells which lines were doubtful.
    private func noteHeads(_ deliver: (ImportEvent) throws -> Void) throws {
        let unknown = unknownHeads.joined(with: forms.ownHeads.doubtful)
        let copied = forms.ownHeads.copied
        let notes: [(WhatsAppOwnHeads.Lines, ImportNote)] = [
            (unknown, .unknownHeads(path: place.path, count: unknown.count, firstLine: unknown.first)),
            (copied, .copiedHeads(path: place.path, count: copied.count, firstLine: copied.first)),
            (futureDates, .futureDates(path: place.path, count: futureDates.count, firstLine: futureDates.first)),
        ]
        for (lines, note) in notes where lines.count > 0 { try deliver(.note(note)) }
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
        guard let wall = forms.wallTime(of: row.header) else {
            return try skip(.impossibleDate, row.line, row.offset, deliver)
        }
        if wall > forms.latest { futureDates.add(1, from: row.line) }
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
