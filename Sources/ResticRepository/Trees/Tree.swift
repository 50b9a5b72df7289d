import JSON

/// A directory as a repository stores it: entries in ascending order of their names' bytes.
///
/// The bytes are `{"nodes":[…]}` and a newline; the tree's id is their SHA-256, so equal directories must give equal bytes.
public struct Tree: Hashable, Sendable {
    /// The entries in stored order.
    public private(set) var nodes: [Node]
    /// Whether names ascend strictly, as they should; a tree that was stored otherwise can still be read.
    public let isOrdered: Bool

    /// A tree without entries.
    public static let empty = Tree([])

    /// Makes a tree of entries in any order. Equal names are kept, and make `isOrdered` false.
    public init(_ nodes: [Node]) {
        self.nodes = nodes.sorted { $0.name.lexicographicallyPrecedes($1.name) }
        isOrdered = Self.ascends(self.nodes)
    }

    /// Reads a stored tree. Unknown keys are passed over; the order is kept as it is.
    public init(parsing text: UnsafeRawBufferPointer) throws(Damage) {
        var reader = JSONReader(text)
        var nodes: [Node]?
        try Damage.reading(&reader) { (reader) throws(JSONError) in try reader.beginObject() }
        while let isNodes = try Damage.reading(
            &reader, { (reader) throws(JSONError) in try reader.nextKey().map { $0 == "nodes" } })
        {
            if isNodes {
                nodes = try Self.readNodes(&reader)
            } else {
                try Damage.reading(&reader) { (reader) throws(JSONError) in try reader.skipValue() }
            }
        }
        try Damage.reading(&reader) { (reader) throws(JSONError) in
            guard try !reader.isAtEnd() else { return }
            throw JSONError(.unexpected(byte: text[reader.offset], expected: "the end"), at: reader.offset)
        }
        guard let nodes else { throw .badField("nodes") }
        self.nodes = nodes
        isOrdered = Self.ascends(nodes)
    }

    /// Reads a stored tree.
    public init(parsing text: [UInt8]) throws(Damage) {
        self = try text.withUnsafeBufferPointer { (text) throws(Damage) in
            try Tree(parsing: UnsafeRawBufferPointer(text))
        }
    }

    /// The bytes that restic would store.
    public func encoded() -> [UInt8] {
        var writer = JSONWriter(escaping: .go)
        writer.beginObject()
        writer.key("nodes")
        writer.beginArray()
        for node in nodes { node.encode(into: &writer) }
        writer.endArray()
        writer.endObject()
        writer.newline()
        return writer.bytes
    }

    /// The entry of that name, the first one if there are several.
    public func node(named name: [UInt8]) -> Node? {
        guard isOrdered else { return nodes.first { $0.name == name } }
        var low = 0
        var high = nodes.count
        while low < high {
            let middle = (low + high) / 2
            if nodes[middle].name.lexicographicallyPrecedes(name) { low = middle + 1 } else { high = middle }
        }
        return low < nodes.count && nodes[low].name == name ? nodes[low] : nil
    }

    private static func readNodes(_ reader: inout JSONReader) throws(Damage) -> [Node] {
        var nodes: [Node] = []
        let isNull = try Damage.reading(&reader) { (reader) throws(JSONError) in
            if try reader.readNullIfPresent() { return true }
            try reader.beginArray()
            return false
        }
        guard !isNull else { return [] }
        while try Damage.reading(&reader, { (reader) throws(JSONError) in try reader.nextElement() }) {
            nodes.append(try Node(reading: &reader))
        }
        return nodes
    }

    private static func ascends(_ nodes: [Node]) -> Bool {
        zip(nodes, nodes.dropFirst()).allSatisfy { $0.name.lexicographicallyPrecedes($1.name) }
    }
}
