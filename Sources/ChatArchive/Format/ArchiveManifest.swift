public import ChatModel
import JSON

/// A source of an archive: one path of one host, backed up again and again.
public struct ArchiveSource: Hashable, Sendable {
    /// The host's name.
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
    /// For each source, how far it was read.
    public var readings: [Reading]

    /// How far a source was read. Times are those of snapshots; they always grow, even when a clock is set back.
    public struct Reading: Hashable, Sendable {
        /// When something new was last read.
        public var time: Timestamp
        /// The latest earlier reading that went into the archive, its own or one that was merged.
        public var before: Timestamp
        /// Whether all of the source could be read; what could not is worth another try, also when nothing has changed.
        public var isWhole: Bool
        /// What the reading depended on beside the source: a digest of options, keys and the program; empty when not known.
        public var settings = ""

        /// Databases that an earlier reading had and this one lacks, as paths in the source: what they held is not taken for
        /// deleted there.
        public var lacking: [String] = []

        /// A source that was never read.
        public static let never = Reading(time: Timestamp(milliseconds: 0), before: Timestamp(milliseconds: 0))

        /// A reading.
        public init(time: Timestamp, before: Timestamp, isWhole: Bool = true) {
            self.time = time
            self.before = before
            self.isWhole = isWhole
        }

        /// The reading that follows when something new is read.
        func next(at time: Timestamp) -> Reading {
            var next = self
            next.time = max(time, Timestamp(milliseconds: self.time.milliseconds &+ 1))
            next.before = self.time
            return next
        }

        /// What two archives that are merged have read.
        func merged(with other: Reading) -> Reading {
            var merged = self
            merged.isWhole = isWhole && other.isWhole
            merged.lacking = Set(lacking).union(other.lacking).sorted()
            if settings != other.settings { merged.settings = "" }
            guard time != other.time || before != other.before else { return merged }
            merged.time = max(time, other.time)
            merged.before = merged.time
            return merged
        }
    }

    /// A manifest.
    public init(zone: String, sources: [ArchiveSource] = [], readings: [Reading] = []) {
        self.zone = zone
        self.sources = sources
        self.readings = readings
    }

    /// How far a source was read; never when the archive does not know it.
    public func reading(of source: ArchiveSource) -> Reading {
        sources.firstIndex(of: source).map { readings[$0] } ?? .never
    }

    /// Whether this archive holds all that another one has read: each of its sources as the other read it, or later and
    /// knowing that.
    public func continues(_ other: ArchiveManifest) -> Bool {
        zip(other.sources, other.readings).allSatisfy { source, reading in
            guard let index = sources.firstIndex(of: source) else { return false }
            return reading.time == readings[index].time || reading.time <= readings[index].before
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
        for (source, reading) in zip(sources, readings) {
            writer.beginObject()
            writer.key("host")
            writer.string(source.host)
            writer.key("path")
            writer.string(source.path)
            writer.key("read")
            writer.int(reading.time.milliseconds)
            writer.key("before")
            writer.int(reading.before.milliseconds)
            if !reading.isWhole {
                writer.key("whole")
                writer.bool(false)
            }
            if !reading.settings.isEmpty {
                writer.key("settings")
                writer.string(reading.settings)
            }
            if !reading.lacking.isEmpty {
                writer.key("lacking")
                writer.beginArray()
                for path in reading.lacking { writer.string(path) }
                writer.endArray()
            }
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
        var sources: [(ArchiveSource, Reading)] = []
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
        self.init(zone: zone, sources: sources.map(\.0), readings: sources.map(\.1))
    }

    private static func readSource(_ reader: inout JSONReader) throws(JSONError) -> (ArchiveSource, Reading) {
        var source = ArchiveSource(host: "", path: "")
        var reading = Reading.never
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "host": source.host = try reader.readString()
            case "path": source.path = try reader.readString()
            case "read": reading.time = Timestamp(milliseconds: try reader.readInt64())
            case "before": reading.before = Timestamp(milliseconds: try reader.readInt64())
            case "whole": reading.isWhole = try reader.readBool()
            case "settings": reading.settings = try reader.readString()
            case "lacking":
                try reader.beginArray()
                while try reader.nextElement() { reading.lacking.append(try reader.readString()) }
            default: try reader.skipValue()
            }
        }
        return (source, reading)
    }
}
