package import ChatModel
package import SeededRandom

/// What sources gave at several times: the input of backups, and of the reference model.
package struct History: Sendable {
    /// A row that a source gives.
    package struct Row: Sendable {
        package var conversation: ConversationID
        package var message: Message

        /// A row.
        package init(conversation: ConversationID, message: Message) {
            self.conversation = conversation
            self.message = message
        }
    }

    /// What the source has at a time.
    package struct Backup: Sendable {
        package var time: Timestamp
        package var rows: [Row]
        /// Paths of the attachments that are there.
        package var files: Set<String>

        /// What a source has.
        package init(time: Timestamp, rows: [Row], files: Set<String>) {
            self.time = time
            self.rows = rows
            self.files = files
        }
    }

    /// By whose months the archive cuts its segments.
    package var archiveZone: Zone
    /// Of the names that are shown.
    package var viewZone: Zone
    package var people: [Person]
    package var conversations: [Conversation]
    package var backups: [Backup]
    /// The content of every attachment by its path; the same at all times.
    package var contents: [String: [UInt8]]

    /// An empty history.
    package init(archiveZone: Zone, viewZone: Zone) {
        self.archiveZone = archiveZone
        self.viewZone = viewZone
        people = []
        conversations = []
        backups = []
        contents = [:]
    }
}

extension History {
    /// A history of at most `size` messages a conversation, with everything that has ever been trouble.
    package static func random(using numbers: inout SeededGenerator, size: Int = 30) -> History {
        let archiveZone = numbers.one(of: zones)
        var generator = HistoryGenerator(
            numbers: numbers,
            history: History(
                archiveZone: archiveZone, viewZone: numbers.chance(60) ? archiveZone : numbers.one(of: zones)))
        generator.run(size: size)
        numbers = generator.numbers
        return generator.history
    }

    private static let zones = [
        "UTC", "Asia/Shanghai", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Apia",
        "Pacific/Kiritimati", "America/St_Johns", "Australia/Lord_Howe", "Asia/Pyongyang", "Pacific/Pago_Pago",
    ].compactMap { Zone(named: $0) }
}

private struct HistoryGenerator {
    var numbers: SeededGenerator
    var history: History
    private var nextID = 0

    init(numbers: SeededGenerator, history: History) {
        self.numbers = numbers
        self.history = history
    }

    mutating func run(size: Int) {
        for index in 0..<Int.random(in: 0...6, using: &numbers) {
            var person = Person(id: PersonID("p\(index)"), name: numbers.one(of: Self.names))
            person.isSelf = index == 0
            if numbers.chance(30) { person.phones = ["+86 138 0000 000\(index)"] }
            if numbers.chance(30) { person.handles = [numbers.one(of: Self.names)].filter { !$0.isEmpty } }
            history.people.append(person)
        }
        for index in 0..<Int.random(in: 0...4, using: &numbers) {
            history.conversations.append(
                Conversation(
                    id: ConversationID("c\(index)"), title: numbers.one(of: Self.names),
                    kind: numbers.one(of: Conversation.Kind.allCases), app: "test"))
        }
        for index in 0..<Int.random(in: 1...6, using: &numbers) {
            let length = numbers.one(of: [0, 1, 7, 100, 1000, 5000])
            history.contents["files/f\(index)"] = numbers.bytes(length)
        }
        var time = Timestamp(milliseconds: Int64.random(in: 1_500_000_000_000...1_800_000_000_000, using: &numbers))
        var rows: [History.Row] = []
        for conversation in history.conversations where !numbers.chance(15) {
            rows += messages(size).map { History.Row(conversation: conversation.id, message: $0) }
        }
        for _ in 0..<Int.random(in: 1...3, using: &numbers) {
            let files = history.contents.keys.sorted().filter { _ in numbers.chance(80) }
            history.backups.append(History.Backup(time: time, rows: rows, files: Set(files)))
            time = Timestamp(milliseconds: time.milliseconds + Int64.random(in: 0...90_000_000, using: &numbers) + 1)
            if !numbers.chance(25) { change(&rows, size) }
        }
    }

    private mutating func change(_ rows: inout [History.Row], _ size: Int) {
        rows.removeAll { _ in numbers.chance(10) }
        for index in rows.indices where rows[index].message.id != nil && numbers.chance(10) {
            let message = rows[index].message
            // Words for a voice or a sticker that had none are no edit.
            if message.text.isEmpty, message.kind == .voice || message.kind == .sticker { continue }
            rows[index].message.text = text() + " edited"
        }
        for conversation in history.conversations where numbers.chance(50) {
            rows += messages(size / 3).map { History.Row(conversation: conversation.id, message: $0) }
        }
    }

