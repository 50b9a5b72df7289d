/// What became of every row that a backup read.
public struct BackupAccount: Hashable, Sendable {
    /// Rows of the sources: messages, and what could not be read as one.
    public var rowsRead = 0
    /// Messages, and other wordings of known ones, that the archive did not have.
    public var stored = 0
    /// Rows whose message the archive had already.
    public var alreadyArchived = 0
    /// Rows that repeat another row of the same backup.
    public var duplicates = 0
    /// Rows that could not be read, by reason.
    public var skipped: [String: Int] = [:]
    /// Of the stored ones, other wordings of known messages.
    public var edited = 0
    /// Messages that no source has any more, since this backup; not those that were edited.
    public var nowGone = 0
    /// Messages that were gone and are back.
    public var cameBack = 0
    /// Attachments whose content is in the archive, since this backup.
    public var attachmentsStored = 0
    /// Attachments that the sources do not have, by reason.
    public var attachmentsMissing: [String: Int] = [:]

    /// Months of earlier archives whose messages are lost in the repository.
    public var monthsLost = 0

    /// An empty account.
    public init() {}

    /// Rows that could not be read.
    public var skippedTotal: Int { skipped.values.reduce(0, +) }

    /// Adds what became of other messages. What was read, skipped and attached is counted in one place for all.
    mutating func add(_ other: BackupAccount) {
        stored += other.stored
        alreadyArchived += other.alreadyArchived
        duplicates += other.duplicates
        edited += other.edited
        nowGone += other.nowGone
        cameBack += other.cameBack
        monthsLost += other.monthsLost
    }

    /// Adds what became of the rows of a month.
    mutating func add(_ counts: SegmentMerge.Counts) {
        stored += counts.stored
        alreadyArchived += counts.alreadyArchived
        duplicates += counts.duplicates
        edited += counts.edited
        nowGone += counts.nowGone
        cameBack += counts.cameBack
    }

    /// Whether every row has gone somewhere.
    public var addsUp: Bool { rowsRead == stored + alreadyArchived + duplicates + skippedTotal }
}
