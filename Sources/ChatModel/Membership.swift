import JSON

/// What makes a group more than a name: who is in it, whose it is, what its owner has announced.
public struct Membership: Hashable, Sendable {
    /// A member.
    public struct Member: Hashable, Sendable {
        /// Who.
        public var person: PersonID
        /// What the member is called in the group; empty when nothing else than elsewhere.
        public var name: String

        /// A member.
        public init(_ person: PersonID, name: String = "") {
            self.person = person
            self.name = name
        }
    }

    /// Whose group it is.
    public var owner: PersonID?
    /// In the source's order.
    public var members: [Member]
    /// What stands at the top of the group for everybody.
    public var announcement: String

    /// A group's.
    public init(owner: PersonID? = nil, members: [Member] = [], announcement: String = "") {
        self.owner = owner
        self.members = members
        self.announcement = announcement
    }

    /// Writes `{"owner","announcement","members":[{"id","name"}…]}`.
    func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.optionalString("owner", owner?.text)
        if !announcement.isEmpty { writer.optionalString("announcement", announcement) }
        writer.key("members")
        writer.beginArray()
        for member in members {
            writer.beginObject()
            writer.optionalString("id", member.person.text)
            if !member.name.isEmpty { writer.optionalString("name", member.name) }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    /// Reads what `encode` writes.
    init(reading reader: inout JSONReader) throws(JSONError) {
        self.init()
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "owner": owner = try reader.readOptionalString().map { PersonID($0) }
            case "announcement": announcement = try reader.readOptionalString() ?? ""
            case "members":
                try reader.beginArray()
                while try reader.nextElement() { members.append(try Self.member(&reader)) }
            default: try reader.skipValue()
            }
        }
    }

    private static func member(_ reader: inout JSONReader) throws(JSONError) -> Member {
        var member = Member(PersonID(""))
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "id": member.person = PersonID(try reader.readString())
            case "name": member.name = try reader.readOptionalString() ?? ""
            default: try reader.skipValue()
            }
        }
        return member
    }
}
