/// An element of the XML of a message, with what is in it. Texts are made when they are asked for.
package struct XMLTree: Sendable {
    private let document: XMLDocument
    private let number: Int

    /// Reads a text that is one element, with nothing but spaces around it.
    package init(_ bytes: [UInt8]) throws(ContentFault) {
        let document = XMLDocument(bytes[...])
        if let fault = document.fault { throw fault }
        guard document.elements[0].end == document.elements.count else { throw .damaged(offset: 0) }
        self.init(document, 0)
    }

    /// An element without a name, where there is none.
    package static let nothing = XMLTree(XMLDocument(), 0)

    /// Reads a text that should be an element as far as it goes: where it breaks, what is open ends. The element is nil
    /// when not even its beginning can be read. Others may stand behind it, which it leads to by `following`.
    package static func readable(_ bytes: ArraySlice<UInt8>) -> (element: XMLTree?, isWhole: Bool) {
        let document = XMLDocument(bytes)
        return (document.elements.isEmpty ? nil : XMLTree(document, 0), document.fault == nil)
    }

    /// Reads a text that is one element.
    package init(_ text: String) throws(ContentFault) { try self.init(Array(text.utf8)) }

    private init(_ document: XMLDocument, _ number: Int) {
        self.document = document
        self.number = number
    }

    private var element: XMLDocument.Element { document.elements[number] }

    /// The element's name.
    package var name: String { document.string(element.name) }

    /// The elements that are directly in it.
    package var children: [XMLTree] {
        var children: [XMLTree] = []
        var next = number + 1
        while next < element.end {
            children.append(XMLTree(document, next))
            next = document.elements[next].end
        }
        return children
    }

    /// The element's own characters, without those of its children; spaces around children are left out.
    package var text: String { document.text(of: element) }

    /// Whether the element has a name.
    package func isNamed(_ name: String) -> Bool { document.has(element.name, name) }

    /// The first child of a name.
    package subscript(name: String) -> XMLTree? {
        let end = element.end
        var next = number + 1
        while next < end {
            if document.has(document.elements[next].name, name) { return XMLTree(document, next) }
            next = document.elements[next].end
        }
        return nil
    }

    /// The first outermost element of a name behind this one, which must be one itself.
    package func following(_ name: String) -> XMLTree? {
        var next = element.end
        while next < document.elements.count {
            if document.has(document.elements[next].name, name) { return XMLTree(document, next) }
            next = document.elements[next].end
        }
        return nil
    }

    /// The first element down a way of names.
    package func at(_ path: String...) -> XMLTree? {
        var element: XMLTree? = self
        for name in path { element = element?[name] }
        return element
    }

    /// All children of a name.
    package func all(_ name: String) -> [XMLTree] { children.filter { $0.isNamed(name) } }

    /// An attribute's value; the first, if there are several of the name.
    package func attribute(_ name: String) -> String? {
        for number in element.attributes where document.has(document.attributes[number].name, name) {
            return document.bytes.withUnsafeBufferPointer { document.attributes[number].value.text(in: $0) }
        }
        return nil
    }

    /// The element's own characters without spaces around them; nil when nothing is left.
    package var words: String? {
        let text = text
        guard !text.isEmpty else { return nil }
        if text.hasNothingAround { return text }
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.isFilling }),
            let last = scalars.lastIndex(where: { !$0.isFilling })
        else { return nil }
        if first == scalars.startIndex, scalars.index(after: last) == scalars.endIndex { return text }
        return String(scalars[first...last])
    }
}

extension XMLDocument {
    /// A part of the text; what is not UTF-8 becomes U+FFFD.
    fileprivate func string(_ range: Range<Int>) -> String {
        bytes.withUnsafeBufferPointer { String(decoding: $0.extracting(range), as: UTF8.self) }
    }

    /// Whether a name stands at a place.
    fileprivate func has(_ range: Range<Int>, _ name: String) -> Bool {
        var name = name
        return name.withUTF8 { name in
            range.count == name.count
                && bytes.withUnsafeBufferPointer { XMLCharacters.areEqual($0.extracting(range), name) }
        }
    }
}

extension String {
    /// Whether it begins and ends with letters, as far as few bytes tell: ASCII, or most of the Chinese ones.
    fileprivate var hasNothingAround: Bool {
        func isChinese(_ first: UInt8) -> Bool { (0xE4...0xE9).contains(first) }
        func isLetter(_ byte: UInt8) -> Bool { (0x21...0x7E).contains(byte) }
        var text = self
        return text.withUTF8 { bytes in
            guard let first = bytes.first, let last = bytes.last, isLetter(first) || isChinese(first) else {
                return false
            }
            return isLetter(last) || bytes.count >= 3 && isChinese(bytes[bytes.count - 3])
        }
    }
}

extension Unicode.Scalar {
    /// Whether it is a space, or a zero or a mark that programs leave around a text.
    var isFilling: Bool {
        switch value {
        case 0, 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF:
            true
        default: false
        }
    }
}
