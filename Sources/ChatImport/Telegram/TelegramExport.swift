import ChatModel
import JSON

/// Reads a `result.json` of Telegram Desktop, of one chat or of an account, in memory that does not grow with it.
///
///     chat     {"name", "type", "id", "messages": [record…]}
///     account  {"personal_information": {…}, "contacts": {"list": […]}, "chats": {"list": [chat…]}, "left_chats": …}
///
/// Source: telegramdesktop/tdesktop, export_output_json.cpp, and core.telegram.org/import-export.
struct TelegramExport {
    typealias Deliver = (ImportEvent) throws -> Void

    /// Longest record that is read; longer ones are skipped.
    static let recordLimit = 64 << 20

    private let file: SourceFile
    /// The file, below the source's root.
    private let path: String
    private let media: SourceMedia
    private let options: ImportOptions
    private var people: [PersonID: Person] = [:]
    private var hasNotedZone = false
    private var unknownTypes: [String: Int] = [:]

    /// A reader of a file, with the media beside it.
    init(_ file: SourceFile, path: String, media: SourceMedia, options: ImportOptions) {
        self.file = file
        self.path = path
        self.media = media
        self.options = options
    }

    /// A place in the text, with a reader that can be begun again anywhere since JSON values stand alone.
    private struct Cursor: ~Copyable {
        var reader: JSONReader
        private let base: Int

        init(_ file: SourceFile, at base: Int = 0) {
            reader = file.jsonReader(at: base, maximumValueLength: recordLimit)
            self.base = base
        }

        var offset: Int { base + reader.offset }

        /// Runs a part of the reading; a fault gets its place in the whole file.
        mutating func reading<Value>(_ body: (inout JSONReader) throws(JSONError) -> Value) throws(JSONError) -> Value {
            do throws(JSONError) {
                return try body(&reader)
            } catch {
                throw JSONError(error.reason, at: base + error.offset)
            }
        }
    }

    private struct Chat {
        var id: String?
        var type: String?
        var name: String?
        /// Set once the conversation has been told.
        var conversation: ConversationID?

        var peerClass: TelegramIdentifiers.PeerClass? { .init(chatType: type) }
    }

    // MARK: The file

    /// Reads everything. Throws `JSONError`, and what `deliver` throws.
    mutating func read(_ deliver: Deliver) throws {
        var cursor = Cursor(file)
        var chat = Chat()
        var isExport = false
        var deferred: [Int] = []
        try cursor.reading { (reader) throws(JSONError) in try reader.beginObject() }
        while let key = try Self.nextKey(&cursor) {
            switch key {
            case "chats", "left_chats":
                isExport = true
                try readLists(&cursor, deliver) { (export, cursor) in try export.readChat(&cursor, deliver) }
            case "contacts":
                isExport = true
                try readLists(&cursor, deliver) { (export, cursor) in try export.readContact(&cursor, deliver) }
            case "personal_information":
                isExport = true
                try readOwner(&cursor, deliver)
            default:
                if try readChatMember(key, &chat, &deferred, &cursor, deliver) { isExport = true }
            }
        }
        if chat.type != nil || !deferred.isEmpty { try finish(&chat, deferred, deliver) }
        let isAtEnd = try cursor.reading { (reader) throws(JSONError) in try reader.isAtEnd() }
        guard isAtEnd else { throw JSONError(.unexpected(byte: 0, expected: "the end of the file"), at: cursor.offset) }
        guard isExport else {
            throw JSONError(.unexpected(byte: UInt8(ascii: "}"), expected: "a Telegram export"), at: 0)
        }
        if !unknownTypes.isEmpty { try deliver(.note(.unknownMessageTypes(unknownTypes))) }
    }

    private static func nextKey(_ cursor: inout Cursor) throws(JSONError) -> String? {
        try cursor.reading { (reader) throws(JSONError) in try reader.nextKey().map(\.string) }
    }

