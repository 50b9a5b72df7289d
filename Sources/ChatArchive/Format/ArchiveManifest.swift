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
        /// The earlier readings that went into the archive, the newest first, as far as they are told: another archive of the
        /// same source may have read in between.
        public var earlier: [Timestamp] = []
        /// Up to here readings count as known, as they are not told.
        public var known: Timestamp
        /// Whether all of the source could be read; what could not is worth another try, also when nothing has changed.
        public var isWhole: Bool
        /// What the reading depended on beside the source: a digest of options, keys and the program; empty when not known.
        public var settings = ""

        /// Databases that an earlier reading had and this one lacks, as paths in the source: what they held is not taken for
        /// deleted there.
        public var lacking: [String] = []

        /// A source that was never read.
        public static let never = Reading(time: Timestamp(milliseconds: 0), before: Timestamp(milliseconds: 0))

        /// A reading that knows all until `before`.
        public init(time: Timestamp, before: Timestamp, isWhole: Bool = true) {
            self.time = time
            self.before = before
            known = before
            self.isWhole = isWhole
        }

        /// Readings that are told of a source: a daily backup's of some years.
        static let mostEarlier = 1000

        /// The reading that follows when something new is read.
        func next(at time: Timestamp) -> Reading {
            var next = self
            next.time = max(time, Timestamp(milliseconds: self.time.milliseconds &+ 1))
            next.before = self.time
            next.setEarlier([self.time] + earlier)
            return next
        }

        private mutating func setEarlier(_ times: [Timestamp]) {
            earlier = times.filter { $0 > known }
            guard earlier.count > Self.mostEarlier else { return }
            known = earlier[Self.mostEarlier]
            earlier.removeLast(earlier.count - Self.mostEarlier)
        }

        /// Whether a reading went into the archive.
        func knows(_ reading: Timestamp) -> Bool {
            if reading == time || reading <= known { return true }
            var (low, high) = (0, earlier.count)
            while low < high {
                let middle = (low + high) / 2
                if earlier[middle] > reading { low = middle + 1 } else { high = middle }
            }
            return low < earlier.count && earlier[low] == reading
        }

        /// What two archives that are merged have read.
        func merged(with other: Reading) -> Reading {
            var merged = self
            merged.isWhole = isWhole && other.isWhole
            merged.lacking = Set(lacking).union(other.lacking).sorted()
            if settings != other.settings { merged.settings = "" }
            merged.known = max(known, other.known)
            merged.setEarlier(
                Set(earlier + other.earlier + [time, other.time]).subtracting([max(time, other.time)]).sorted(by: >))
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

    /// Whether this archive holds all that another one has read: of each of its sources all the readings that went into it.
    public func continues(_ other: ArchiveManifest) -> Bool {
        zip(other.sources, other.readings).allSatisfy { source, reading in
            guard let index = sources.firstIndex(of: source) else { return false }
            return readings[index].knows(reading.time) && reading.earlier.allSatisfy(readings[index].knows)
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
            reading.encodeEarlier(into: &writer)
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
        var differences: [Int64] = []
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "host": source.host = try reader.readString()
            case "path": source.path = try reader.readString()
            case "read": reading.time = Timestamp(milliseconds: try reader.readInt64())
            case "before": reading.before = Timestamp(milliseconds: try reader.readInt64())
            case "earlier":
                try reader.beginArray()
                while try reader.nextElement() { differences.append(try reader.readInt64()) }
            case "known": reading.known = Timestamp(milliseconds: try reader.readInt64())
            case "whole": reading.isWhole = try reader.readBool()
            case "settings": reading.settings = try reader.readString()
            case "lacking":
                try reader.beginArray()
                while try reader.nextElement() { reading.lacking.append(try reader.readString()) }
            default: try reader.skipValue()
            }
        }
        reading.setEarlier(differences: differences)
        return (source, reading)
    }
}

extension ArchiveManifest.Reading {
    /// The earlier readings, each by how many milliseconds it was before the one after it, and up to when they are not told.
    fileprivate func encodeEarlier(into writer: inout JSONWriter) {
        if !earlier.isEmpty {
            writer.key("earlier")
            writer.beginArray()
            for (later, time) in zip([time] + earlier, earlier) {
                writer.int(later.milliseconds &- time.milliseconds)
            }
            writer.endArray()
        }
        guard known > (earlier.isEmpty ? before : Timestamp(milliseconds: 0)) else { return }
        writer.key("known")
        writer.int(known.milliseconds)
    }

    /// An archive that does not tell them knows what was read until `before`.
    fileprivate mutating func setEarlier(differences: [Int64]) {
        guard !differences.isEmpty else { return known = max(known, before) }
        var time = time.milliseconds
        for difference in differences where difference > 0 {
            time &-= difference
            earlier.append(Timestamp(milliseconds: time))
        }
    }
}
