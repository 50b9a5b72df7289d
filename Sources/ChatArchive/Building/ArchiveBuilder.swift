public import ChatModel
import JSON
public import ResticRepository

/// Makes the archive of a new snapshot: what earlier ones have, and what sources give now.
///
///     var builder = try ArchiveBuilder(continuing: heads, in: zone)
///     builder.begin(source)              // for each source: its exports, their rows
///     try builder.add(message, to: conversation)
///     let outcome = try builder.finish(attachments: provider, into: writer, repository, at: time, lastRead: times)
///
/// Rows wait in buckets of bounded memory; then one conversation and month at a time is merged and written. A month of
/// which every source gives the same as the time before costs a comparison of digests.
public struct ArchiveBuilder {
    /// What became of the rows, and where the archive is.
    public struct Outcome: Sendable {
        /// The tree of `archive/`.
        public let tree: TreeID
        /// Where every row went.
        public let account: BackupAccount
    }

    private(set) var heads: [EarlierArchive] = []
    let zone: Zone
    private(set) var sources: [ArchiveSource] = []
    var readings: [ArchiveManifest.Reading] = []
    /// Indices of the sources of this backup.
    private(set) var given: [Int] = []
    private var current: Int?
    /// Sources of which not all could be read this time.
    private(set) var readWithLoss: Set<Int> = []
    /// Whether files of the sources have changed since their rows were taken.
    private(set) var isChangedMeanwhile = false
    /// How many exports each source has given.
    private var exports: [Int: Int] = [:]
    var people: [PersonRecord] = []
    private var personPositions: [PersonID: Int] = [:]
    var avatars = WaitingAvatars()
    var conversations: [ConversationRecord] = []
    private var conversationPositions: [ConversationID: Int] = [:]
    private var takenFolders: Set<String> = []
    /// The same in lower case: what is named now is told apart where case makes no difference.
    private var lowerFolders: Set<String> = []
    var buckets: MonthBuckets
    var account = BackupAccount()

    /// Begins.
    ///
    /// - Parameters:
    ///   - heads: the archives to continue, newest first; see `ArchiveHeads`.
    ///   - zone: by whose months segments are cut, when there is no earlier archive.
    ///   - bucketLimit: bytes of rows that wait in memory; more wait in a sealed temporary file.
    public init(continuing heads: [Archive], in zone: Zone, bucketLimit: Int = 32 << 20) throws(ArchiveError) {
        self.zone = try heads.first.map { (head) throws(ArchiveError) in try head.zone() } ?? zone
        buckets = MonthBuckets(limit: bucketLimit)
        for head in heads {
            let numbers = head.manifest.sources.map { index(of: $0) }
            for (number, reading) in zip(numbers, head.manifest.readings) {
                readings[number] = readings[number] == .never ? reading : readings[number].merged(with: reading)
            }
            for record in try head.people() { note(record) }
            let records = try head.conversations()
            for record in records { note(record, numbers) }
            self.heads.append(try EarlierArchive(head, records, sources: numbers, zone: self.zone))
        }
    }

    /// Begins a source, or goes on with one that was begun; the rows that follow are its, and another export.
    ///
    /// - Parameter settings: a digest of what the reading depends on beside the source.
    public mutating func begin(_ source: ArchiveSource, settings: String = "") {
        let index = index(of: source)
        current = index
        readings[index].settings = settings
        if !given.contains(index) { given.append(index) }
        beginExport()
    }

    /// Begins another export of the same source, for example the next file of a folder: equal rows of two exports are
    /// one message.
    public mutating func beginExport() {
        if let current { exports[current, default: 0] += 1 }
    }

    /// Takes what a source says of a person. A picture is stored at the end.
    public mutating func add(_ person: Person) throws(ArchiveError) {
        var person = person
        if let avatar = person.avatar, let current { try avatars.add(avatar, of: person.id, source: current) }
        person.avatar = nil
        guard let position = personPositions[person.id] else { return note(PersonRecord(person)) }
        people[position].update(with: person)
    }

    /// Takes what a source says of a conversation.
    public mutating func add(_ conversation: Conversation) {
        guard let position = conversationPositions[conversation.id] else {
            return append(ConversationRecord(conversation, folder: ""))
        }
        var known = conversations[position].conversation
        if !conversation.title.isEmpty { known.title = conversation.title }
        if conversation.kind != .unknown { known.kind = conversation.kind }
        if !conversation.app.isEmpty { known.app = conversation.app }
        known.names.merge(conversation.names) { $1 }
        for member in conversation.members where !known.members.contains(member) { known.members.append(member) }
        conversations[position].conversation = known
    }

