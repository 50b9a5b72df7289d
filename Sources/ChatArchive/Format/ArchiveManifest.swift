public import ChatModel
import JSON

/// A source of an archive: one path of one host, backed up again and again.
public struct ArchiveSource: Hashable, Sendable {
    public var host: String
    /// Absolute path, or the name that the user gave the source.
    public var path: String

    /// A source.
    public init(host: String, path: String) {
        self.host = host
        self.path = path
    }
}

/// `archive.json`: what holds for the whole archive.
public struct ArchiveManifest: Hashable, Sendable {
    /// The format that this program writes.
    public static let format: Int64 = 1

    /// IANA name of the zone by whose months segments are cut; fixed when the archive begins.
    public var zone: String
    /// Message lines refer to a source by its index here.
    public var sources: [ArchiveSource]
    /// For each source, the time of the snapshot that last read something new from it.
    public var readTimes: [Timestamp]

    /// A manifest.
    public init(zone: String, sources: [ArchiveSource] = [], readTimes: [Timestamp] = []) {
        self.zone = zone
        self.sources = sources
        self.readTimes = readTimes
    }

    /// Whether this archive has read every source of another at least as lately, so that it continues the other.
    public func continues(_ other: ArchiveManifest) -> Bool {
        zip(other.sources, other.readTimes).allSatisfy { source, time in
            guard let index = sources.firstIndex(of: source) else { return false }
            return time <= readTimes[index]
        }
    }

    func encoded() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("chatark")
        writer.int(Self.format)
        writer.key("zone")
        writer.string(zone)
        writer.key("sources")
        writer.beginArray()
        for (source, time) in zip(sources, readTimes) {
            writer.beginObject()
            writer.key("host")
            writer.string(source.host)
            writer.key("path")
            writer.string(source.path)
            writer.key("read")
            writer.int(time.milliseconds)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        writer.newline()
        return writer.bytes
    }

    init(parsing text: [UInt8]) throws(ArchiveError) {
        var format: Int64 = 0
        var zone = ""
        var sources: [(ArchiveSource, Timestamp)] = []
        do throws(JSONError) {
            try JSONReader.read(text) { (reader) throws(JSONError) in
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "chatark": format = try reader.readInt64()
                    case "zone": zone = try reader.readString()
                    case "sources":
                        try reader.beginArray()
                        while try reader.nextElement() { sources.append(try Self.readSource(&reader)) }
                    default: try reader.skipValue()
                    }
                }
            }
        } catch { throw .damagedFile(ArchiveLayout.manifest, line: 1, error) }
        guard format == Self.format else { throw .unsupportedFormat(format) }
        self.init(zone: zone, sources: sources.map(\.0), readTimes: sources.map(\.1))
    }

    private static func readSource(_ reader: inout JSONReader) throws(JSONError) -> (ArchiveSource, Timestamp) {
        var source = ArchiveSource(host: "", path: "")
        var time = Timestamp(milliseconds: 0)
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "host": source.host = try reader.readString()
            case "path": source.path = try reader.readString()
            case "read": time = Timestamp(milliseconds: try reader.readInt64())
            default: try reader.skipValue()
            }
        }
        return (source, time)
    }
}
