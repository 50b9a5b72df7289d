import ChatModel
import JSON
import ResticRepository
import Storage

extension ArchiveBuilder {
    /// Months that are merged together, of as many conversations as have them: what is known of them is in memory.
    private static let monthsTogether = 512
    /// Months that are merged at the same time at the most, each in memory.
    private static let mostAtOnce = 8

    /// A conversation before it is merged.
    private struct Pending {
        let position: Int
        /// What earlier archives have of it; not needed when it stays as it is.
        var earlier: [EarlierConversation] = []
        /// Its nodes, when it stays as it is.
        var kept: (folder: Node, list: Node)?
        /// Else the months that it has now or had before.
        var months: [Month] = []
    }

    /// Merges the conversations, and hands over the nodes of their folders and of the lists of their months; one that has no
    /// messages at all has none. Returns whether any month is another one than before.
    ///
    /// Months do not depend on each other: as many are merged at the same time as there are cores, and more where each may
    /// have to wait for a store.
    mutating func finishConversations(
        _ work: MonthMerger<some AttachmentProvider>, _ take: (_ folder: Node, _ list: Node) -> Void
    ) throws(ArchiveError) -> Bool {
        let requests = heads.map(\.archive.repository.store.requestsInFlight).max() ?? 1
        let atOnce = min(max(ProcessorCount.current, requests), Self.mostAtOnce)
        var isChanged = false
        var pending: [Pending] = []
        var months = 0
        for position in conversations.indices {
            pending.append(try look(at: position))
            months += pending.last?.months.count ?? 0
            guard months >= Self.monthsTogether || position + 1 == conversations.count else { continue }
            let tasks = pending.indices.flatMap { index in pending[index].months.map { (index, $0) } }
            let ids = pending.map { conversations[$0.position].conversation.id }
            var outcomes = try concurrently(tasks, atOnce: atOnce) { [pending] (task) throws(ArchiveError) in
                let conversation = pending[task.0]
                return try work.merge(task.1, of: ids[task.0], at: conversation.position, conversation.earlier)
            }[...]
            for conversation in pending {
                let own = outcomes.prefix(conversation.months.count)
                outcomes = outcomes.dropFirst(own.count)
                isChanged = isChanged || own.contains(where: \.isChanged)
                if let (folder, list) = try finish(conversation, own, work) { take(folder, list) }
            }
            pending = []
            months = 0
        }
        return isChanged
    }

    /// Finds out which months of a conversation there are to merge.
    private func look(at position: Int) throws(ArchiveError) -> Pending {
        let record = conversations[position]
        let keys = buckets.months(of: position)
        var earlier: [EarlierConversation] = []
        for head in heads { earlier.append(try head.conversation(record.conversation.id, in: zone)) }
        var pending = Pending(position: position)
        // Nothing given now, nothing given before by a source of today, and all archives have the same: it stays.
        let concernsUs = !keys.isEmpty || given.contains { record.sources.contains($0) }
        if !concernsUs, var node = earlier.shared(by: \.node), var list = earlier.shared(by: \.list),
            earlier.allSatisfy(\.earlier.keepsNumbers)
        {
            node.name = Array(record.folder.utf8)
            list.name = Array(ArchiveLayout.months(of: record.folder).utf8)
            pending.kept = (node, list)
            return pending
        }
        pending.earlier = earlier
        var months = Set(keys.map(\.month))
        for conversation in earlier { months.formUnion(conversation.months) }
        pending.months = months.sorted()
        return pending
    }

    /// Describes a conversation whose months were merged, and stores its folder and the list of its months.
    private mutating func finish<Provider: AttachmentProvider>(
        _ pending: Pending, _ outcomes: ArraySlice<MonthMerger<Provider>.Outcome>, _ work: MonthMerger<Provider>
    ) throws(ArchiveError) -> (folder: Node, list: Node)? {
        if let kept = pending.kept { return kept }
        var folder = TreeBuilder(.init(modified: .epoch))
        var records: [MonthRecord] = []
        for outcome in outcomes {
            account.add(outcome.account)
            guard let month = outcome.record else { continue }
            records.append(month)
            folder.add(month.node)
        }
        guard !records.isEmpty else { return nil }
        let position = pending.position
        conversations[position].messages = records.reduce(0) { $0 + $1.messages }
        conversations[position].attachments = records.reduce(0) { $0 + $1.attachments }
        if let first = records.map(\.span.lowerBound).min(), let last = records.map(\.span.upperBound).max() {
            conversations[position].span = first...last
        }
        conversations[position].sources = Set(records.flatMap(\.given.keys)).sorted()
        let name = conversations[position].folder
        let stored = try work.store(lines(records) { $0.encode(into: &$1) }, .lists)
        var list = Node(
            name: Array(ArchiveLayout.months(of: name).utf8), kind: .file, mode: FileMode(rawValue: 0o600),
            modified: .epoch)
        list.content = stored.blobs
        list.size = stored.size
        list.links = 1
        var node = Node(
            name: Array(name.utf8), kind: .directory, mode: FileMode(unixMode: 0o040700), modified: .epoch)
        node.subtree = try Archive.read { () throws(RepositoryError) in try folder.finish(work.writer) }
        return (node, list)
    }
}