    /// Takes a row that is a message; a source has been begun.
    public mutating func add(_ message: Message, to conversation: ConversationID) throws(ArchiveError) {
        guard Timestamp.plausible.contains(message.time) else { return skip(reason: "a time that no calendar has") }
        let position = position(of: conversation)
        account.rowsRead += 1
        guard let current else { return }
        let key = MonthBuckets.Key(source: current, conversation: position, month: zone.month(of: message))
        try buckets.add(SegmentMerge.Row(message: message, export: exports[current] ?? 0), to: key)
    }

    private mutating func position(of conversation: ConversationID) -> Int {
        if let position = conversationPositions[conversation] { return position }
        add(Conversation(id: conversation, title: "", kind: .unknown, app: ""))
        return conversations.count - 1
    }

    /// Counts a row that became no message; it is harmless when it could not have told anything, else it is a loss.
    public mutating func skip(reason: String, isHarmless: Bool = false) {
        account.rowsRead += 1
        account.skipped[reason, default: 0] += 1
        if !isHarmless { noteLoss() }
    }

    /// Notes that not all of the source could be read: what it does not give now is not taken for deleted there.
    public mutating func noteLoss() {
        if let current { readWithLoss.insert(current) }
    }

    /// Databases that earlier readings of a source had and this one may lack.
    public func lacking(in source: ArchiveSource) -> [String] {
        sources.firstIndex(of: source).map { readings[$0].lacking } ?? []
    }

    /// Notes which databases of earlier readings a source that was begun lacks now: what it does not give is not taken for
    /// deleted there, now and until they are back.
    public mutating func noteLacking(_ databases: [String], in source: ArchiveSource) {
        guard let index = sources.firstIndex(of: source) else { return }
        readings[index].lacking = databases
    }

    /// Notes that files of the sources have changed since their rows were taken: another reading may have more.
    public mutating func noteChange() { isChangedMeanwhile = true }

    /// Notes that a source that was not begun has more than was read of it the last time.
    public mutating func noteUnread(_ source: ArchiveSource) {
        guard let index = sources.firstIndex(of: source) else { return }
        readings[index].isWhole = false
    }

    /// Says that no more rows come, so that their memory can be used by what follows. `finish` says it, too.
    public mutating func endRows() throws(ArchiveError) { try buckets.finishFilling() }

    /// The conversations that a source has given before.
    public func conversations(of source: ArchiveSource) -> [ConversationID] {
        guard let index = sources.firstIndex(of: source) else { return [] }
        return conversations.filter { $0.sources.contains(index) }.map(\.conversation.id)
    }

    /// The archives that are continued, newest first.
    public var continued: [Archive] { heads.map(\.archive) }

    /// Rows taken so far.
    public var rowsRead: Int { account.rowsRead }

    // MARK: What is known

    /// Our index of a source.
    private mutating func index(of source: ArchiveSource) -> Int {
        if let index = sources.firstIndex(of: source) { return index }
        sources.append(source)
        readings.append(.never)
        return sources.count - 1
    }

    private mutating func note(_ record: PersonRecord) {
        guard let position = personPositions[record.person.id] else {
            personPositions[record.person.id] = people.count
            return people.append(record)
        }
        people[position].add(older: record)
    }

    /// Takes a head's record, whose sources have these numbers in the new archive.
    private mutating func note(_ record: ConversationRecord, _ numbers: [Int]) {
        var record = record
        record.sources = record.sources.filter(numbers.indices.contains).map { numbers[$0] }.sorted()
        if let position = conversationPositions[record.conversation.id] {
            conversations[position].sources = Set(conversations[position].sources + record.sources).sorted()
            conversations[position].conversation.names.merge(record.conversation.names) { newer, _ in newer }
            for member in record.conversation.members
            where !conversations[position].conversation.members.contains(member) {
                conversations[position].conversation.members.append(member)
            }
        } else {
            if takenFolders.insert(record.folder).inserted {
                lowerFolders.insert(record.folder.lowercased())
            } else {
                record.folder = newFolder(for: record.conversation)
            }
            append(record)
        }
    }

    private mutating func append(_ record: ConversationRecord) {
        conversationPositions[record.conversation.id] = conversations.count
        conversations.append(record)
    }

    /// Names the folders of conversations that are new. Those of one title are told apart in the order of their
    /// identifiers, so that it makes no difference what a source tells first: two devices of one account name them alike.
    mutating func nameFolders() {
        let new = conversations.indices.filter { conversations[$0].folder.isEmpty }
        let order = new.sorted { conversations[$0].conversation.id.text < conversations[$1].conversation.id.text }
        for position in order {
            conversations[position].folder = newFolder(for: conversations[position].conversation)
        }
    }

    private mutating func newFolder(for conversation: Conversation) -> String {
        let text = conversation.title.isEmpty ? conversation.id.text : conversation.title
        let limit = ArchiveLayout.folderNameLimit
        let name = SafeName.unique(
            SafeName.makeWhole(text, limit: limit), taken: &lowerFolders, limit: limit, ignoringCase: true)
        takenFolders.insert(name)
        return name
    }
}