    private mutating func messages(_ limit: Int) -> [Message] {
        let style = Int.random(in: 0..<5, using: &numbers)
        let base = Int64.random(in: 0...4_294_967_295_999, using: &numbers)
        var list: [Message] = []
        for index in 0..<Int.random(in: 0...max(limit, 1), using: &numbers) {
            let milliseconds: Int64 =
                switch style {
                case 0: Int64.random(in: 0...4_294_967_295_999, using: &numbers)
                case 1: base / 1000 * 1000 + Int64.random(in: 0..<1500, using: &numbers)
                case 2: base + Int64(index) * 36_000_000
                case 3: monthBoundary(near: base) + Int64.random(in: -90_000...90_000, using: &numbers) * 1000
                default: base + Int64(index) * Int64.random(in: 0...3_000_000, using: &numbers)
                }
            list.append(message(at: Timestamp(milliseconds: min(max(milliseconds, 0), 4_294_967_295_999))))
            // The same row again is another message, when the platform gives no identifiers.
            if let last = list.last, last.id == nil, last.attachments.isEmpty, numbers.chance(10) { list.append(last) }
        }
        return list
    }

    private func monthBoundary(near milliseconds: Int64) -> Int64 {
        let wall = CivilTime(secondsSince1970: milliseconds / 1000)
        return (CivilTime(year: wall.year, month: wall.month, day: 1)?.secondsSince1970 ?? 0) * 1000
    }

    private mutating func message(at time: Timestamp) -> Message {
        var message = Message(time: time)
        nextID += 1
        if numbers.chance(85) { message.id = MessageID("\(nextID)") }
        if !numbers.chance(10) {
            message.sender =
                numbers.chance(10) || history.people.isEmpty
                ? PersonID(numbers.one(of: ["ghost", "user 17", "某人", "-x"])) : numbers.one(of: history.people).id
        }
        message.kind = numbers.chance(60) ? .text : numbers.one(of: Message.Kind.allCases)
        if !numbers.chance(20) { message.text = text() }
        if numbers.chance(25) {
            for _ in 0..<Int.random(in: 1...3, using: &numbers) { message.attachments.append(attachment()) }
        }
        if numbers.chance(10) { message.raw = Array(#"{"a":[1,"é \" \\"],"b":null}"#.utf8) }
        if numbers.chance(5) { message.replyTo = MessageID("1") }
        if numbers.chance(5) { message.forwardedFrom = numbers.one(of: Self.names) }
        if message.id != nil, numbers.chance(20) { message.wallTime = CivilTime(secondsSince1970: time.seconds) }
        return message
    }

    private mutating func text() -> String {
        let pieces = (0..<Int.random(in: 0...8, using: &numbers)).map { _ in numbers.one(of: Self.words) }
        let text = pieces.joined(separator: numbers.one(of: [" ", "\n", "", "\r\n", "\n\n"]))
        return numbers.chance(3) ? String(repeating: text + "长", count: 300) : text
    }

    private mutating func attachment() -> Attachment {
        let path = numbers.chance(5) ? "files/never" : "files/f\(Int.random(in: 0..<7, using: &numbers))"
        let content: Attachment.Content =
            switch Int.random(in: 0..<10, using: &numbers) {
            case 0: .missing(reason: numbers.one(of: ["the phone did not have it", "不在\n这里", ""]))
            case 1, 2: .entry(container: "chat.zip", name: path)
            default: .file(path: path)
            }
        return Attachment(
            name: numbers.one(of: Self.fileNames), mediaType: numbers.one(of: ["", "image/jpeg", "application/x-odd"]),
            content: content)
    }

    private static let names = [
        "张伟", "张伟", "我", "Ελένη", "Иван Петров", "محمد علي", "דנה", "नेहा शर्मा", "สมชาย", "ジョン・スミス", "김민수",
        "👨‍👩‍👧‍👦 family", "Jos\u{E9}", "Jose\u{301}", "a/b", "..", ".", "-rf *", "$(reboot)", "", " ", "\u{1}\u{2}\u{7F}",
        "two\nlines", "nul\u{0}byte", "\u{202E}evil", "C:\\x", "it's \"quoted\"", "\u{FEFF}bom", "\u{3000}", "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        String(repeating: "很长的名字", count: 40), String(repeating: "x", count: 400),
        "e" + String(repeating: "\u{301}", count: 200),
    ]
    private static let words = [
        "hello", "你好", "\u{0}", "\u{1B}[31m", "\u{7}", "tab\there", "مرحبا", "🙂", "👩🏽‍🚀", "line\nbreak", "\"quoted\\\"",
        "a/b",
        "\u{2028}", "\u{FEFF}", "\u{10FFFF}", "e\u{301}", "[2021-09-04 15:03:55] fake: message",
    ]
    private static let fileNames = [
        "", "", "photo.jpg", "IMG_1.JPEG", "合同.pdf", "no extension", ".hidden", "archive.tar.gz", "what? now!.txt",
        "with/slash.png", "new\nline.doc", "x.toolongextension", "dots..", "UPPER.PDF", "图.PNG", "-dash.mp4", "a.é",
        String(repeating: "长", count: 120) + ".docx", String(repeating: "y", count: 300) + ".bin", "..",
        "2.missing.txt",
    ]
}
