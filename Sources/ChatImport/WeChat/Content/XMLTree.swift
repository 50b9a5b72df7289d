/// An element of the XML of a message, with what is in it. The bounds are the reader's.
package struct XMLTree: Hashable, Sendable {
    package let name: String
    package private(set) var attributes: [XMLReader.Attribute]
    package private(set) var children: [XMLTree] = []
    /// The element's own characters, without those of its children; spaces around children are left out.
    package private(set) var text = ""

    /// Reads a text that is one element, with nothing but spaces around it.
    package init(_ bytes: [UInt8]) throws(ContentFault) {
        var reader = try XMLReader(bytes)
        var growth = Growth()
        while let event = try reader.next() {
            guard growth.take(event) else { throw .damaged(offset: 0) }
        }
        guard let root = growth.root else { throw .damaged(offset: 0) }
        self = root
    }

    /// An element without a name, where there is none.
    package static let nothing = XMLTree(name: "", attributes: [])

    /// Reads a text that should be one element as far as it goes: where it breaks, what is open ends. The element is nil
    /// when not even its beginning can be read.
    package static func readable(_ bytes: [UInt8]) -> (element: XMLTree?, isWhole: Bool) {
        var growth = Growth()
        do throws(ContentFault) {
            var reader = try XMLReader(bytes)
            while let event = try reader.next() {
                guard growth.take(event) else { return (growth.closed(), false) }
            }
        } catch {
            return (growth.closed(), false)
        }
        return (growth.root, growth.root != nil)
    }

    /// Reads a text that is one element.
    package init(_ text: String) throws(ContentFault) { try self.init(Array(text.utf8)) }

    private init(name: String, attributes: [XMLReader.Attribute]) {
        self.name = name
        self.attributes = attributes
    }

    /// A tree while it is read.
    private struct Growth {
        var root: XMLTree?
        private var open: [XMLTree] = []

        /// Whether a piece may stand where it does.
        mutating func take(_ event: XMLReader.Event) -> Bool {
            switch event {
            case .start(let name, let attributes):
                guard root == nil else { return false }
                if let last = open.indices.last, open[last].text.isSpaces { open[last].text = "" }
                open.append(XMLTree(name: name, attributes: attributes))
            case .text(let text):
                if open.isEmpty { return text.unicodeScalars.allSatisfy(\.isFilling) }
                let last = open.count - 1
                if open[last].text.isEmpty {
                    if open[last].children.isEmpty || !text.isSpaces { open[last].text = text }
                } else {
                    open[last].text += text
                }
            case .end:
                guard let element = open.popLast() else { return false }
                if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
            }
            return true
        }

        /// The element, with everything in it ended.
        mutating func closed() -> XMLTree? {
            while take(.end(name: "")) {}
            return root
        }
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
        guard !text.isEmpty else { return nil }
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.isFilling }),
            let last = scalars.lastIndex(where: { !$0.isFilling })
        else { return nil }
        if first == scalars.startIndex, scalars.index(after: last) == scalars.endIndex { return text }
        return String(scalars[first...last])
    }
}

extension String {
    /// Whether it is what stands between elements to indent them.
    fileprivate var isSpaces: Bool { utf8.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) } }
}

extension Unicode.Scalar {
    /// Whether it is a space, or a zero or a mark that programs leave around a text.
    fileprivate var isFilling: Bool {
        switch value {
        case 0, 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF:
            true
        default: false
        }
    }
}
