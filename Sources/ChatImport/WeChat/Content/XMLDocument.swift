/// The XML of a message after one look over it: where its elements, their attributes and characters stand in the text. The
/// bounds are the reader's.
///
/// Elements lie in the order in which they begin, so that what is in one follows it, up to its `end`.
final class XMLDocument: Sendable {
    /// An element.
    struct Element {
        let name: Range<Int>
        /// Its part of `attributes`.
        let attributes: Range<Int>
        /// The number behind that of the last element in it.
        var end = 0
        /// The first and the last of its own characters, in `pieces`; nil when it has none.
        var pieces: (first: Int, last: Int)?
        /// Whether all of these are what indents elements.
        var hasOnlySpaces = true
    }

    /// Some of an element's characters.
    struct Piece {
        let characters: XMLCharacters
        /// The number of the element's next ones.
        var next: Int?
    }

    /// The text.
    let bytes: ArraySlice<UInt8>
    /// The elements, an outermost one before those in it; none when not even its beginning can be read.
    let elements: [Element]
    let attributes: [XMLReader.Attribute]
    let pieces: [Piece]
    /// Why the text cannot be read to its end; what was open there ends.
    let fault: ContentFault?

    /// Reads a text that should be an element, or several, with nothing but spaces around them.
    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        var growth = Growth()
        let (attributes, fault) = bytes.withUnsafeBufferPointer { growth.read($0) }
        elements = growth.elements
        pieces = growth.pieces
        self.attributes = attributes
        self.fault = fault
    }

    /// One element without a name and content.
    init() {
        bytes = []
        elements = [Element(name: 0..<0, attributes: 0..<0, end: 1)]
        attributes = []
        pieces = []
        fault = nil
    }

    /// The characters of an element.
    func text(of element: Element) -> String {
        guard let (first, last) = element.pieces else { return "" }
        return bytes.withUnsafeBufferPointer { bytes in
            var text = pieces[first].characters.text(in: bytes)
            var number = first
            while number != last, let next = pieces[number].next {
                text += pieces[next].characters.text(in: bytes)
                number = next
            }
            return text
        }
    }

    /// A document while it is read.
    private struct Growth {
        var elements: [Element] = []
        var pieces: [Piece] = []
        /// The numbers of the elements that are open.
        private var open: [Int] = []

        mutating func read(
            _ bytes: UnsafeBufferPointer<UInt8>
        ) -> (attributes: [XMLReader.Attribute], fault: ContentFault?) {
            // Most messages have no more; a small array that grows is made anew several times.
            elements.reserveCapacity(16)
            pieces.reserveCapacity(16)
            open.reserveCapacity(8)
            defer { while !open.isEmpty { end() } }
            do throws(ContentFault) {
                var reader = try XMLReader(bytes)
                do throws(ContentFault) {
                    while let event = try reader.next() { try take(event, reader.attributes.count, bytes) }
                    return (reader.attributes, elements.isEmpty ? .damaged(offset: 0) : nil)
                } catch {
                    return (reader.attributes, error)
                }
            } catch {
                return ([], error)
            }
        }

        /// Throws for a piece that may not stand where it does.
        private mutating func take(
            _ event: XMLReader.Event, _ attributeCount: Int, _ bytes: UnsafeBufferPointer<UInt8>
        ) throws(ContentFault) {
            switch event {
            case .start(let name, let attributes):
                if let last = open.last, elements[last].hasOnlySpaces { elements[last].pieces = nil }
                open.append(elements.count)
                elements.append(Element(name: name, attributes: attributes..<attributeCount))
            case .text(let characters):
                if let last = open.last {
                    add(characters, to: last, bytes)
                } else if !characters.text(in: bytes).unicodeScalars.allSatisfy(\.isFilling) {
                    throw .damaged(offset: 0)
                }
            case .end: end()
            }
        }

        private mutating func end() { elements[open.removeLast()].end = elements.count }

        /// Spaces around children are left out.
        private mutating func add(
            _ characters: XMLCharacters, to number: Int, _ bytes: UnsafeBufferPointer<UInt8>
        ) {
            guard !characters.range.isEmpty else { return }
            let isSpaces = characters.isSpaces(in: bytes)
            if !isSpaces { elements[number].hasOnlySpaces = false }
            if let (first, last) = elements[number].pieces {
                pieces[last].next = pieces.count
                elements[number].pieces = (first, pieces.count)
            } else {
                let hasChildren = elements.count > number + 1
                if hasChildren, isSpaces { return }
                elements[number].pieces = (pieces.count, pieces.count)
            }
            pieces.append(Piece(characters: characters))
        }
    }
}
