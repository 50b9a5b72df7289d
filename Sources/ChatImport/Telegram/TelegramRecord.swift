import ChatModel
import JSON

/// One element of `messages` as the export has it. Every field may be absent or of another type than Telegram Desktop
/// writes: then it counts as absent, and the raw text is kept.
struct TelegramRecord {
    /// Strings, and numbers and truth values by their text.
    private(set) var scalars: [String: String] = [:]
    /// Keys whose value is null.
    private(set) var nulls: Set<String> = []
    private(set) var text = ""
    private(set) var poll: [String] = []
    private(set) var contact: [String: String] = [:]
    private(set) var place: [String: String] = [:]
    /// Names of `members`; a deleted account's is nil.
    private(set) var members: [String?] = []
    private(set) var hasPoll = false
    /// Keys whose value is an object or an array that is not read, in their order.
    private(set) var unread: [String] = []
    /// Whether there is more than the message's fields will hold.
    private(set) var keepsRaw = false

    subscript(_ key: String) -> String? { scalars[key] }

    /// A whole number, or nil.
    func number(_ key: String) -> Int64? { scalars[key].flatMap { Int64($0) } }

    /// Keys that a message of our own says completely.
    private static let expressed: Set<String> = [
        "id", "type", "date", "date_unixtime", "edited", "edited_unixtime", "from", "from_id", "text", "text_entities",
        "forwarded_from", "reply_to_message_id", "photo", "file", "file_name", "mime_type",
    ]

    /// Keys that say something about a message and are not what it says.
    private static let besideContent: Set<String> = ["reactions", "inline_bot_buttons"]

    /// Reads an object.
    init(reading reader: inout JSONReader) throws(JSONError) {
        var plain: TelegramText?
        var entities: TelegramText?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "text": plain = try TelegramText(reading: &reader)
            case "text_entities": entities = try TelegramText(reading: &reader)
            default: try readMember(key.string, &reader)
            }
        }
        text = plain?.text ?? ""
        if text.isEmpty { text = entities?.text ?? "" }
        if plain?.losesSomething ?? false || entities?.losesSomething ?? false { keepsRaw = true }
    }

    private mutating func readMember(_ name: String, _ reader: inout JSONReader) throws(JSONError) {
        if !Self.expressed.contains(name) { keepsRaw = true }
        switch try reader.peekKind() {
        case .object where name == "poll": try readPoll(&reader)
        case .object where name == "contact_information": contact = try Self.readScalars(&reader)
        case .object where name == "location_information": place = try Self.readScalars(&reader)
        case .array where name == "members":
            try reader.beginArray()
            while try reader.nextElement() {
                members.append(try reader.peekKind() == .string ? reader.readString() : nil)
                if members.last == .some(nil) { try reader.skipValue() }
            }
        case .null:
            try reader.skipValue()
            nulls.insert(name)
        default:
            let kind = try reader.peekKind()
            if kind == .object || kind == .array, !Self.besideContent.contains(name) { unread.append(name) }
            if let value = try Self.readScalar(&reader) { scalars[name] = value } else { keepsRaw = true }
        }
    }

    private mutating func readPoll(_ reader: inout JSONReader) throws(JSONError) {
        hasPoll = true
        var question = ""
        var answers: [String] = []
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "question": question = try TelegramText(reading: &reader).text
            case "answers" where try reader.peekKind() == .array:
                try reader.beginArray()
                while try reader.nextElement() {
                    guard try reader.peekKind() == .object else {
                        try reader.skipValue()
                        continue
                    }
                    if let answer = try Self.readAnswer(&reader) { answers.append(answer) }
                }
            default: try reader.skipValue()
            }
        }
        poll = [question] + answers.map { "- " + $0 }
    }

    /// `Rome (2 votes)`; the number when there are any.
    private static func readAnswer(_ reader: inout JSONReader) throws(JSONError) -> String? {
        var text: String?
        var votes = ""
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "text": text = try TelegramText(reading: &reader).text
            case "voters":
                if let count = try readScalar(&reader).flatMap({ Int($0) }), count > 0 {
                    votes = count == 1 ? " (1 vote)" : " (\(count) votes)"
                }
            default: try reader.skipValue()
            }
        }
        return text.map { $0 + votes }
    }

    /// The scalars of an object; what is nested in it is passed over.
    static func readScalars(_ reader: inout JSONReader) throws(JSONError) -> [String: String] {
        var values: [String: String] = [:]
        try reader.beginObject()
        while let key = try reader.nextKey() {
            let name = key.string
            if let value = try readScalar(&reader) { values[name] = value }
        }
        return values
    }

    /// A string, or the text of a number or truth value; nil for null and what is nested, which is passed over.
    static func readScalar(_ reader: inout JSONReader) throws(JSONError) -> String? {
        switch try reader.peekKind() {
        case .string: return try reader.readString()
        case .number: return String(decoding: try reader.rawValue(), as: UTF8.self)
        case .bool: return try reader.readBool() ? "true" : "false"
        case .object, .array, .null:
            try reader.skipValue()
            return nil
        }
    }
}
