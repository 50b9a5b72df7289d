import ChatModel
import Foundation

/// Reads a chat that WhatsApp exported as a text, alone, in a folder with its media, or in a .zip with them.
///
/// The text is read twice: once for the order of day and month, once for the messages. Memory holds one message.
struct WhatsAppExport {
    /// Longest message that is read, in bytes; of a longer one the rest is counted as skipped.
    static let messageLimit = 16 << 20

    /// Where the text and the files beside it are.
    private struct Place {
        /// For errors and skipped rows.
        let path: String
        /// The chat's name, from the name of its file, folder or .zip.
        let title: String
        /// A fresh reader of the text's lines.
        let lines: () throws -> LineReader
        /// Where a file named in the text is; nil when it is not there.
        let content: (String) -> Attachment.Content?
    }

    private let place: Place
    private let options: ImportOptions
    private let conversation: ConversationID
    private var isDayFirst = true
    private var senders: Set<String> = []
    private var pending: Pending?

    /// A message whose lines are being collected.
    private struct Pending {
        var header: WhatsAppHeader
        var body: String
        var line: Int
        var offset: Int
        var isTooLong = false
    }

    /// Reads an export and delivers its rows.
    static func read(_ export: SourceFolder.Export, options: ImportOptions, _ deliver: (ImportEvent) throws -> Void)
        throws
    {
        let path = export.root + "/" + export.path
        var reading: WhatsAppExport
        if try SourceFile(path: path).prefix(4) == [0x50, 0x4B, 0x03, 0x04] {
            reading = WhatsAppExport(try zip(path, export), options)
        } else {
            reading = WhatsAppExport(try folder(path, export), options)
        }
        try reading.read(deliver)
    }

    private init(_ place: Place, _ options: ImportOptions) {
        self.place = place
        self.options = options
        conversation = ConversationID("whatsapp:\(place.title)")
    }

    // MARK: Rows

    private mutating func read(_ deliver: (ImportEvent) throws -> Void) throws {
        try findDateOrder(deliver)
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
        let kind: Conversation.Kind = senders.count > 2 ? .group : .direct
        let members = senders.sorted().map { PersonID("whatsapp:\($0)") }
        try deliver(
            .conversation(
                Conversation(id: conversation, title: place.title, kind: kind, app: "whatsapp", members: members)))
    }

