import ChatArchive
import ChatModel
import JSON
import Search

/// Shows the messages that a search finds: on two lines each, or as JSON.
///
///     conversations/李雷/2021-09/2021-09-04_15-03-55_李雷.txt
///       [2021-09-04 15:03:55] 李雷 (forwarded from 张伟): … the words around what was found … (no longer at the source; last seen …)
///
/// What was edited since is marked `(earlier wording; last seen …)`, and what it became `(edited)`.
struct SearchReport {
    let query: TextQuery
    let tree: FolderTree
    let zone: Zone
    let isJSON: Bool
    let isCounting: Bool

    /// Shows a message. The path is nil where it has no file, or its name is not known.
    func show(_ line: MessageLine, as shown: ShownMessage, inFolder folder: String) throws {
        let name = try line.message.sender.map { try tree.name(of: $0, inFolder: folder) } ?? ""
        Progress.pausing {
            if isJSON {
                json(line, sender: name, shown, folder)
            } else {
                Output.line(Table.printable(shown.path ?? folder))
                Output.line("  " + Table.printable(words(line, sender: name, shown)))
            }
        }
    }

    private func words(_ line: MessageLine, sender: String, _ shown: ShownMessage) -> String {
        let message = line.message
        var marks: [String] = []
        if let name = message.forwardedFrom { marks.append(name.isEmpty ? "forwarded" : "forwarded from \(name)") }
        if let id = message.replyTo { marks.append("reply to message \(id.text)") }
        if let edited = message.edited {
            marks.append("edited \(minute(edited))")
        } else if shown.isEdited {
            marks.append("edited")
        }
        let mark = marks.isEmpty ? "" : "(\(marks.joined(separator: "; ")))"
        let head = [sender, mark].filter { !$0.isEmpty }.joined(separator: " ")
        let reason = shown.isEarlierWording ? "earlier wording" : "no longer at the source"
        let gone = line.gone.map { " (\(reason); last seen \(minute($0)))" } ?? ""
        let time = "[\(Dates.text(message.time, in: zone))] "
        return time + head + (sender.isEmpty ? mark.isEmpty ? "" : " " : ": ") + text(of: message) + gone
    }

    private func minute(_ moment: Timestamp) -> String { String(Dates.text(moment, in: zone).dropLast(3)) }

    private func text(of message: Message) -> String {
        var text = message.text
        if text.isEmpty, message.attachments.isEmpty, message.kind != .text {
            text = "[\(message.kind.rawValue)] " + String(decoding: message.raw ?? [], as: UTF8.self)
        }
        // The text of a file is often its name.
        for name in message.attachments.map(\.name) where !name.isEmpty && !text.contains(name) {
            text += text.isEmpty ? name : " " + name
        }
        return Excerpt.of(String(text.map { $0.isNewline ? " " : $0 }), around: query.firstMatch)
    }

    private func json(_ line: MessageLine, sender: String, _ shown: ShownMessage, _ folder: String) {
        let message = line.message
        Output.json { json in
            json.beginObject()
            for (key, value) in [
                ("conversation", folder), ("sender", sender), ("kind", message.kind.rawValue), ("text", message.text),
                ("path", shown.path ?? ""),
            ] {
                json.key(key)
                json.string(value)
            }
            json.key("time")
            json.int(message.time.milliseconds)
            json.optionalStrings("files", message.attachments.map(\.name).filter { !$0.isEmpty })
            let texts: [(StaticString, String?)] = [
                ("sender_id", message.sender?.text), ("id", message.id?.text),
                ("forwarded_from", message.forwardedFrom),
                ("reply_to", message.replyTo?.text),
            ]
            for case (let key, let value?) in texts {
                json.key(key)
                json.string(value)
            }
            for case (let key, let moment?) in [
                (StaticString("edited"), message.edited), (StaticString("last_seen"), line.gone),
            ] {
                json.key(key)
                json.int(moment.milliseconds)
            }
            if shown.isEarlierWording || shown.isEdited {
                json.key("wording")
                json.string(shown.isEarlierWording ? "earlier" : "later")
            }
            json.endObject()
        }
    }
}

/// As much of a long text as is read at a glance, with what was found in it.
enum Excerpt {
    /// Characters that are shown whole.
    private static let limit = 240
    /// Those before what was found.
    private static let before = 60

    static func of(_ text: String, around match: (String) -> Range<Int>?) -> String {
        guard text.count > limit else { return text }
        let found = match(text) ?? 0..<0
        let end = min(text.count, max(found.lowerBound - before, 0) + limit)
        let start = max(0, end - limit)
        return (start > 0 ? "…" : "") + String(text.dropFirst(start).prefix(limit)) + (end < text.count ? "…" : "")
    }
}
