internal import ChatModel

/// A message as the archive should have it after a backup: the rules of "only grows", the slow and simple way.
struct ExpectedMessage {
    enum Content {
        case here([UInt8])
        case missing(String)
    }

    var message: Message
    /// Of each attachment.
    var contents: [Content]
    /// The time of the last backup that had it, when this one does not.
    var gone: Timestamp?
    /// What makes it the same message as another row.
    private var identity: String
    private var isPresent = true

    /// The messages of a conversation after a backup, in the order in which they are shown.
    static func all(of conversation: ConversationID, in history: History, upTo last: Int) -> [ExpectedMessage] {
        var messages: [ExpectedMessage] = []
        var previous: Timestamp?
        for backup in history.backups[...last] {
            for index in messages.indices { messages[index].isPresent = false }
            var ordinals: [String: Int] = [:]
            for row in backup.rows where row.conversation == conversation {
                let contents = row.message.attachments.map { content(of: $0, backup, history) }
                let new = ExpectedMessage(row.message, contents, &ordinals)
                if let index = messages.firstIndex(where: { $0.identity == new.identity }) {
                    messages[index].isPresent = true
                    messages[index].gone = nil
                    for (position, content) in contents.enumerated() {
                        if case .missing = messages[index].contents[position], case .here = content {
                            messages[index].contents[position] = content
                        }
                    }
                } else {
                    messages.append(new)
                }
            }
            for index in messages.indices where !messages[index].isPresent && messages[index].gone == nil {
                messages[index].gone = previous
            }
            previous = backup.time
        }
        // Sorted by time; of equal times, whoever came first.
        return messages.enumerated().sorted {
            ($0.element.message.time, $0.offset) < ($1.element.message.time, $1.offset)
        }.map(\.element)
    }

    private init(_ message: Message, _ contents: [Content], _ ordinals: inout [String: Int]) {
        self.message = message
        self.contents = contents
        let wording = "\(message.kind)|\(message.text)|\(message.attachments.map(\.name))"
        if let id = message.id {
            identity = "\(id.text)|\(wording)"
        } else {
            let key = "\(message.time.milliseconds)|\(message.sender?.text ?? "nobody")|\(wording)"
            let ordinal = ordinals[key, default: 0]
            ordinals[key] = ordinal + 1
            identity = "\(key)|\(ordinal)"
        }
    }

    private static func content(of attachment: Attachment, _ backup: History.Backup, _ history: History) -> Content {
        let path: String
        switch attachment.content {
        case .file(let file): path = file
        case .entry(_, let name): path = name
        case .missing(let reason): return .missing(reason)
        case .contained(let bytes): return .here(bytes)
        case .stored: return .missing("")
        }
        guard backup.files.contains(path), let bytes = history.contents[path] else {
            return .missing("the export does not contain the file")
        }
        return .here(bytes)
    }

    /// Whether another one is what the source had of it afterwards. Of what was deleted there is no wording.
    func wasEdited(into other: ExpectedMessage) -> Bool {
        guard let gone, let id = message.id, id == other.message.id, message.kind != .deleted else { return false }
        return other.gone.map { $0 > gone } ?? true
    }

    /// What its text file says, without the newline; nil when it has none.
    var shownText: String? {
        if !message.text.isEmpty { return message.text }
        guard message.attachments.isEmpty else { return nil }
        guard message.kind != .text else { return "" }
        return "[\(message.kind.rawValue)]" + (message.raw.map { " " + String(decoding: $0, as: UTF8.self) } ?? "")
    }
}
