import ChatModel

/// One readable text of a month.
///
///     [2021-09-04 15:03:55] 张伟: text
///       more lines of the same message
///     [2021-09-04 15:04:10] 张伟: <image: 12,345 bytes> its caption
///     [2021-09-04 15:06:31] 李雷: <file: 合同.pdf, missing: the export does not contain the file>
///     [2021-09-04 15:07:02] 李雷: text (no longer at the source; last seen 2021-09-05 08:00)
struct Transcript {
    private var clock: WallClock
    private var seenClock: WallClock
    private let month: Month
    private var bytes: [UInt8] = []
    private var newest = Timestamp.plausible.lowerBound

    /// The text so far, and when its newest message was sent.
    var rendered: RenderedTranscript { RenderedTranscript(bytes: bytes, newest: newest) }

    init(of month: Month, in zone: Zone) {
        self.month = month
        clock = WallClock(zone)
        seenClock = WallClock(zone)
    }

    /// Appends the messages of the month that segments have. `name` is a sender's name as people read it.
    mutating func add(_ segments: [Segment], _ name: (PersonID) -> String) {
        let names = segments.map { segment in segment.senders.map { Array(Self.oneLine(name($0)).utf8) } }
        for place in Segment.linesByTime(of: segments) {
            let (segment, senders) = (segments[place.segment], names[place.segment])
            let line = segment.lines[place.line]
            let wall = clock.civilTime(at: line.time)
            guard Month(of: wall) == month else { continue }
            newest = max(newest, line.time)
            bytes.append(UInt8(ascii: "["))
            WallClock.append(wall, to: &bytes, separator: UInt8(ascii: " "), timeSeparator: UInt8(ascii: ":"))
            bytes.append(contentsOf: "] ".utf8)
            if line.sender >= 0 {
                bytes.append(contentsOf: senders[Int(line.sender)])
                bytes.append(contentsOf: ": ".utf8)
            }
            appendContent(of: line, segment)
            appendMark(line)
            bytes.append(0x0A)
        }
    }

    private mutating func appendContent(of line: Segment.Line, _ segment: Segment) {
        var needsSpace = false
        for attachment in segment.attachments[Int(line.attachments.lowerBound)..<Int(line.attachments.upperBound)] {
            if needsSpace { bytes.append(UInt8(ascii: " ")) }
            bytes.append(contentsOf: Self.words(attachment, line.kind).utf8)
            needsSpace = true
        }
        guard line.hasTextFile else { return }
        if needsSpace { bytes.append(UInt8(ascii: " ")) }
        var rest = segment.slice(line.text).dropLast()
        while let end = rest.firstIndex(of: 0x0A) {
            bytes.append(contentsOf: rest[...end])
            bytes.append(contentsOf: [0x20, 0x20])
            rest = rest[(end + 1)...]
        }
        bytes.append(contentsOf: rest)
    }

    private mutating func appendMark(_ line: Segment.Line) {
        guard let gone = line.gone else { return }
        bytes.append(contentsOf: " (no longer at the source; last seen ".utf8)
        var seen: [UInt8] = []
        WallClock.append(
            seenClock.civilTime(at: gone), to: &seen, separator: UInt8(ascii: " "), timeSeparator: UInt8(ascii: ":"))
        bytes.append(contentsOf: seen.dropLast(3))
        bytes.append(UInt8(ascii: ")"))
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
struct RenderedTranscript: Sendable {
    let bytes: [UInt8]
    /// Sent time of the newest message.
    let newest: Timestamp
}