    /// Reads `{"list": [element…]}`, passing over what is not that.
    private mutating func readLists(
        _ cursor: inout Cursor, _ deliver: Deliver, _ element: (inout TelegramExport, inout Cursor) throws -> Void
    ) throws {
        guard try Self.begin(.object, &cursor) else { return }
        while let key = try Self.nextKey(&cursor) {
            guard key == "list" else {
                try cursor.reading { (reader) throws(JSONError) in try reader.skipValue() }
                continue
            }
            guard try Self.begin(.array, &cursor) else { continue }
            while try cursor.reading({ (reader) throws(JSONError) in try reader.nextElement() }) {
                try element(&self, &cursor)
            }
        }
    }

    /// Enters an object or array; a value of another kind is passed over.
    private static func begin(_ kind: JSONKind, _ cursor: inout Cursor) throws(JSONError) -> Bool {
        try cursor.reading { (reader) throws(JSONError) in
            guard try reader.peekKind() == kind else {
                try reader.skipValue()
                return false
            }
            if kind == .object { try reader.beginObject() } else { try reader.beginArray() }
            return true
        }
    }

    // MARK: Chats

    private mutating func readChat(_ cursor: inout Cursor, _ deliver: Deliver) throws {
        guard try Self.begin(.object, &cursor) else { return }
        var chat = Chat()
        var deferred: [Int] = []
        while let key = try Self.nextKey(&cursor) { _ = try readChatMember(key, &chat, &deferred, &cursor, deliver) }
        try finish(&chat, deferred, deliver)
    }

    /// Reads one member of a chat; false when a chat has none of that name.
    private mutating func readChatMember(
        _ key: String, _ chat: inout Chat, _ deferred: inout [Int], _ cursor: inout Cursor, _ deliver: Deliver
    ) throws -> Bool {
        switch key {
        case "name": chat.name = try Self.scalar(&cursor)
        case "type": chat.type = try Self.scalar(&cursor)
        case "id": chat.id = try Self.scalar(&cursor)
        case "messages":
            if chat.id != nil, chat.type != nil {
                try readMessages(&chat, &cursor, deliver)
            } else {
                // What the messages belong to may stand behind them: they are read when it is known.
                _ = try cursor.reading { (reader) throws(JSONError) in try reader.peekKind() }
                deferred.append(cursor.offset)
                try cursor.reading { (reader) throws(JSONError) in try reader.skipValue() }
            }
        default:
            try cursor.reading { (reader) throws(JSONError) in try reader.skipValue() }
            return false
        }
        return true
    }

    private static func scalar(_ cursor: inout Cursor) throws(JSONError) -> String? {
        try cursor.reading { (reader) throws(JSONError) in try TelegramRecord.readScalar(&reader) }
    }

    private mutating func finish(_ chat: inout Chat, _ deferred: [Int], _ deliver: Deliver) throws {
        for start in deferred {
            var cursor = Cursor(file, at: start)
            try readMessages(&chat, &cursor, deliver)
        }
        if chat.conversation == nil { _ = try tell(&chat, deliver) }
    }

    /// Tells the conversation, once.
    private mutating func tell(_ chat: inout Chat, _ deliver: Deliver) throws -> ConversationID {
        if let conversation = chat.conversation { return conversation }
        let id = TelegramIdentifiers.conversation(
            id: chat.id, type: chat.type, name: chat.name, fallback: media.folder.isEmpty ? path : media.folder)
        var conversation = Conversation(id: id, title: chat.name ?? "", kind: .unknown, app: "telegram")
        switch chat.type {
        case "saved_messages": conversation.kind = .saved
        case "personal_chat", "bot_chat": conversation.kind = .direct
        case "private_group", "private_supergroup", "public_supergroup": conversation.kind = .group
        case "private_channel", "public_channel": conversation.kind = .channel
        case "replies", "verification_codes": conversation.kind = .service
        default: break
        }
        if conversation.title.isEmpty {
            conversation.title =
                switch conversation.kind {
                case .saved: "Saved Messages"
                case .direct: Self.deletedAccount
                default: ""
                }
        }
        if let number = chat.id, conversation.kind == .direct || conversation.kind == .saved,
            let person = TelegramIdentifiers.person(id: number, name: nil, chat: .user)
        {
            conversation.members = [person]
            // The owner's own name stands in the messages, not in the title.
            let name = conversation.kind == .direct ? conversation.title : ""
            try tell(Person(id: person, name: name, isSelf: conversation.kind == .saved), deliver)
        }
        try deliver(.conversation(conversation))
        chat.conversation = id
        return id
    }

