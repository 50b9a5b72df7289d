public import ChatModel

/// One readable text of a month.
///
///     [2021-09-04 15:03:55] 张伟: text
///       more lines of the same message
///     [2021-09-04 15:04:10] 张伟: <image: 12,345 bytes> its caption
///     [2021-09-04 15:06:31] 李雷: <file: 合同.pdf, missing: the export does not contain the file>
///     [2021-09-04 15:07:02] 李雷: text (no longer at the source; last seen 2021-09-05 08:00)
///     [2021-09-04 15:07:09] 李雷: wording before an edit (earlier wording; last seen 2021-09-05 08:00)
///     [2021-09-04 15:07:09] 李雷 (edited): the wording after it
///     [2021-09-04 15:07:40] 李雷 (forwarded from 张伟): text of another
///     [2021-09-04 15:08:02] 李雷 (reply to 2021-09-04 15:03:55; edited 2021-09-04 15:09): text
///
/// What may be taken for the beginning of a message begins a line only there: a message's further lines are indented, whatever
/// ends them.
struct Transcript {
    private var clock: WallClock
    private var seenClock: WallClock
    private let month: Month
    private var bytes: [UInt8] = []
    private(set) var counts = RenderedTranscript.Counts()
    private var newest = Timestamp.plausible.lowerBound
    private var senders: [PersonID] = []

    /// The text so far, and when its newest message was sent.
    var rendered: RenderedTranscript {
        RenderedTranscript(bytes: bytes, newest: newest, counts: counts, senders: senders)
    }

    init(of month: Month, in zone: Zone) {
        self.month = month
        clock = WallClock(zone)
        seenClock = WallClock(zone)
    }

    /// Appends the messages of the month, and of `span`, that segments have. `name` is a sender's name as people read it. Of a
    /// span, who sent something is noted.
    mutating func add(
        _ segments: [Segment], within span: Range<Timestamp>? = nil, _ name: (PersonID) -> String
    ) {
        let answered = times(ofAnsweredIn: segments, within: span)
        let names = segments.map { segment in segment.senders.map { Array(Self.oneLine(name($0)).utf8) } }
        var sent = segments.map { [Bool](repeating: false, count: span == nil ? 0 : $0.senders.count) }
        for place in Segment.linesByTime(of: segments) {
            let (segment, senders) = (segments[place.segment], names[place.segment])
            let line = segment.lines[place.line]
            let wall = clock.civilTime(at: line.time)
            guard Month(of: wall) == month, span?.contains(line.time) ?? true else { continue }
            newest = max(newest, line.time)
            bytes.append(UInt8(ascii: "["))
            WallClock.append(wall, to: &bytes, separator: UInt8(ascii: " "), timeSeparator: UInt8(ascii: ":"))
            bytes.append(contentsOf: "] ".utf8)
            if line.sender >= 0 {
                bytes.append(contentsOf: senders[Int(line.sender)])
            }
            if let mark = segment.mark(of: line) {
                if line.sender >= 0 { bytes.append(UInt8(ascii: " ")) }
                appendWords(of: mark, segment, answered)
                if line.sender < 0 { bytes.append(UInt8(ascii: " ")) }
            }
            if line.sender >= 0 { bytes.append(contentsOf: ": ".utf8) }
            appendContent(of: line, segment)
            appendGone(line)
            bytes.append(0x0A)
            counts.messages += 1
            if line.gone != nil { if line.isEarlierWording { counts.earlier += 1 } else { counts.gone += 1 } }
            if span != nil, line.sender >= 0 { sent[place.segment][Int(line.sender)] = true }
        }
        for (segment, sent) in zip(segments, sent) {
            for (sender, sent) in zip(segment.senders, sent) where sent && !senders.contains(sender) {
                senders.append(sender)
            }
        }
    }

    private mutating func appendContent(of line: Segment.Line, _ segment: Segment) {
        var needsSpace = false
        for attachment in segment.attachments[Int(line.attachments.lowerBound)..<Int(line.attachments.upperBound)] {
            if needsSpace { bytes.append(UInt8(ascii: " ")) }
            bytes.append(contentsOf: Self.words(attachment, line.kind).utf8)
            needsSpace = true
            if case .missing = attachment.content { counts.missing += 1 }
        }
        guard line.hasTextFile else { return }
        if needsSpace { bytes.append(UInt8(ascii: " ")) }
        let text = segment.slice(line.text).dropLast()
        var start = text.startIndex
        var position = start
        while position < text.endIndex {
            let count = Self.lineEnd(in: text, at: position)
            position += max(count, 1)
            guard count > 0 else { continue }
            bytes.append(contentsOf: text[start..<position])
            bytes.append(contentsOf: [0x20, 0x20])
            start = position
        }
        bytes.append(contentsOf: text[start...])
    }

    /// Bytes of what ends a line, somewhere: line feed, vertical tab, form feed, carriage return, NEL, and Unicode's separators of
    /// lines and of paragraphs; 0 where nothing does.
    private static func lineEnd(in text: ArraySlice<UInt8>, at position: Int) -> Int {
        switch text[position] {
        case 0x0D: position + 1 < text.endIndex && text[position + 1] == 0x0A ? 2 : 1
        case 0x0A, 0x0B, 0x0C: 1
        case 0xC2: position + 1 < text.endIndex && text[position + 1] == 0x85 ? 2 : 0
        case 0xE2:
            position + 2 < text.endIndex && text[position + 1] == 0x80 && text[position + 2] & 0xFE == 0xA8 ? 3 : 0
        default: 0
        }
    }

