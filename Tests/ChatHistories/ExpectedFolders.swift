package import ChatModel
internal import ChatArchive
import Foundation

/// What a path of a tree should be.
package enum Expected: Sendable {
    /// A folder, with the times that it may have: one, or none that is known.
    case folder(times: [Timestamp])
    /// `tie`: nanoseconds after the time.
    case file([UInt8], time: Timestamp, tie: Int = 0)
    case link([UInt8])
}

/// The folders of a history, computed the slow and simple way: every path with all its bytes.
///
/// Nothing of the real tree is used but `SafeName`. Paths are bytes, as names that look alike may differ.
package struct ExpectedFolders {
    private let history: History
    private let calendar: Calendar
    private var paths: [[UInt8]: Expected] = [:]

    /// The paths below a snapshot's folder, without `original/`.
    package static func ofSnapshot(_ index: Int, of history: History) -> [[UInt8]: Expected] {
        var folders = ExpectedFolders(history)
        folders.add(index)
        return folders.paths
    }

    /// A snapshot's name, apart from the number that makes equal ones differ.
    package static func name(of time: Timestamp, in zone: Zone) -> String {
        ExpectedFolders(History(archiveZone: zone, viewZone: zone)).stamp(time, "_", "-")
    }

    private init(_ history: History) {
        self.history = history
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: history.viewZone.name) ?? .gmt
        self.calendar = calendar
    }

    private mutating func add(_ index: Int) {
        let time = history.backups[index].time
        for view in ["conversations", "media", "transcripts", "contacts"] {
            paths[Array(view.utf8)] = .folder(times: [time])
        }
        addContacts(time)
        var taken: Set<String> = []
        for conversation in history.conversations {
            let title = conversation.title.isEmpty ? conversation.id.text : conversation.title
            let folder = SafeName.unique(
                SafeName.makeWhole(title, limit: ArchiveLayout.folderNameLimit), taken: &taken,
                limit: ArchiveLayout.folderNameLimit, ignoringCase: true)
            addConversation(folder, ExpectedMessage.all(of: conversation.id, in: history, upTo: index))
        }
    }

    private mutating func addConversation(_ folder: String, _ messages: [ExpectedMessage]) {
        let newest = messages.map(\.message.time).max()
        paths[path("conversations", folder)] = .folder(times: [newest ?? Timestamp(milliseconds: 0)])
        guard let newest else { return }
        paths[path("transcripts", folder)] = .folder(times: [newest])
        let hasMedia = messages.contains { !$0.message.attachments.isEmpty }
        if hasMedia { paths[path("media", folder)] = .folder(times: [newest]) }
        var months: [String: [ExpectedMessage]] = [:]
        // Then the end of a month's segment says little of the month that is shown.
        let hasOtherClocks =
            history.archiveZone != history.viewZone || messages.contains { $0.message.wallTime != nil }
        for message in messages { months[month(message.message.time), default: []].append(message) }
        for (month, messages) in months {
            let newest = messages.map(\.message.time).max() ?? newest
            var times = [newest]
            if hasOtherClocks, let last = lastMoment(of: month) { times.append(last) }
            paths[path("conversations", folder, month)] = .folder(times: times)
            paths[path("transcripts", folder, month + ".txt")] = .file(transcript(messages), time: newest)
            let files = named(files(of: messages))
            for (name, file) in files {
                paths[path("conversations", folder, month) + [0x2F] + name] = .file(
                    file.content, time: file.time, tie: file.tie)
                guard !file.isText else { continue }
                paths[path("media", folder, month)] = .folder(times: times)
                paths[path("media", folder, month) + [0x2F] + name] = .file(
                    file.content, time: file.time, tie: file.tie)
            }
        }
    }

    // MARK: Files of messages

    private struct File {
        var stem: [UInt8]
        var suffix: [UInt8]
        var content: [UInt8]
        var time: Timestamp
        var isText: Bool
        var tie = 0
    }

    /// Messages that a clock shows in one second have their place in it in their names; those of one millisecond in one segment
    /// differ by nanoseconds.
    private func files(of messages: [ExpectedMessage]) -> [File] {
        var seconds: [String: [ExpectedMessage]] = [:]
        var ties: [String: Int] = [:]
        var files: [(tie: Int, second: String, place: Int, message: ExpectedMessage)] = []
        for message in messages {
            let time = message.message.time
            let second = stamp(time, "_", "-")
            seconds[second, default: []].append(message)
            let segment = message.message.wallTime.map { Month(of: $0) } ?? history.archiveZone.month(of: time)
            let moment = "\(segment) \(time.milliseconds)"
            files.append((ties[moment, default: 0], second, seconds[second]?.count ?? 0, message))
            ties[moment, default: 0] += 1
        }
        return files.flatMap { tie, second, place, message in
            let count = seconds[second]?.count ?? 0
            let digits = String(place)
            let width = max(2, String(count).count)
            let ordinal = count > 1 ? "-" + String(repeating: "0", count: width - digits.count) + digits : ""
            return self.files(of: message, start: second + ordinal).map { file in
                var file = file
                file.tie = tie
                return file
            }
        }
    }

    private func files(of message: ExpectedMessage, start: String) -> [File] {
        var start = start
        var room = 255 - 19 - 2 - 13
        if let sender = message.message.sender {
            let mark = self.mark(of: sender)
            let name = SafeName.make(self.name(of: sender), limit: 90 - mark.utf8.count) + mark
            start += "_" + name
            room -= name.utf8.count
        }
        var files: [File] = []
        if let text = message.shownText {
            files.append(
                File(
                    stem: Array(start.utf8), suffix: Array(".txt".utf8), content: Array((text + "\n").utf8),
                    time: message.message.time, isText: true))
        }
        for (attachment, content) in zip(message.message.attachments, message.contents) {
            var stem = start
            var suffix = self.suffix(of: attachment, message.message.kind)
            let bytes: [UInt8]
            switch content {
            case .here(let content):
                bytes = content
                var own = attachment.name
                if own.lowercased().hasSuffix(suffix) { own = String(own.dropLast(suffix.count)) }
                let isNamed = ![.image, .video, .voice, .sticker, .animation].contains(message.message.kind)
                if isNamed, !own.isEmpty { stem += "_" + SafeName.make(own, limit: room - suffix.utf8.count) }
            case .missing(let reason):
                suffix = ".missing.txt"
                let kind = message.message.kind.rawValue
                let own = attachment.name.isEmpty ? kind : attachment.name
                stem += "_" + SafeName.make(own, limit: room - suffix.utf8.count)
                let quoted = attachment.name.isEmpty ? "" : "'\(attachment.name)' "
                bytes = Array("The \(kind) \(quoted)is not here: \(reason).\n".utf8)
            }
            files.append(
                File(
                    stem: Array(stem.utf8), suffix: Array(suffix.utf8), content: bytes, time: message.message.time,
                    isText: false))
        }
        return files
    }

    private func suffix(of attachment: Attachment, _ kind: Message.Kind) -> String {
        let parts = attachment.name.components(separatedBy: ".")
        if parts.count > 1, let last = parts.last?.lowercased(), parts.dropLast().joined(separator: ".") != "",
            (1...8).contains(last.count),
            last.utf8.allSatisfy({ "abcdefghijklmnopqrstuvwxyz0123456789".utf8.contains($0) })
        {
            return "." + last
        }
        if attachment.mediaType == "image/jpeg" { return ".jpg" }
        let usual: [Message.Kind: String] = [
            .image: ".jpg", .video: ".mp4", .voice: ".ogg", .sticker: ".webp", .animation: ".mp4", .contact: ".vcf",
        ]
        return usual[kind] ?? ".bin"
    }

    /// Gives equal names numbers, in the order of the messages.
    private func named(_ files: [File]) -> [[UInt8]: File] {
        var groups: [[UInt8]: [File]] = [:]
        for file in files { groups[file.stem + file.suffix, default: []].append(file) }
        var result: [[UInt8]: File] = [:]
        for (name, files) in groups.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            result[name] = files[0]
            var number = 2
            for file in files.dropFirst() {
                var candidate: [UInt8]
                repeat {
                    candidate = file.stem + Array("-\(number)".utf8) + file.suffix
                    number += 1
                } while groups[candidate] != nil || result[candidate] != nil
                result[candidate] = file
            }
        }
        return result
    }

    // MARK: Transcripts and contacts

    private func transcript(_ messages: [ExpectedMessage]) -> [UInt8] {
        var text = ""
        for message in messages {
            text += "[\(stamp(message.message.time, " ", ":"))] "
            let marks = self.marks(of: message, among: messages)
            if let sender = message.message.sender {
                text += ([oneLine(name(of: sender)) + mark(of: sender)] + marks).joined(separator: " ") + ": "
            } else {
                text += marks.map { $0 + " " }.joined()
            }
            var parts: [String] = []
            for (attachment, content) in zip(message.message.attachments, message.contents) {
                let name = attachment.name.isEmpty ? "" : oneLine(attachment.name) + ", "
                switch content {
                case .here(let bytes):
                    let count =
                        bytes.count >= 1000
                        ? "\(bytes.count / 1000),\(String(format: "%03d", bytes.count % 1000))" : "\(bytes.count)"
                    parts.append("<\(message.message.kind.rawValue): \(name)\(count) bytes>")
                case .missing(let reason):
                    parts.append("<\(message.message.kind.rawValue): \(name)missing: \(oneLine(reason))>")
                }
            }
            if let shown = message.shownText {
                let breaks = /\r\n|[\n\u{B}\u{C}\r\u{85}\u{2028}\u{2029}]/.matchingSemantics(.unicodeScalar)
                parts.append(shown.replacing(breaks) { $0.output + "  " })
            }
            text += parts.joined(separator: " ")
            if let gone = message.gone {
                let isEdited = messages.contains { message.wasEdited(into: $0) }
                let reason = isEdited ? "earlier wording" : "no longer at the source"
                text += " (\(reason); last seen \(stamp(gone, " ", ":").dropLast(3)))"
            }
            text += "\n"
        }
        return Array(text.utf8)
    }

    /// In brackets: from whom it was forwarded, what it answers, whether it is another wording of what was there before.
    private func marks(of expected: ExpectedMessage, among messages: [ExpectedMessage]) -> [String] {
        let message = expected.message
        var words: [String] = []
        if let name = message.forwardedFrom {
            words.append(name.isEmpty ? "forwarded" : "forwarded from \(oneLine(name))")
        }
        if let id = message.replyTo {
            let answered = messages.last { $0.message.id == id }?.message.time
            words.append(answered.map { "reply to \(stamp($0, " ", ":"))" } ?? "reply to message \(id.text)")
        }
        if messages.contains(where: { $0.wasEdited(into: expected) }) { words.append("edited") }
        return words.isEmpty ? [] : ["(\(words.joined(separator: "; ")))"]
    }

    private mutating func addContacts(_ time: Timestamp) {
        var taken: Set<String> = []
        for person in history.people {
            let name = person.name.isEmpty ? person.id.text : person.name
            let file = SafeName.unique(SafeName.makeWhole(name, limit: 200) + ".vcf", taken: &taken)
            var card = "BEGIN:VCARD\r\nVERSION:4.0\r\n"
            card += folded("UID:urn:chatark:\(person.id.text)") + folded("FN:\(escaped(name))")
            for phone in person.phones { card += folded("TEL;VALUE=text:\(escaped(phone))") }
            for handle in person.handles { card += folded("X-CHAT-HANDLE:\(escaped(handle))") }
            paths[path("contacts", file)] = .file(Array((card + "END:VCARD\r\n").utf8), time: time)
        }
    }

    private func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", ",", ";": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value): break
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private func folded(_ line: String) -> String {
        var lines = [""]
        for scalar in line.unicodeScalars {
            if lines[lines.count - 1].utf8.count + UTF8.width(scalar) > 75 { lines.append(" ") }
            lines[lines.count - 1].unicodeScalars.append(scalar)
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    // MARK: Small things

    private func name(of person: PersonID) -> String {
        let name = history.people.first { $0.id == person }?.name ?? ""
        return name.isEmpty ? person.text : name
    }

    /// What tells people of one name apart: no conversation says who its members are.
    private func mark(of person: PersonID) -> String {
        let name = history.people.first { $0.id == person }?.name ?? ""
        return !name.isEmpty && history.people.count { $0.name == name } > 1 ? "@\(person.text)" : ""
    }

    private func oneLine(_ text: String) -> String { String(text.map { $0.isNewline ? " " : $0 }) }

    private func path(_ parts: String...) -> [UInt8] { Array(parts.joined(separator: "/").utf8) }

    private func month(_ time: Timestamp) -> String { String(stamp(time, " ", ":").prefix(7)) }

    private func lastMoment(of month: String) -> Timestamp? {
        let fields = month.split(separator: "-").compactMap { Int($0) }
        let next = DateComponents(year: fields[0] + fields[1] / 12, month: fields[1] % 12 + 1, day: 1)
        return calendar.date(from: next).map { Timestamp(milliseconds: Int64($0.timeIntervalSince1970) * 1000 - 1) }
    }

    /// The wall time, by the system's calendar.
    private func stamp(_ time: Timestamp, _ separator: String, _ timeSeparator: String) -> String {
        let parts = calendar.dateComponents(
            [.year, .month, .day, .hour, .minute, .second], from: Date(timeIntervalSince1970: Double(time.seconds)))
        let date = [(parts.year, 4), (parts.month, 2), (parts.day, 2)].map(padded).joined(separator: "-")
        return date + separator
            + [(parts.hour, 2), (parts.minute, 2), (parts.second, 2)].map(padded).joined(separator: timeSeparator)
    }

    private func padded(_ field: (value: Int?, width: Int)) -> String {
        let digits = String(field.value ?? 0)
        return String(repeating: "0", count: max(0, field.width - digits.count)) + digits
    }
}
