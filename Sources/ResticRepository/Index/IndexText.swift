import JSON
import Storage

/// The text of an index file.
///
///     {"packs":[{"id","blobs":[{"id","type":"data"|"tree","offset","length","uncompressed_length"?}]}]}
///
/// `length` is the box's. Entries come in any order; the same blob may lie in several packs.
package enum IndexText {
    /// Reads a text and hands over every entry.
    package static func parse(
        _ text: [UInt8], _ deliver: (_ pack: PackID, _ entry: PackEntry) -> Void
    ) throws(Damage) {
        var entries: [PackEntry] = []
        var badField: String?
        try parseJSON(text) { (reader) throws(JSONError) in
            try reader.beginObject()
            while let key = try reader.nextKey() {
                guard key == "packs" else {
                    try reader.skipValue()
                    continue
                }
                guard try !reader.readNullIfPresent() else { continue }
                try reader.beginArray()
                while try reader.nextElement() {
                    var pack: PackID?
                    entries.removeAll(keepingCapacity: true)
                    try reader.beginObject()
                    while let key = try reader.nextKey() {
                        switch key {
                        case "id": pack = SHA256Digest(hex: try reader.readUTF8()).map { PackID($0) }
                        case "blobs":
                            guard try !reader.readNullIfPresent() else { continue }
                            try reader.beginArray()
                            while try reader.nextElement() {
                                if let entry = try readEntry(&reader) {
                                    entries.append(entry)
                                } else {
                                    badField = "blobs"
                                }
                            }
                        default: try reader.skipValue()
                        }
                    }
                    if let pack {
                        for entry in entries { deliver(pack, entry) }
                    } else {
                        badField = "packs"
                    }
                }
            }
        }
        if let badField { throw .badField(badField) }
    }

    /// Writes the text for some packs.
    package static func encode(_ packs: [(id: PackID, entries: [PackEntry])]) -> [UInt8] {
        var writer = JSONWriter(escaping: .go)
        writer.beginObject()
        writer.key("packs")
        writer.beginArray()
        for pack in packs {
            writer.beginObject()
            writer.key("id")
            writer.string(pack.id.hex)
            writer.key("blobs")
            writer.beginArray()
            for entry in pack.entries {
                writer.beginObject()
                writer.key("id")
                writer.string(entry.id.hex)
                writer.key("type")
                writer.string(entry.kind.name)
                writer.key("offset")
                writer.int(entry.offset)
                writer.key("length")
                writer.int(entry.length)
                if let length = entry.uncompressedLength {
                    writer.key("uncompressed_length")
                    writer.int(length)
                }
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    /// An entry, or nil when a field is missing or impossible.
    private static func readEntry(_ reader: inout JSONReader) throws(JSONError) -> PackEntry? {
        var id: SHA256Digest?
        var kind: BlobKind?
        var (offset, length, uncompressedLength): (Int64, Int64, Int64) = (-1, -1, 0)
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "id": id = SHA256Digest(hex: try reader.readUTF8())
            case "type":
                let word = try reader.readUTF8()
                kind = word.elementsEqual("data".utf8) ? .data : word.elementsEqual("tree".utf8) ? .tree : nil
            case "offset": offset = try reader.readInt64()
            case "length": length = try reader.readInt64()
            case "uncompressed_length": uncompressedLength = try reader.readInt64()
            default: try reader.skipValue()
            }
        }
        let limit = Int64(UInt32.max)
        guard let id, let kind, (0...limit).contains(offset), (Int64(BoxCipher.overhead)...limit).contains(length),
            (0...limit).contains(uncompressedLength)
        else { return nil }
        return PackEntry(
            id: BlobID(id), kind: kind, offset: Int(offset), length: Int(length),
            uncompressedLength: uncompressedLength == 0 ? nil : Int(uncompressedLength))
    }
}
