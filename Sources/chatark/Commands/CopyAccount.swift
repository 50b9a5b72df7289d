import ChatArchive
import ChatModel
import ResticRepository

/// What a copy of conversations is, for who gets it without the repository: from where, of whom, what was chosen, how much, and
/// how to check it.
struct CopyAccount {
    /// The repository's identifier.
    let repository: String
    let stored: StoredSnapshot
    let zone: Zone
    /// The user's choice.
    let names: [String]
    let since: String?
    let until: String?
    let copied: [ViewCopy.Copied]
    let counts: ViewCopy.Counts.Values

    /// The account, of an archive's conversations and people.
    func text(_ records: [ConversationRecord], _ people: [PersonRecord]) -> String {
        let total = copied.reduce(into: RenderedTranscript.Counts()) { total, one in
            total.messages += one.counts.messages
            total.gone += one.counts.gone
            total.missing += one.counts.missing
        }
        let snapshot = stored.snapshot
        var lines = [
            "A copy of chat conversations from a backup, made by chatark.", "",
            "conversations/   a folder a conversation and month, a file a message or medium; a file's time is when it was sent",
            "transcripts/     the same messages as one text a month, with what was forwarded, edited, or is no longer at the source",
            "SHA256SUMS       the SHA-256 of every file here but itself", "",
            "Repository:      \(repository)",
            "Snapshot:        \(stored.id.hex)",
            "Backed up:       \(Dates.text(snapshot.time, in: zone)) on \(snapshot.hostname), from \(snapshot.paths.joined(separator: ", "))",
            "Times are of:    \(zone.name)",
            "Conversations:   \(names.isEmpty ? "all" : names.joined(separator: ", "))",
            "From, until:     \(since ?? "the first message"), \(until ?? "the last message")",
            "Messages:        \(Words.count(total.messages)), of which \(Words.count(total.gone)) were no longer at the source",
            "Files:           \(Words.count(counts.files + counts.kept)); the source lacked \(Words.count(total.missing)) more, each named in a .missing.txt",
        ]
        if counts.failures > 0 {
            lines.append("NOT COMPLETE:    \(Words.count(counts.failures, "file")) could not be read or written")
        }
        lines += [
            "", "An edited message stands here in every wording that a backup has seen, each as a message of its own.",
            "",
        ]
        for one in copied { lines += self.lines(of: one, records, people) }
        lines += [
            "", "To check that nothing has changed since, in this folder:", "    sha256sum -c SHA256SUMS",
            "To check it against the backup, with its password: restore the same choice again and compare:",
            "    chatark restore \(stored.id.hex) --target OTHER --tz \(zone.name) …; diff -r . OTHER", "",
        ]
        return lines.map(Table.printable).joined(separator: "\n")
    }

    private func lines(
        of one: ViewCopy.Copied, _ records: [ConversationRecord], _ people: [PersonRecord]
    ) -> [String] {
        var lines = ["\(one.name): \(Words.count(one.counts.messages, "message"))"]
        guard let record = records.first(where: { $0.folder == one.name }) else { return lines }
        let conversation = record.conversation
        lines.append("    \(conversation.kind.rawValue) of \(conversation.app), \(conversation.id.text)")
        for member in conversation.members {
            let person = people.first { $0.person.id == member }?.person
            let name = conversation.names[member] ?? person?.name ?? ""
            let owner = person?.isSelf == true ? ", whose history this is" : ""
            lines.append("    \(name.isEmpty ? "(no name)" : name): \(member.text)\(owner)")
        }
        return lines
    }
}