    private mutating func findDateOrder(_ deliver: (ImportEvent) throws -> Void) throws {
        var order = WhatsAppDateOrder()
        var hasHeader = false
        var lines = try place.lines()
        while let line = try lines.next() {
            // A head is short; the rest of the line does not matter here.
            guard let bytes = line.bytes, let header = Self.header(bytes) else { continue }
            hasHeader = true
            order.note(header.stamp)
        }
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
        var message = Message(time: options.assumedZone.moment(of: wall), wallTime: wall)
        let (name, text) = Self.split(row.body)
        let body = WhatsAppBody(text, row.header) { place.content($0) != nil }
        message.kind = name == nil && body.kind == .text ? .system : body.kind
        message.text = body.text
        message.attachments = attachments(of: body)
        if let name, message.kind != .system {
            message.sender = PersonID("whatsapp:\(name)")
            if senders.insert(name).inserted {
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
        guard let colon = first.firstIndex(of: ":"), !first[..<colon].contains("\"") else { return (nil, body) }
        let name = DirectionMarks.removed(from: first[..<colon]).trimmed
        guard !name.isEmpty, name.count <= 100 else { return (nil, body) }
        var text = body[body.index(after: colon)...]
        if text.first == " " { text.removeFirst() }
        return (name, String(text))
    }

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

    // MARK: Places

    private static func folder(_ path: String, _ export: SourceFolder.Export) throws -> Place {
        let name = String(export.path.split(separator: "/").last ?? "")
        let parent = export.folder.isEmpty ? export.root : export.folder
        let media = SourceMedia(root: export.root, folder: export.folder)
        let directory = export.folder.isEmpty ? export.root : "\(export.root)/\(export.folder)"
        // Names are compared as text, so that NFC and NFD spellings of one name are the same.
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let named = Dictionary(files.map { ($0, $0) }, uniquingKeysWith: { $1 })
        return Place(
            path: export.path, title: title(file: name, parent: parent),
            lines: {
                let file = try SourceFile(path: path)
                return lines(try file.prefix(2)) { (buffer, position) in try file.read(into: buffer, at: position) }
            },
            content: { wanted in
                guard !wanted.contains("/"), let file = named[wanted], case .file(let path) = media.content(of: file)
                else {
                    return nil
                }
                return .file(path: path)
            })
    }

    private static func zip(_ path: String, _ export: SourceFolder.Export) throws -> Place {
        let archive = try ZipArchive(path: path)
        guard let entry = try chatEntry(in: archive) else { throw ImportError.noWhatsAppMessages(path: export.path) }
        let named = Dictionary(archive.entries.map { ($0.fileName, $0) }, uniquingKeysWith: { first, _ in first })
        let container = String(export.path)
        return Place(
            path: "\(export.path)/\(entry.name)",
            title: title(file: entry.fileName, parent: String(export.path.split(separator: "/").last ?? "")),
            lines: {
                let stream = try archive.stream(entry)
                return lines(try head(of: entry, in: archive, 2)) { (buffer, _) in try stream.read(into: buffer) }
            },
            content: { wanted in
                guard let file = named[wanted], file.index != entry.index else { return nil }
                guard !file.isBomb else {
                    return .missing(reason: "the file in the .zip unpacks to an impossible size")
                }
                return .entry(container: container, name: file.name)
            })
    }

    /// The chat's text in a .zip; nil when there is none.
    static func chatEntry(in archive: ZipArchive) throws(ImportError) -> ZipArchive.Entry? {
        for entry in archive.entries where entry.fileName.lowercased().hasSuffix(".txt") {
            if isChat(try head(of: entry, in: archive, headLength)) { return entry }
        }
        return nil
    }

    /// Bytes of a text that are looked at to tell whether it is a chat.
    private static let headLength = 1 << 14

    /// The first bytes of an entry, at most `length`.
    private static func head(of entry: ZipArchive.Entry, in archive: ZipArchive, _ length: Int) throws(ImportError)
        -> [UInt8]
    {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 16)
        defer { buffer.deallocate() }
        return [UInt8](buffer[..<(try archive.stream(entry).read(into: buffer))])
    }

    /// The lines of a text in the encoding that its first bytes tell. Positions in UTF-16 count as it were UTF-8.
    private static func lines(_ head: [UInt8], _ source: @escaping LineReader.Source) -> LineReader {
        LineReader(limit: messageLimit, source: TextEncoding(head: head).utf8(source))
    }

    /// Whether one of the first lines of a text is the head of a message.
    static func isChat(_ head: [UInt8]) -> Bool {
        let text = TextEncoding(head: head).text(of: head.prefix(headLength))
        return text.utf8.split(separator: 0x0A).prefix(20).contains { line in
            WhatsAppHeader(String(decoding: line.prefix(128), as: UTF8.self)[...]) != nil
        }
    }

    /// Whether a file is called as WhatsApp calls a chat's.
    static func isChatName(_ file: String) -> Bool {
        let name = DirectionMarks.removed(from: file).replacing("\u{A0}", with: " ")
        return name == "_chat.txt" || WhatsAppWords.filePrefixes.contains { name.hasPrefix($0) }
            || WhatsAppWords.fileSuffixes.contains { name.contains($0) }
    }

    /// The chat's name, without what WhatsApp puts around it, and without the number of a repeated download.
    static func title(file: String, parent: String) -> String {
        var name = file
        for suffix in [".txt", ".zip"] where name.lowercased().hasSuffix(suffix) { name = String(name.dropLast(4)) }
        if name == "_chat" || name == "chat" {
            name = String(parent.split(separator: "/").last ?? "")
            if name.lowercased().hasSuffix(".zip") { name = String(name.dropLast(4)) }
        }
        name = DirectionMarks.removed(from: name).replacing("\u{A0}", with: " ")
        if name.hasSuffix(")"), let open = name.lastIndex(of: "("), open != name.startIndex,
            name[name.index(after: open)...].dropLast().allSatisfy(\.isASCII),
            Int(name[name.index(after: open)...].dropLast()) != nil
        {
            name = name[..<open].trimmed
        }
        for prefix in WhatsAppWords.filePrefixes where name.hasPrefix(prefix) && name.count > prefix.count {
            name = String(name.dropFirst(prefix.count))
            break
        }
        for suffix in WhatsAppWords.fileSuffixes where name.hasSuffix(suffix) && name.count > suffix.count {
            name = String(name.dropLast(suffix.count))
            break
        }
        return name.trimmed.isEmpty ? "WhatsApp" : name.trimmed
    }
}
