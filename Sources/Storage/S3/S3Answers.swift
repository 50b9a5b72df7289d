/// What an S3 server says in the body of an error.
struct S3ErrorBody: Hashable {
    /// The server's word, letters and digits only; empty when there is none.
    var code = ""
    /// Where the bucket is, when that was the mistake.
    var region: String?

    /// Never fails: an error without a readable body is still an error.
    init(parsing bytes: [UInt8]) {
        var fields = XMLFields(bytes)
        // Text before a fault counts: a long body may be cut.
        while let field = try? fields.next() {
            switch field.path {
            case ["Error", "Code"], ["ErrorResponse", "Error", "Code"]: code = Self.word(field.text)
            case ["Error", "Region"]: region = Self.region(field.text)
            default: break
            }
        }
    }

    /// A region's name, which becomes part of a host's; nil for anything that cannot be one.
    static func region(_ text: String) -> String? {
        let isSound = text.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-")
        }
        return isSound && (1...40).contains(text.utf8.count) ? text : nil
    }

    private static func word(_ text: String) -> String {
        String(
            text.unicodeScalars.prefix(64).filter {
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0))
            }
            .map(Character.init))
    }
}

/// One page of ListObjectsV2.
struct S3ListPage: Hashable {
    struct Entry: Hashable {
        var key = ""
        var size: Int?
    }

    var entries: [Entry] = []
    /// How to ask for the next page; nil on the last.
    var continuation: String?

    init(parsing bytes: [UInt8]) throws(XMLFault) {
        var fields = XMLFields(bytes)
        var isTruncated = false
        var token: String?
        var entry = Entry()
        var isList = false
        while let field = try fields.next() {
            isList = isList || field.path.first == "ListBucketResult"
            switch field.path.dropFirst() {
            case ["IsTruncated"]: isTruncated = field.text == "true"
            case ["NextContinuationToken"]: token = field.text
            case ["Contents", "Key"]: entry.key = field.text
            case ["Contents", "Size"]: entry.size = Int(field.text)
            case ["Contents"]:
                entries.append(entry)
                entry = Entry()
            default: break
            }
        }
        guard isList, !isTruncated || token?.isEmpty == false else { throw .malformed }
        continuation = isTruncated ? token : nil
    }
}

/// Elements as they end, each with its path from the root and the text directly in it.
struct XMLFields {
    struct Field {
        let path: [String]
        let text: String
    }

    private var scanner: XMLScanner
    private var path: [String] = []
    private var texts: [String] = []

    init(_ bytes: [UInt8]) { scanner = XMLScanner(bytes) }

    /// The next element that ends; nil at the end of the document.
    mutating func next() throws(XMLFault) -> Field? {
        while let event = try scanner.next() {
            switch event {
            case .start(let name):
                path.append(name)
                texts.append("")
            case .text(let text):
                if let last = texts.indices.last { texts[last] += text }
            case .end:
                defer { path.removeLast() }
                return Field(path: path, text: texts.popLast() ?? "")
            }
        }
        return nil
    }

    /// The text of the element at `path`, the first if there are several. A nil stands for any name: servers differ in how
    /// they call the root.
    static func text(at path: [String?], in bytes: [UInt8]) throws(XMLFault) -> String? {
        var fields = XMLFields(bytes)
        while let field = try fields.next() {
            let matches = field.path.count == path.count && zip(field.path, path).allSatisfy { $1 == nil || $0 == $1 }
            if matches { return field.text }
        }
        return nil
    }
}
