import ChatArchive
import ChatModel
import JSON
import ResticRepository

extension List {
    /// Prints a snapshot's conversations: folder, kind, messages, first and last; and the titles when any is not the folder's name.
    func listConversations(_ repository: Repository, _ stored: StoredSnapshot, _ zone: Zone) throws {
        guard let layout = try SnapshotLayout(of: stored.snapshot.tree, in: repository) else {
            throw CommandError.noArchive(snapshot: stored.id.short)
        }
        let records = try Progress.showing(!options.quiet && !options.json) {
            Progress.Reading(words: "reading the list of conversations")
        } _: {
            try Archive(repository: repository, tree: layout.archive).conversations()
        }
        if options.json {
            for record in records { Output.json { Self.write(record, &$0) } }
            return
        }
        let titles = records.map { $0.conversation.title == $0.folder ? "" : $0.conversation.title }
        let showsTitles = titles.contains { !$0.isEmpty }
        var table = Table(
            [
                ("Conversation", .left), ("App", .left), ("Kind", .left), ("Messages", .right), ("First", .left),
                ("Last", .left),
            ] + (showsTitles ? [("Title", .left)] : []))
        for (record, title) in zip(records, titles) {
            table.add(
                [
                    record.folder, record.conversation.app, record.conversation.kind.rawValue,
                    Words.count(record.messages), record.span.map { Dates.text($0.lowerBound, in: zone) } ?? "",
                    record.span.map { Dates.text($0.upperBound, in: zone) } ?? "",
                ] + (showsTitles ? [title] : []))
        }
        if !records.isEmpty { table.lines.forEach(Output.line) }
        let messages = records.reduce(0) { $0 + $1.messages }
        if !options.quiet {
            Output.line("\(Words.count(records.count, "conversation")), \(Words.count(messages, "message"))")
        }
    }

    private static func write(_ record: ConversationRecord, _ json: inout JSONWriter) {
        json.beginObject()
        let words: [(StaticString, String)] = [
            ("struct_type", "conversation"), ("id", record.conversation.id.text), ("folder", record.folder),
            ("title", record.conversation.title), ("app", record.conversation.app),
            ("kind", record.conversation.kind.rawValue),
        ]
        for (name, text) in words {
            json.key(name)
            json.string(text)
        }
        json.key("messages")
        json.int(record.messages)
        if let span = record.span {
            json.key("first")
            json.int(span.lowerBound.milliseconds)
            json.key("last")
            json.int(span.upperBound.milliseconds)
        }
        json.endObject()
    }
}
