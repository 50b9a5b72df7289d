public import ChatModel
import JSON

/// A line of `people.jsonl`: a person, and the names that sources gave earlier.
public struct PersonRecord: Hashable, Sendable {
    /// What the newest source says.
    public var person: Person
    /// Earlier names, oldest first.
    public var earlierNames: [String]

    /// A record.
    public init(_ person: Person, earlierNames: [String] = []) {
        self.person = person
        self.earlierNames = earlierNames
    }

    /// Takes what a source says now; an earlier name is kept.
    mutating func update(with newer: Person) {
        if !newer.name.isEmpty, newer.name != person.name {
            if !person.name.isEmpty {
                earlierNames.removeAll { $0 == person.name }
                earlierNames.append(person.name)
            }
            earlierNames.removeAll { $0 == newer.name }
            person.name = newer.name
        }
        if !newer.labels.isEmpty { person.labels = newer.labels }
        if let avatar = newer.avatar { person.avatar = avatar }
        if let membership = newer.membership { person.membership = membership }
        addDetails(of: newer)
    }

    /// Takes what an older archive says; its names are earlier ones.
    mutating func add(older: PersonRecord) {
        let names = (older.earlierNames + [older.person.name]).filter {
            !$0.isEmpty && $0 != person.name && !earlierNames.contains($0)
        }
        earlierNames = names + earlierNames
        if person.name.isEmpty, let name = earlierNames.popLast() { person.name = name }
        addDetails(of: older.person)
    }

    private mutating func addDetails(of other: Person) {
        person.isSelf = person.isSelf || other.isSelf
        if person.labels.isEmpty { person.labels = other.labels }
        if person.avatar == nil { person.avatar = other.avatar }
        if person.membership == nil { person.membership = other.membership }
        for phone in other.phones where !person.phones.contains(phone) { person.phones.append(phone) }
        for handle in other.handles where !person.handles.contains(handle) { person.handles.append(handle) }
    }

    func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("person")
        person.encode(into: &writer)
        writer.optionalStrings("names", earlierNames)
        writer.endObject()
        writer.newline()
    }

    init(reading reader: inout JSONReader) throws(JSONError) {
        var person: Person?
        earlierNames = []
        let start = reader.offset
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "person": person = try Person(reading: &reader)
            case "names": earlierNames = try reader.readStrings()
            default: try reader.skipValue()
            }
        }
        guard let person else { throw JSONError(.badNumber, at: start) }
        self.person = person
    }
}
