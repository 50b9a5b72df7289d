import ChatImport
import ChatModel

/// Reads sources as a backup does, and says what is in them. Nothing is stored, and no repository is needed.
struct DryRun {
    private var messages = 0
    private var skipped: [String: Int] = [:]
    private var conversations: Set<ConversationID> = []
    private var lastConversation: ConversationID?
    private var attachments = 0
    private var missing: [String: Int] = [:]
    private var seconds = 0.0
    /// Its notes, and rows that could not be read.
    private var result = BackupResult()

    /// Reads everything.
    init(_ sources: BackupSources, _ about: SourceOptions, in zone: Zone) throws {
        let options = ImportOptions(assumedZone: zone, ownName: about.ownName, keys: try about.keys().keys)
        result.notes = sources.notes
        result.passedOver = sources.damaged
        let start = ContinuousClock.now
        for source in sources.all {
            try readSource(at: source.path, as: source.formats, options: options) { take($0) }
        }
        seconds = (ContinuousClock.now - start) / .seconds(1)
    }

    /// Whether something could not be read.
    var isPartial: Bool { result.isPartial }

    private mutating func take(_ event: ImportEvent) {
        switch event {
        case .message(let message, let conversation):
            messages += 1
            // Most messages are in the same conversation as the one before.
            if conversation != lastConversation { conversations.insert(conversation) }
            lastConversation = conversation
            for attachment in message.attachments {
                attachments += 1
                if case .missing(let reason) = attachment.content { missing[reason, default: 0] += 1 }
            }
        case .skipped(let row):
            skipped[row.reason.rawValue, default: 0] += 1
            result.note(skipped: row)
        case .note(let note): result.add(note)
        case .person, .conversation, .export: break
        }
    }

    // MARK: The report

    func print(_ options: RepositoryOptions) {
        let report = BackupReport(result: result, options: options)
        report.printNotes()
        if options.json { return printJSON() }
        if options.quiet { return }
        let others = skipped.values.reduce(0, +)
        Output.line(
            "Messages: \(Words.count(messages + others)) read = \(Words.count(messages)) in "
                + "\(Words.count(conversations.count, "conversation")) + \(Words.count(others)) skipped")
        BackupReport.print(skipped) { "\(Words.count($0)) skipped" }
        Output.line("          \(Words.count(attachments, "attachment"))")
        BackupReport.print(missing) { "\(Words.count($0, "attachment")) missing" }
        Output.line("Nothing was stored.")
    }

    private func printJSON() {
        Output.json { json in
            json.beginObject()
            json.key("message_type")
            json.string("dry_run")
            let numbers: [(StaticString, Int)] = [
                ("messages_read", messages + skipped.values.reduce(0, +)), ("messages", messages),
                ("conversations", conversations.count), ("attachments", attachments),
            ]
            for (name, value) in numbers {
                json.key(name)
                json.int(value)
            }
            BackupReport.write(skipped, as: "skipped", &json)
            BackupReport.write(missing, as: "attachments_missing", &json)
            json.key("total_duration")
            json.double(seconds)
            json.endObject()
        }
    }
}
