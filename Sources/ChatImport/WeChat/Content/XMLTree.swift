/// An element of the XML of a message, with what is in it. The bounds are the reader's.
package struct XMLTree: Hashable, Sendable {
    package let name: String
    package private(set) var attributes: [XMLReader.Attribute]
    package private(set) var children: [XMLTree] = []
    /// The element's own characters, without those of its children.
    package private(set) var text = ""

    /// Reads a text that is one element, with nothing but spaces around it.
    package init(_ bytes: [UInt8]) throws(ContentFault) {
        var reader = try XMLReader(bytes)
        var open: [XMLTree] = []
        var root: XMLTree?
        while let event = try reader.next() {
            switch event {
            case .start(let name, let attributes):
                guard root == nil else { throw .damaged(offset: 0) }
                open.append(XMLTree(name: name, attributes: attributes))
            case .text(let text):
                if open.isEmpty {
                    guard text.unicodeScalars.allSatisfy(\.isFilling) else { throw .damaged(offset: 0) }
                } else {
                    open[open.count - 1].text += text
                }
            case .end:
                guard let element = open.popLast() else { throw .damaged(offset: 0) }
                if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
            }
        }
        guard let root else { throw .damaged(offset: 0) }
        self = root
    }

    /// Reads a text that is one element.
    package init(_ text: String) throws(ContentFault) { try self.init(Array(text.utf8)) }

    private init(name: String, attributes: [XMLReader.Attribute]) {
        self.name = name
        self.attributes = attributes
    }

    /// The first child of a name.
    package subscript(name: String) -> XMLTree? { children.first { $0.name == name } }

    /// The first element down a way of names.
    package func at(_ path: String...) -> XMLTree? {
        var element: XMLTree? = self
        for name in path { element = element?[name] }
        return element
    }

    /// All children of a name.
    package func all(_ name: String) -> [XMLTree] { children.filter { $0.name == name } }

    /// An attribute's value; the first, if there are several of the name.
    package func attribute(_ name: String) -> String? { attributes.first { $0.name == name }?.value }

    /// The element's own characters without spaces around them; nil when nothing is left.
    package var words: String? {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.isFilling }),
            let last = scalars.lastIndex(where: { !$0.isFilling })
        else { return nil }
        return String(scalars[first...last])
    }
}

extension Unicode.Scalar {
    /// Whether it is a space, or a zero or a mark that programs leave around a text.
    fileprivate var isFilling: Bool { properties.isWhitespace || value == 0 || value == 0xFEFF }
}
