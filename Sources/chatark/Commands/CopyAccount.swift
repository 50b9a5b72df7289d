import ChatArchive
import ChatModel
import ResticRepository

/// What a copy of conversations is, for who gets it without the repository: from where, of whom, what was chosen, how much, and
/// how to check it.
struct CopyAccount {
    /// The repository's identifier.
    let repository: String
    let stored: StoredSnapshot
    let manifest: ArchiveManifest
    let zone: Zone
    /// Those that the user named; nil when all were meant.
    let chosen: [ConversationRecord]?
    let span: DateSpan
    let copied: [ViewCopy.Copied]
    let counts: ViewCopy.Counts.Values
    /// Files in the folder that are not of the copy.
    let others: Int

    /// The account, of an archive's conversations and people, who are called as in a tree.
    func text(_ records: [ConversationRecord], _ people: [PersonRecord], _ tree: FolderTree) throws -> String {
        let total = copied.reduce(into: RenderedTranscript.Counts()) { $0.add($1.counts) }
        let snapshot = stored.snapshot
        let missing = Words.count(total.missing)
        var lines = [
            "A copy of chat conversations from a backup, made by chatark.", "",
            "conversations/   a folder a conversation and month, a file a message or medium; a file's time is when it was sent",
            "transcripts/     the same messages as one text a month, with what was forwarded, edited, or is no longer at the source",
            "SHA256SUMS       the SHA-256 of every file of this copy but itself", "",
            "Repository:      \(repository)",
            "Snapshot:        \(stored.id.hex)",
            "Made:            \(Dates.text(snapshot.time, in: zone)) on \(snapshot.hostname); the sources of each conversation stand below",
            "Times are of:    \(zone.name)",
            "Conversations:   \(chosen?.map(\.shownName).joined(separator: ", ") ?? "all")",
            "From:            \(since ?? "the first message")",
            "Until:           \(until ?? "the last message")",
            "Messages:        \(Words.count(total.messages)); no longer at the source: \(Words.count(total.gone)); "
                + "earlier wordings of edited ones: \(Words.count(total.earlier))",
            "Files:           \(Words.count(counts.files + counts.kept)); the source lacked \(missing) more, each named in a .missing.txt",
        ]
        if counts.failures > 0 {
            lines.append(
                "NOT COMPLETE:    \(Words.count(counts.failures, "file")) could not be read or written, or lay here with another content"
            )
        }
        if others > 0 {
            lines.append(
                "NOT OF THIS COPY: \(Words.count(others, "file")) in this folder that SHA256SUMS does not have")
        }
        lines += [
            "", "An edited message stands here in every wording that a backup has seen, each as a message of its own.",
            "Of several people of one name, '@' and the end of the identifier tell who is meant.", "",
        ]
        for one in copied { lines += try self.lines(of: one, records, people, tree) }
        lines += [
            "", "To check that nothing has changed since, in this folder:", "    sha256sum -c SHA256SUMS",
            "To check it against the backup, with its password: restore the same choice again and compare:",
            "    \(command); diff -r . OTHER", "",
        ]
        return lines.map(Table.printable).joined(separator: "\n")
    }

    private func lines(
        of one: ViewCopy.Copied, _ records: [ConversationRecord], _ people: [PersonRecord], _ tree: FolderTree
    ) throws -> [String] {
        guard let record = records.first(where: { $0.folder.utf8.elementsEqual(one.name.utf8) }) else {
            return ["\(one.name): \(Words.count(one.counts.messages, "message"))"]
        }
        let conversation = record.conversation
        let title = conversation.title.isEmpty ? record.folder : conversation.title
        var lines = ["\(title): \(Words.count(one.counts.messages, "message"))"]
        if title != record.folder { lines.append("    in the folders '\(record.folder)'") }
        lines.append("    \(conversation.kind.rawValue) of \(conversation.app), \(conversation.id.text)")
        lines += record.sources.filter(manifest.sources.indices.contains).map(source)
        if record.sources.isEmpty { lines.append("    no source has any of it any more") }
        let listed = Set(conversation.members)
        for person in conversation.members + one.senders.filter({ !listed.contains($0) }) {
            let known = people.first { $0.person.id == person }?.person
            let isNamed = [conversation.names[person], known?.name].contains { $0?.isEmpty == false }
            var words = isNamed ? try tree.name(of: person, inFolder: record.folder) : "(no name)"
            words += ": \(person.text)"
            if known?.isSelf == true { words += ", whose history this is" }
            if !listed.isEmpty, !listed.contains(person) { words += ", not among the members that the source lists" }
            lines.append("    " + words)
        }
        return lines
    }

    /// Where the conversation was read, and when something new was read there last.
    private func source(_ index: Int) -> String {
        let (source, reading) = (manifest.sources[index], manifest.readings[index])
        let partly = reading.isWhole ? "" : ", not all of it at the last time"
        let time = Dates.text(reading.time, in: zone)
        return "    from \(source.path) on \(source.host), last read with something new \(time)\(partly)"
    }

    // MARK: The choice

    /// The first moment that was chosen.
    private var since: String? { span.start.map(text) }

    /// The last one, to a millisecond.
    private var until: String? { span.end.map { text(Timestamp(milliseconds: $0.milliseconds - 1)) } }

    /// RFC 3339, with the offset of the zone then.
    private func text(_ moment: Timestamp) -> String {
        let milliseconds = moment.milliseconds - moment.seconds * 1000
        return Dates.goTime(moment, nanoseconds: Int32(milliseconds) * 1_000_000, in: zone).text
    }

    /// What makes the same copy again.
    private var command: String {
        var words = ["chatark", "restore", stored.id.hex, "--target", "OTHER", "--tz", zone.name]
        for record in chosen ?? [] { words += ["--conversation", quoted(record.folder)] }
        if let since { words += ["--since", since] }
        if let until { words += ["--until", until] }
        return words.joined(separator: " ")
    }

    /// For a shell.
    private func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
