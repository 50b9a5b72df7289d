import ChatModel
import ResticRepository

/// An archive that is continued, and how its sources are numbered in the new one.
struct EarlierArchive {
    let archive: Archive
    /// The folders of its conversations.
    let folders: [ConversationID: String]
    /// Our index of each of its sources.
    let sources: [Int]
    /// Whether its months are those of the new archive.
    let hasSameMonths: Bool
    private let nodes: Tree

    init(
        _ archive: Archive, _ records: [ConversationRecord], sources: [Int], zone: Zone
    ) throws(ArchiveError) {
        self.archive = archive
        self.sources = sources
        folders = Dictionary(records.map { ($0.conversation.id, $0.folder) }, uniquingKeysWith: { $1 })
        hasSameMonths = archive.manifest.zone == zone.name
        nodes = try archive.subtree(of: archive.root, named: ArchiveLayout.conversationFolders) ?? .empty
        try archive.fetchMonthLists()
    }

    /// Whether its lines and records can be taken as they are.
    var keepsNumbers: Bool { hasSameMonths && sources == Array(sources.indices) }

    /// When it last read one of our sources.
    func readTime(of source: Int) -> Timestamp {
        sources.firstIndex(of: source).map { archive.manifest.readings[$0].time } ?? Timestamp(milliseconds: .min)
    }

    /// What it has of a conversation; nothing when it does not know it.
    func conversation(_ id: ConversationID, in zone: Zone) throws(ArchiveError) -> EarlierConversation {
        let node = folders[id].flatMap { nodes.node(named: Array($0.utf8)) }
        guard let folder = folders[id] else {
            return EarlierConversation(in: self, node: nil, list: nil, folder: .init(months: []), zone: zone)
        }
        return EarlierConversation(
            in: self, node: node, list: try archive.monthList(of: folder), folder: try archive.folder(named: folder),
            zone: zone)
    }
}

/// A conversation as an earlier archive has it, in the new archive's months and numbers.
struct EarlierConversation {
    let earlier: EarlierArchive
    /// The folder's node.
    let node: Node?
    /// The node of the list of months, where it has one of its own.
    let list: Node?
    private let folder: ConversationFolder
    private let zone: Zone

    init(in earlier: EarlierArchive, node: Node?, list: Node?, folder: ConversationFolder, zone: Zone) {
        self.earlier = earlier
        self.node = node
        self.list = list
        self.folder = folder
        self.zone = zone
    }

    /// The months of which it may have lines.
    var months: Set<Month> { Set(folder.months.flatMap { months(of: $0) }) }

    /// The record of a month, when that is cut as ours is.
    func record(of month: Month) -> MonthRecord? {
        guard earlier.hasSameMonths else { return nil }
        return folder.months.first { $0.month == month }
    }

    /// The messages of a month.
    func lines(of month: Month) throws(ArchiveError) -> [MessageLine] {
        var lines: [MessageLine] = []
        for record in folder.months where months(of: record).contains(month) {
            lines += try earlier.archive.messages(of: record.node)
        }
        if !earlier.hasSameMonths { lines.removeAll { zone.month(of: $0.message) != month } }
        if !earlier.keepsNumbers {
            for index in lines.indices { lines[index].sources = renumbered(lines[index].sources) }
        }
        return lines
    }

    /// What the sources gave for a month, by our numbers.
    func given(for month: Month) -> [Int: MonthRecord.Given] {
        var result: [Int: MonthRecord.Given] = [:]
        for (source, value) in record(of: month)?.given ?? [:] {
            if let source = renumbered([source]).first { result[source] = value }
        }
        return result
    }

    /// The months of ours in which a month of another zone may have messages. Those with a wall time stay where they are.
    private func months(of record: MonthRecord) -> Set<Month> {
        guard !earlier.hasSameMonths else { return [record.month] }
        return [record.month, zone.month(of: record.span.lowerBound), zone.month(of: record.span.upperBound)]
    }

    private func renumbered(_ sources: [Int]) -> [Int] {
        sources.filter(earlier.sources.indices.contains).map { earlier.sources[$0] }.sorted()
    }
}