    private mutating func appendGone(_ line: Segment.Line) {
        guard let gone = line.gone else { return }
        let reason = line.isEarlierWording ? "earlier wording" : "no longer at the source"
        bytes.append(contentsOf: " (\(reason); last seen ".utf8)
        append(gone, toMinute: true)
        bytes.append(UInt8(ascii: ")"))
    }

    private mutating func append(_ moment: Timestamp, toMinute: Bool) {
        WallClock.append(
            seenClock.civilTime(at: moment), to: &bytes, separator: UInt8(ascii: " "), timeSeparator: UInt8(ascii: ":"))
        if toMinute { bytes.removeLast(3) }
    }

    private mutating func appendWords(
        of mark: Segment.Mark, _ segment: Segment, _ answered: [ArraySlice<UInt8>: Timestamp]
    ) {
        var opening = "("
        func next() -> String.UTF8View {
            defer { opening = "; " }
            return opening.utf8
        }
        if let range = mark.forwardedFrom {
            let name = Self.oneLine(String(decoding: segment.slice(range), as: UTF8.self))
            bytes.append(contentsOf: next())
            bytes.append(contentsOf: (name.isEmpty ? "forwarded" : "forwarded from \(name)").utf8)
        }
        if let range = mark.replyTo {
            bytes.append(contentsOf: next())
            if let time = answered[segment.slice(range)] {
                bytes.append(contentsOf: "reply to ".utf8)
                append(time, toMinute: false)
            } else {
                let id = Self.oneLine(String(decoding: segment.slice(range), as: UTF8.self))
                bytes.append(contentsOf: "reply to message \(id)".utf8)
            }
        }
        if let edited = mark.edited {
            bytes.append(contentsOf: next())
            bytes.append(contentsOf: "edited ".utf8)
            append(edited, toMinute: true)
        } else if mark.isEdited {
            bytes.append(contentsOf: next())
            bytes.append(contentsOf: "edited".utf8)
        }
        bytes.append(UInt8(ascii: ")"))
    }

    /// When the messages were sent that others answer, as far as they stand in the same text, by their identifiers.
    private mutating func times(
        ofAnsweredIn segments: [Segment], within span: Range<Timestamp>?
    ) -> [ArraySlice<UInt8>: Timestamp] {
        var wanted: Set<ArraySlice<UInt8>> = []
        for segment in segments {
            for mark in segment.marks { if let id = mark.replyTo { wanted.insert(segment.slice(id)) } }
        }
        guard !wanted.isEmpty else { return [:] }
        var times: [ArraySlice<UInt8>: Timestamp] = [:]
        for segment in segments {
            for line in segment.lines where !line.id.isEmpty && wanted.contains(segment.slice(line.id)) {
                guard Month(of: clock.civilTime(at: line.time)) == month, span?.contains(line.time) ?? true else {
                    continue
                }
                times[segment.slice(line.id)] = line.time
            }
        }
        return times
    }

    private static func words(_ attachment: Attachment, _ kind: Message.Kind) -> String {
        let name = attachment.name.isEmpty ? "\(kind.rawValue): " : "\(kind.rawValue): \(oneLine(attachment.name)), "
        switch attachment.content {
        case .stored, .contained: return "<\(name)\(grouped(attachment.shownSize ?? 0)) bytes>"
        case .missing(let reason): return "<\(name)missing: \(oneLine(reason))>"
        case .file(let path): return "<\(name)\(oneLine(path))>"
        case .entry(_, let entry): return "<\(name)\(oneLine(entry))>"
        }
    }

    /// `12345` as `12,345`.
    private static func grouped(_ number: Int64) -> String {
        let digits = Array(String(number))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, digits[index - 1] != "-", (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// A name must not look like the beginning of the next message.
    private static func oneLine(_ text: String) -> String {
        text.contains(where: \.isNewline) ? String(text.map { $0.isNewline ? " " : $0 }) : text
    }
}

/// A month's transcript as a file shows it.
public struct RenderedTranscript: Sendable {
    /// What a transcript has.
    public struct Counts: Sendable, Equatable {
        /// Messages, every wording of an edited one counted.
        public var messages = 0
        /// Those that are no longer at the source, without a later wording of theirs.
        public var gone = 0
        /// Earlier wordings, which others have replaced at the source.
        public var earlier = 0
        /// Files of messages that the source did not have.
        public var missing = 0

        /// Counts, none unless said otherwise.
        public init(messages: Int = 0, gone: Int = 0, earlier: Int = 0, missing: Int = 0) {
            self.messages = messages
            self.gone = gone
            self.earlier = earlier
            self.missing = missing
        }

        /// Adds those of another transcript.
        public mutating func add(_ other: Counts) {
            messages += other.messages
            gone += other.gone
            earlier += other.earlier
            missing += other.missing
        }
    }

    /// The text.
    public let bytes: [UInt8]
    /// Sent time of the newest message.
    public let newest: Timestamp
    /// What is in it.
    public let counts: Counts
    /// Who sent something of it, each once; of the transcript of a span only.
    public let senders: [PersonID]
}