    // MARK: Messages

    private mutating func readMessages(_ chat: inout Chat, _ cursor: inout Cursor, _ deliver: Deliver) throws {
        let conversation = try tell(&chat, deliver)
        guard try Self.begin(.array, &cursor) else { return }
        while try cursor.reading({ (reader) throws(JSONError) in try reader.nextElement() }) {
            _ = try cursor.reading { (reader) throws(JSONError) in try reader.peekKind() }
            let start = cursor.offset
            let text: [UInt8]
            do throws(JSONError) {
                text = try cursor.reading { (reader) throws(JSONError) in try reader.rawValue() }
            } catch {
                guard case .tooLong = error.reason else { throw error }
                cursor = Cursor(file, at: start)
                try cursor.reading { (reader) throws(JSONError) in try reader.skipValue() }
                try deliver(.skipped(SkippedRow(reason: .tooLong, path: path, offset: start)))
                continue
            }
            try tellRow(text, at: start, of: chat, in: conversation, deliver)
        }
    }

    /// Tells one element of `messages`, whose text stands alone.
    private mutating func tellRow(
        _ text: [UInt8], at offset: Int, of chat: Chat, in conversation: ConversationID, _ deliver: Deliver
    ) throws {
        guard let (record, raw) = Self.record(text) else {
            return try deliver(.skipped(SkippedRow(reason: .notARecord, path: path, offset: offset)))
        }
        guard let (time, wallTime) = moment(record, "date_unixtime", "date") else {
            return try deliver(.skipped(SkippedRow(reason: .noTime, path: path, offset: offset)))
        }
        if wallTime != nil, !hasNotedZone {
            hasNotedZone = true
            try deliver(.note(.zoneAssumed(paths: [path], zone: options.assumedZone.name)))
        }
        var message = Message(id: record["id"].map { MessageID($0) }, time: time, wallTime: wallTime)
        message.sender = try sender(of: record, in: chat, deliver)
        message.attachments = record.attachments(in: media)
        switch record["type"] {
        case "message":
            message.kind = record.mediaKind ?? .text
            message.text = record.captionedText
            // An invoice, a list of things to do, paid media: what it is stands in the raw text alone.
            if record.mediaKind == nil, message.text.isEmpty, let unread = record.unread.first {
                message.kind = .unknown
                unknownTypes[unread, default: 0] += 1
            }
        case "service":
            let isCall = record["action"] == "phone_call" || record["action"] == "group_call"
            message.kind = isCall ? .call : .system
            message.text = record.serviceText
        default:
            message.kind = .unknown
            message.text = record.captionedText
            unknownTypes[record["type"] ?? "", default: 0] += 1
        }
        message.text = ([message.text] + record.remarks).filter { !$0.isEmpty }.joined(separator: "\n")
        if record["reply_to_peer_id"] == nil { message.replyTo = record["reply_to_message_id"].map { MessageID($0) } }
        message.forwardedFrom = record["forwarded_from"]
        if record.nulls.contains("forwarded_from") { message.forwardedFrom = Self.deletedAccount }
        // 1970 stands for "never" in old exports.
        if let edited = moment(record, "edited_unixtime", "edited")?.0, edited.seconds > 86400 {
            message.edited = edited
        }
        message.raw = raw
        try deliver(.message(message, in: conversation))
    }

