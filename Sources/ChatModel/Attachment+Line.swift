public import JSON

extension Attachment {
    /// Writes `{"name","type",…}` with `path`, `container` and `entry`, `bytes` (base64), `sha256` and `size`, or
    /// `missing`; then `decode` (the text of a `ContentDecoding`) and `thumbnail`.
    func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        if !name.isEmpty { writer.optionalString("name", name) }
        if !mediaType.isEmpty { writer.optionalString("type", mediaType) }
        switch content {
        case .file(let path): writer.optionalString("path", path)
        case .entry(let container, let name):
            writer.optionalString("container", container)
            writer.optionalString("entry", name)
        case .contained(let bytes):
            writer.optionalString("bytes", String(decoding: bytes.withUnsafeBytes(Base64.encode), as: UTF8.self))
        case .stored(let sha256, let size):
            writer.optionalString("sha256", sha256)
            writer.key("size")
            writer.int(size)
        case .missing(let reason): writer.optionalString("missing", reason)
        }
        if let decoding { writer.optionalString("decode", decoding.text) }
        if isThumbnail {
            writer.key("thumbnail")
            writer.bool(true)
        }
        writer.endObject()
    }

    /// Reads what `encode` writes. One whose bytes or whose decoding cannot be understood is a missing one.
    public init(reading reader: inout JSONReader) throws(JSONError) {
        self.init(name: "", content: .missing(reason: "the export does not say where the file is"))
        var path: String?
        var container: String?
        var entry: String?
        var sha256: String?
        var size: Int64 = 0
        var contained: Content?
        var decode: String?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "size": size = try reader.readNullIfPresent() ? 0 : reader.readInt64()
            case "name": name = try reader.readOptionalString() ?? ""
            case "type": mediaType = try reader.readOptionalString() ?? ""
            case "path": path = try reader.readOptionalString()
            case "container": container = try reader.readOptionalString()
            case "entry": entry = try reader.readOptionalString()
            case "sha256": sha256 = try reader.readOptionalString()
            case "bytes": if try !reader.readNullIfPresent() { contained = Self.contained(try reader.readUTF8()) }
            case "missing":
                if let reason = try reader.readOptionalString() { content = .missing(reason: reason) }
            case "decode": decode = try reader.readOptionalString()
            case "thumbnail": isThumbnail = try reader.readNullIfPresent() ? false : reader.readBool()
            default: try reader.skipValue()
            }
        }
        if let sha256 {
            content = .stored(sha256: sha256, size: size)
        } else if let contained {
            content = contained
        } else if let entry {
            content = .entry(container: container ?? "", name: entry)
        } else if let path {
            content = .file(path: path)
        }
        if let decode { setDecoding(decode) }
    }

    private static func contained(_ base64: UnsafeRawBufferPointer) -> Content {
        Base64.decode(base64).map { .contained($0) } ?? .missing(reason: "the line does not hold its bytes as base64")
    }

    private mutating func setDecoding(_ text: String) {
        if case .missing = content { return }
        guard let decoding = ContentDecoding(text: text) else {
            return markMissing("what is known of how to decode the file cannot be understood")
        }
        self.decoding = decoding
        switch content {
        case .stored(_, let size): checkDecoding(contentSize: size)
        case .contained(let bytes): checkDecoding(contentSize: Int64(bytes.count))
        case .file, .entry, .missing: break
        }
    }
}
