public import ChatModel
import JSON
public import ResticRepository

/// Makes the archive of a new snapshot: what earlier ones have, and what sources give now.
///
///     var builder = try ArchiveBuilder(continuing: heads, in: zone)
///     try builder.begin(source)          // for each source: its exports, their rows
///     try builder.add(message, to: conversation)
///     let outcome = try builder.finish(attachments: provider, into: writer, repository, at: time, lastRead: times)
///
/// Rows wait in buckets of bounded memory; then one conversation and month at a time is merged and written. A month of
/// which every source gives the same as the time before costs a comparison of digests.
public struct ArchiveBuilder {
    /// What became of the rows, and where the archive is.
    public struct Outcome: Sendable {
        public let tree: TreeID
        public let account: BackupAccount
    }

    let heads: [Archive]
    /// For each head, the folders of its conversations.
    var headFolders: [[ConversationID: String]] = []
    let zone: Zone
    var sources: [ArchiveSource]
    var readTimes: [Timestamp]
    /// Indices of the sources of this backup.
    var given: [Int] = []
    var export = 0
    var people: [PersonRecord]
    var personPositions: [PersonID: Int] = [:]
    var conversations: [ConversationRecord]
    var conversationPositions: [ConversationID: Int] = [:]
    var takenFolders: Set<String> = []
    var buckets: MonthBuckets
    var account = BackupAccount()

    /// Begins.
    ///
    /// - Parameters:
    ///   - heads: the archives to continue, newest first; see `ArchiveHeads`.
    ///   - zone: by whose months segments are cut, when there is no earlier archive.
    ///   - bucketLimit: bytes of rows that wait in memory; more wait in a sealed temporary file.
    public init(continuing heads: [Archive], in zone: Zone, bucketLimit: Int = 64 << 20) throws(ArchiveError) {
        self.heads = heads
        self.zone = try heads.first.map { (head) throws(ArchiveError) in try head.zone() } ?? zone
        sources = heads.first?.manifest.sources ?? []
        readTimes = heads.first?.manifest.readTimes ?? []
        buckets = MonthBuckets(limit: bucketLimit)
        people = []
        conversations = []
        for head in heads {
            for record in try head.people() { note(record) }
            let records = try head.conversations()
            headFolders.append(Dictionary(records.map { ($0.conversation.id, $0.folder) }, uniquingKeysWith: { $1 }))
            for record in records { note(record, of: head) }
        }
    }

    /// Begins a source; the rows that follow are its.
    public mutating func begin(_ source: ArchiveSource) {
        given.append(index(of: source))
        export += 1
    }

    /// Begins another export of the same source, for example the next file of a folder: equal rows of two exports are
    /// one message.
    public mutating func beginExport() { export += 1 }

    /// Takes what a source says of a person.
    public mutating func add(_ person: Person) {
        guard let position = personPositions[person.id] else { return note(PersonRecord(person)) }
        people[position].update(with: person)
    }

    /// Takes what a source says of a conversation.
    public mutating func add(_ conversation: Conversation) {
        guard let position = conversationPositions[conversation.id] else {
            return append(ConversationRecord(conversation, folder: newFolder(for: conversation)))
        }
        var known = conversations[position].conversation
        if !conversation.title.isEmpty { known.title = conversation.title }
        if conversation.kind != .unknown { known.kind = conversation.kind }
        if !conversation.app.isEmpty { known.app = conversation.app }
        for member in conversation.members where !known.members.contains(member) { known.members.append(member) }
        conversations[position].conversation = known
    }

    /// Takes a row that is a message.
    public mutating func add(_ message: Message, to conversation: ConversationID) throws(ArchiveError) {
        if conversationPositions[conversation] == nil {
            add(Conversation(id: conversation, title: "", kind: .unknown, app: ""))
        }
        account.rowsRead += 1
        guard let source = given.last else { return }
        let key = MonthBuckets.Key(source: source, conversation: conversation, month: zone.month(of: message.time))
        try buckets.add(SegmentMerge.Row(message: message, export: export), to: key)
    }

    /// Counts a row that could not be read.
    public mutating func skip(reason: String) {
        account.rowsRead += 1
        account.skipped[reason, default: 0] += 1
    }

    /// Rows taken so far.
    public var rowsRead: Int { account.rowsRead }

    // MARK: What is known

    /// Our index of a source.
    mutating func index(of source: ArchiveSource) -> Int {
        if let index = sources.firstIndex(of: source) { return index }
        sources.append(source)
        readTimes.append(Timestamp(milliseconds: 0))
        return sources.count - 1
    }

    private mutating func note(_ record: PersonRecord) {
        guard let position = personPositions[record.person.id] else {
            personPositions[record.person.id] = people.count
            return people.append(record)
        }
        // An older archive's name is an earlier name.
        for name in record.earlierNames + [record.person.name]
        where !name.isEmpty && name != people[position].person.name && !people[position].earlierNames.contains(name) {
            people[position].earlierNames.insert(name, at: 0)
        }
    }

    private mutating func note(_ record: ConversationRecord, of head: Archive) {
        if let position = conversationPositions[record.conversation.id] {
            let ours = head.manifest.sources.map { index(of: $0) }
            conversations[position].sources = Set(conversations[position].sources + record.sources.filter(ours.indices.contains).map { ours[$0] }).sorted()
        } else {
            var record = record
            if !takenFolders.insert(record.folder).inserted { record.folder = newFolder(for: record.conversation) }
            let ours = head.manifest.sources.map { index(of: $0) }
            record.sources = record.sources.filter(ours.indices.contains).map { ours[$0] }.sorted()
            append(record)
        }
    }

    private mutating func append(_ record: ConversationRecord) {
        conversationPositions[record.conversation.id] = conversations.count
        conversations.append(record)
    }

    private mutating func newFolder(for conversation: Conversation) -> String {
        let text = conversation.title.isEmpty ? conversation.id.text : conversation.title
        return SafeName.unique(
            SafeName.make(text, limit: ArchiveLayout.folderNameLimit), taken: &takenFolders,
            limit: ArchiveLayout.folderNameLimit + 8)
    }
}