    /// The record in a text, and the text as one line when the record does not express all of it.
    private static func record(_ text: [UInt8]) -> (TelegramRecord, raw: [UInt8]?)? {
        text.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes, acceptsHexEscapes: true)
            guard let record = try? TelegramRecord(reading: &reader) else { return nil }
            guard record.keepsRaw || record["type"] != "message" else { return (record, nil) }
            var again = JSONReader(bytes, acceptsHexEscapes: true)
            return (record, try? again.compactValue())
        }
    }

    /// A time by its seconds since 1970, else by a wall time without a zone, which comes back too.
    private func moment(_ record: TelegramRecord, _ unix: String, _ local: String) -> (Timestamp, CivilTime?)? {
        if let seconds = record.number(unix), Timestamp.plausible.contains(Timestamp(seconds: seconds)) {
            return (Timestamp(seconds: seconds), nil)
        }
        guard let text = record[local], let wall = CivilTime(text) else { return nil }
        return (options.assumedZone.moment(of: wall), wall)
    }

    // MARK: People

    private static let deletedAccount = "Deleted Account"

    private mutating func sender(
        of record: TelegramRecord, in chat: Chat, _ deliver: Deliver
    ) throws -> PersonID? {
        let name = record["from"] ?? record["actor"]
        let number = record["from_id"] ?? record["actor_id"]
        guard let id = TelegramIdentifiers.person(id: number, name: name, chat: chat.peerClass) else { return nil }
        let isNamed = !(name ?? "").isEmpty
        let isOwner = isNamed && name == options.ownName
        try tell(Person(id: id, name: isNamed ? name ?? "" : Self.deletedAccount, isSelf: isOwner), deliver)
        return id
    }

    /// Tells a person when something about them is new.
    private mutating func tell(_ person: Person, _ deliver: Deliver) throws {
        guard var known = people[person.id] else {
            people[person.id] = person
            return try deliver(.person(person))
        }
        let before = known
        if !person.name.isEmpty, person.name != Self.deletedAccount { known.name = person.name }
        known.isSelf = known.isSelf || person.isSelf
        known.phones += person.phones.filter { !known.phones.contains($0) }
        known.handles += person.handles.filter { !known.handles.contains($0) }
        guard known != before else { return }
        people[person.id] = known
        try deliver(.person(known))
    }

    private mutating func readContact(_ cursor: inout Cursor, _ deliver: Deliver) throws {
        if let person = try Self.readPerson(&cursor, isSelf: false) { try tell(person, deliver) }
    }

    private mutating func readOwner(_ cursor: inout Cursor, _ deliver: Deliver) throws {
        if let person = try Self.readPerson(&cursor, isSelf: true) { try tell(person, deliver) }
    }

    /// Reads `{"user_id", "first_name", "last_name", "phone_number", "username"}`. A contact who is not on Telegram has
    /// the number 0 and is named by the telephone.
    private static func readPerson(_ cursor: inout Cursor, isSelf: Bool) throws(JSONError) -> Person? {
        let fields = try cursor.reading { (reader) throws(JSONError) in
            guard try reader.peekKind() == .object else {
                try reader.skipValue()
                return [String: String]()
            }
            return try TelegramRecord.readScalars(&reader)
        }
        let names = [fields["first_name"], fields["last_name"]].compactMap { $0 }.filter { !$0.isEmpty }
        let phone = fields["phone_number"] ?? ""
        let number = fields["user_id"].flatMap { $0 == "0" ? nil : $0 }
        let fallback = phone.isEmpty ? names.joined(separator: " ") : phone
        guard let id = TelegramIdentifiers.person(id: number, name: fallback, chat: .user) else { return nil }
        var person = Person(id: id, name: names.joined(separator: " "), isSelf: isSelf)
        if !phone.isEmpty { person.phones = [phone] }
        if let handle = fields["username"], !handle.isEmpty { person.handles = [handle] }
        return person
    }
}
