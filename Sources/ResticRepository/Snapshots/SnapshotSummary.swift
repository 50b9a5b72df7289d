import JSON

/// What a backup did, as restic keeps it in a snapshot.
public struct SnapshotSummary: Hashable, Sendable {
    /// When the backup began.
    public var backupStart: GoTime
    /// When it was done.
    public var backupEnd: GoTime
    /// Files that the parent does not have.
    public var filesNew: UInt64 = 0
    /// Files that the parent has otherwise.
    public var filesChanged: UInt64 = 0
    /// Files that were not read again.
    public var filesUnmodified: UInt64 = 0
    /// Directories that the parent does not have.
    public var dirsNew: UInt64 = 0
    /// Directories that the parent has otherwise.
    public var dirsChanged: UInt64 = 0
    /// Directories as the parent has them.
    public var dirsUnmodified: UInt64 = 0
    /// Data blobs that were stored.
    public var dataBlobs: UInt64 = 0
    /// Trees that were stored.
    public var treeBlobs: UInt64 = 0
    /// Bytes stored, before compression.
    public var dataAdded: UInt64 = 0
    /// Bytes stored, as they lie in packs.
    public var dataAddedPacked: UInt64 = 0
    /// Files in the snapshot.
    public var totalFilesProcessed: UInt64 = 0
    /// Bytes of those files.
    public var totalBytesProcessed: UInt64 = 0

    /// Makes a summary; the counts are set afterwards.
    public init(backupStart: GoTime, backupEnd: GoTime) {
        self.backupStart = backupStart
        self.backupEnd = backupEnd
    }

    func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("backup_start")
        writer.string(backupStart.text)
        writer.key("backup_end")
        writer.string(backupEnd.text)
        for (key, property) in Self.counts {
            writer.key(key.rawValue)
            writer.int(self[keyPath: property])
        }
        writer.endObject()
    }

    init(reading reader: inout JSONReader) throws(Damage) {
        self.init(backupStart: .epoch, backupEnd: .epoch)
        try Damage.reading(&reader) { (reader) throws(JSONError) in try reader.beginObject() }
        while true {
            let key: Key?
            do throws(JSONError) {
                guard let spelling = try reader.nextKey() else { break }
                key = Key(rawValue: spelling.string)
                if key == nil {
                    try reader.skipValue()
                    continue
                }
                if try reader.readNullIfPresent() { continue }
            } catch { throw .badJSON(error) }
            guard let key else { continue }
            switch key {
            case .backupStart: backupStart = try reader.converted(key) { GoTime($0) }
            case .backupEnd: backupEnd = try reader.converted(key) { GoTime($0) }
            default:
                guard let property = Self.counts.first(where: { $0.0 == key })?.1 else { continue }
                self[keyPath: property] = try reader.unsigned(key)
            }
        }
    }

    private static var counts: [(Key, WritableKeyPath<SnapshotSummary, UInt64>)] {
        [
            (.filesNew, \.filesNew), (.filesChanged, \.filesChanged), (.filesUnmodified, \.filesUnmodified),
            (.dirsNew, \.dirsNew), (.dirsChanged, \.dirsChanged), (.dirsUnmodified, \.dirsUnmodified),
            (.dataBlobs, \.dataBlobs), (.treeBlobs, \.treeBlobs), (.dataAdded, \.dataAdded),
            (.dataAddedPacked, \.dataAddedPacked), (.totalFilesProcessed, \.totalFilesProcessed),
            (.totalBytesProcessed, \.totalBytesProcessed),
        ]
    }

    private enum Key: String {
        case backupStart = "backup_start"
        case backupEnd = "backup_end"
        case filesNew = "files_new"
        case filesChanged = "files_changed"
        case filesUnmodified = "files_unmodified"
        case dirsNew = "dirs_new"
        case dirsChanged = "dirs_changed"
        case dirsUnmodified = "dirs_unmodified"
        case dataBlobs = "data_blobs"
        case treeBlobs = "tree_blobs"
        case dataAdded = "data_added"
        case dataAddedPacked = "data_added_packed"
        case totalFilesProcessed = "total_files_processed"
        case totalBytesProcessed = "total_bytes_processed"
    }
}
