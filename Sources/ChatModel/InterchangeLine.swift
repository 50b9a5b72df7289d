public import JSON

/// Any line of the interchange format: a message, or a declaration that later lines refer to.
public enum InterchangeLine: Hashable, Sendable {
    /// `{"person":{…}}`
    case person(Person)
    /// `{"conversation":{…}}`: also the conversation of the messages that follow.
    case conversation(Conversation)
    case message(MessageLine)

    /// Reads the object of a line.
    public init(reading reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        let first = try reader.nextKey().map(\.string)
        switch first {
        case "person":
            self = .person(try Person(reading: &reader))
            try Self.skipRest(&reader)
        case "conversation" where try reader.peekKind() == .object:
            self = .conversation(try Conversation(reading: &reader))
            try Self.skipRest(&reader)
        case let key:
            self = .message(try MessageLine(readingMembersOf: &reader, firstKey: key))
        }
    }

    /// Appends the line, with its newline.
    public func encode(into writer: inout JSONWriter) {
        switch self {
        case .message(let line): return line.encode(into: &writer)
        case .person(let person):
            writer.beginObject()
            writer.key("person")
            person.encode(into: &writer)
        case .conversation(let conversation):
            writer.beginObject()
            writer.key("conversation")
            conversation.encode(into: &writer)
        }
        writer.endObject()
        writer.newline()
    }

    private static func skipRest(_ reader: inout JSONReader) throws(JSONError) {
        while try reader.nextKey() != nil { try reader.skipValue() }
    }
}

extension Person {
    /// Writes `{"id","name","self","phones","handles","labels","avatar","group"}`.
    public func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.optionalString("id", id.text)
        if !name.isEmpty { writer.optionalString("name", name) }
        if isSelf {
            writer.key("self")
            writer.bool(true)
        }
        writer.optionalStrings("phones", phones)
        writer.optionalStrings("handles", handles)
        writer.optionalStrings("labels", labels)
        if let avatar {
            writer.key("avatar")
            avatar.encode(into: &writer)
        }
        if let membership {
            writer.key("group")
            membership.encode(into: &writer)
        }
        writer.endObject()
    }

    /// Reads what `encode` writes.
    public init(reading reader: inout JSONReader) throws(JSONError) {
        self.init(id: PersonID(""), name: "")
        let start = reader.offset
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "id": id = PersonID(try reader.readString())
            case "name": name = try reader.readOptionalString() ?? ""
            case "self": isSelf = try reader.readNullIfPresent() ? false : reader.readBool()
            case "phones": phones = try reader.readStrings()
            case "handles": handles = try reader.readStrings()
            case "labels": labels = try reader.readStrings()
            case "avatar": avatar = try reader.readNullIfPresent() ? nil : Attachment(reading: &reader)
            case "group": membership = try reader.readNullIfPresent() ? nil : Membership(reading: &reader)
            default: try reader.skipValue()
            }
        }
        guard !id.text.isEmpty else { throw .missingKey("id", at: start) }
    }
}

extension Conversation {
    /// Writes `{"id","title","kind","app","members","names"}`.
    public func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        encodeMembers(into: &writer)
        writer.endObject()
    }

    /// Writes the keys without the braces, for a record that has more.
    public func encodeMembers(into writer: inout JSONWriter) {
        writer.optionalString("id", id.text)
        if !title.isEmpty { writer.optionalString("title", title) }
        if kind != .unknown { writer.optionalString("kind", kind.rawValue) }
        if !app.isEmpty { writer.optionalString("app", app) }
        writer.optionalStrings("members", members.map(\.text))
        guard !names.isEmpty else { return }
        writer.key("names")
        writer.beginObject()
        for (person, name) in names.sorted(by: { $0.key < $1.key }) {
            writer.key(person.text)
            writer.string(name)
        }
        writer.endObject()
    }

    /// Reads what `encode` writes.
    public init(reading reader: inout JSONReader) throws(JSONError) {
        self.init(id: ConversationID(""), title: "", kind: .unknown, app: "")
        let start = reader.offset
        try reader.beginObject()
        while let key = try reader.nextKey() {
            if try !readMember(key, &reader) { try reader.skipValue() }
        }
        guard !id.text.isEmpty else { throw .missingKey("id", at: start) }
    }

    /// Reads a key's value when it is one of a conversation's, for a record that has more.
    public mutating func readMember(_ key: JSONKey, _ reader: inout JSONReader) throws(JSONError) -> Bool {
        switch key {
        case "id": id = ConversationID(try reader.readString())
        case "title": title = try reader.readOptionalString() ?? ""
        case "kind": kind = Kind(rawValue: try reader.readOptionalString() ?? "") ?? .unknown
        case "app": app = try reader.readOptionalString() ?? ""
        case "members": members = try reader.readStrings().map { PersonID($0) }
        case "names":
            guard try !reader.readNullIfPresent() else { break }
            try reader.beginObject()
            while let person = try reader.nextKey() {
                let id = PersonID(person.string)
                names[id] = try reader.readString()
            }
        default: return false
        }
        return true
    }
}

extension JSONReader {
    /// Reads an array of strings, or null.
    public mutating func readStrings() throws(JSONError) -> [String] {
        if try readNullIfPresent() { return [] }
        var values: [String] = []
        try beginArray()
        while try nextElement() { values.append(try readString()) }
        return values
    }
}

extension JSONWriter {
    /// Writes a key and an array of strings, or nothing when it is empty.
    public mutating func optionalStrings(_ name: StaticString, _ values: [String]) {
        guard !values.isEmpty else { return }
        key(name)
        beginArray()
        for value in values { string(value) }
        endArray()
    }
}

extension JSONError {
    /// An object lacks a key that it must have.
    static func missingKey(_ name: String, at offset: Int) -> JSONError {
        JSONError(.unexpected(byte: UInt8(ascii: "}"), expected: "the key \"\(name)\""), at: offset)
    }
}
