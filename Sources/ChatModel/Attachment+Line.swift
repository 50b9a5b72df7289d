public import JSON

extension Attachment {
    /// Writes `{"name","type",…}` with `path`, `container` and `entry`, `sha256` and `size`, or `missing`.
    func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        if !name.isEmpty { writer.optionalString("name", name) }
        if !mediaType.isEmpty { writer.optionalString("type", mediaType) }
        switch content {
        case .file(let path): writer.optionalString("path", path)
        case .entry(let container, let name):
            writer.optionalString("container", container)
            writer.optionalString("entry", name)
        case .stored(let sha256, let size):
            writer.optionalString("sha256", sha256)
            writer.key("size")
            writer.int(size)
        case .missing(let reason): writer.optionalString("missing", reason)
        }
        writer.endObject()
    }

    /// Reads what `encode` writes.
    public init(reading reader: inout JSONReader) throws(JSONError) {
        var values: [String: String] = [:]
        var size: Int64 = 0
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "size": size = try reader.readNullIfPresent() ? 0 : reader.readInt64()
            case "name", "type", "path", "container", "entry", "sha256", "missing":
                let name = key.string
                values[name] = try reader.readOptionalString()
            default: try reader.skipValue()
            }
        }
        let content: Content
        if let sha256 = values["sha256"] {
            content = .stored(sha256: sha256, size: size)
        } else if let entry = values["entry"] {
            content = .entry(container: values["container"] ?? "", name: entry)
        } else if let path = values["path"] {
            content = .file(path: path)
        } else {
            content = .missing(reason: values["missing"] ?? "the export does not say where the file is")
        }
        self.init(name: values["name"] ?? "", mediaType: values["type"] ?? "", content: content)
    }
}
