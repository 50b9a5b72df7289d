import ChatModel
import JSON

/// A segment decoded for reading: its messages in flat arrays, their texts in one buffer, no value a message on the heap.
final class Segment: Sendable {
    /// One message.
    struct Line: Sendable {
        var time = Timestamp(milliseconds: 0)
        /// Index in `senders`, or -1.
        var sender: Int32 = -1
        var kind = Message.Kind.text
        /// Whether the text is shown as a file: there is one, or nothing else to show.
        var hasTextFile = false
        /// How many messages right before it are of the same millisecond, at most 65,535.
        var tie: UInt16 = 0
        /// The text and a newline, in `bytes`.
        var text: Range<UInt32> = 0..<0
        var attachments: Range<UInt32> = 0..<0
        /// The platform's identifier, in `bytes`.
        var id: Range<UInt32> = 0..<0
        /// Index in `marks`, or -1.
        var mark: Int32 = -1
        /// When it was last at a source, if it no longer is.
        var gone: Timestamp?
        /// Whether it is gone because a later wording has taken its place.
        var isEarlierWording = false
    }

    /// What a reader must know of a message besides its words; few have any.
    struct Mark: Sendable, Equatable {
        /// The name of whom it was forwarded from, in `bytes`; nil of a message that was not.
        var forwardedFrom: Range<UInt32>?
        /// The identifier of the message that it answers, in `bytes`.
        var replyTo: Range<UInt32>?
        /// When it was last edited, as the source says.
        var edited: Timestamp?
        /// Whether it has taken the place of an earlier wording.
        var isEdited = false
    }

    let lines: [Line]
    let marks: [Mark]
    let senders: [PersonID]
    let attachments: [Attachment]
    /// Texts and identifiers.
    let bytes: [UInt8]

    /// Memory that it takes, about.
    var cost: Int {
        bytes.capacity + lines.capacity * MemoryLayout<Line>.stride + attachments.count * 320 + senders.count * 64
            + marks.count * MemoryLayout<Mark>.stride + 500
    }

    /// The longest segment; positions in it are kept in 32 bits.
    static let limit = 1 << 31

    /// The moment, moved into the years that can be shown.
    static func plausible(_ time: Timestamp) -> Timestamp {
        min(max(time, Timestamp.plausible.lowerBound), Timestamp.plausible.upperBound)
    }

    /// Decodes a segment's plain bytes. Costs one pass, and one copy of the texts.
    init(parsing text: [UInt8], name: String) throws(ArchiveError) {
        guard text.count < Self.limit else {
            throw .damagedFile(name, line: 1, JSONError(.tooLong(limit: Self.limit), at: 0))
        }
        var decoder = Decoder()
        decoder.bytes.reserveCapacity(text.count / 2)
        do throws(JSONError) {
            try JSONReader.read(text) { (reader) throws(JSONError) in
                while try !reader.isAtEnd() {
                    try decoder.readLine(&reader, of: text)
                    reader.beginNextText()
                }
            }
        } catch {
            let line = text.prefix(error.offset).reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
            throw .damagedFile(name, line: line, error)
        }
        decoder.orderWordings()
        lines = decoder.lines
        marks = decoder.marks
        senders = decoder.senders
        attachments = decoder.attachments
        bytes = decoder.bytes
    }

    /// Where the lines of some segments are, by time. Those of one segment are in order.
    ///
    /// Segments overlap in time where a month has been cut by different clocks.
    static func linesByTime(of segments: [Segment]) -> [(segment: Int, line: Int)] {
        var places: [(segment: Int, line: Int)] = []
        places.reserveCapacity(segments.reduce(0) { $0 + $1.lines.count })
        for (index, segment) in segments.enumerated() {
            for line in segment.lines.indices { places.append((index, line)) }
        }
        guard segments.count > 1 else { return places }
        func key(_ place: (segment: Int, line: Int)) -> (Timestamp, Int, Int) {
            (segments[place.segment].lines[place.line].time, place.segment, place.line)
        }
        return places.sorted { key($0) < key($1) }
    }

    /// What a reader must know of a message besides its words; nil of most.
    func mark(of line: Line) -> Mark? { line.mark >= 0 ? marks[Int(line.mark)] : nil }

    /// The bytes of a range of `bytes`.
    func slice(_ range: Range<UInt32>) -> ArraySlice<UInt8> { bytes[Int(range.lowerBound)..<Int(range.upperBound)] }

    private struct Decoder {
        var lines: [Line] = []
        var marks: [Mark] = []
        var senders: [PersonID] = []
        var attachments: [Attachment] = []
        var bytes: [UInt8] = []
        /// Those of `lines` that are gone and have an identifier.
        private var gone: [Int] = []
        private var positions: [String: Int32] = [:]
        /// The first senders that came: most conversations have no more, and comparing them costs less than hashing.
        private var firstSenders: [[UInt8]] = []
        private static let firstSenderLimit = 8

        mutating func readLine(_ reader: inout JSONReader, of text: [UInt8]) throws(JSONError) {
            var line = Line()
            var raw = 0..<0
            var isMessage = false
            var hasText = false
            var mark = Mark()
            let firstAttachment = UInt32(attachments.count)
            line.attachments = firstAttachment..<firstAttachment
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "time":
                    line.time = Segment.plausible(Timestamp(milliseconds: try reader.readInt64()))
                    isMessage = true
                case "text":
                    line.text = append(try reader.readUTF8())
                    hasText = !line.text.isEmpty
                    if hasText { line.text = line.text.lowerBound..<endLine() }
                case "from": line.sender = sender(try reader.readUTF8())
                case "id": line.id = append(try reader.readUTF8())
                case "src": try reader.skipValue()
                case "kind": line.kind = Message.Kind(rawValue: try reader.readString()) ?? .unknown
                case "attachments":
                    try reader.beginArray()
                    while try reader.nextElement() { attachments.append(try Attachment(reading: &reader)) }
                    line.attachments = firstAttachment..<UInt32(attachments.count)
                case "gone": line.gone = Segment.plausible(Timestamp(milliseconds: try reader.readInt64()))
                case "forward": mark.forwardedFrom = append(try reader.readUTF8())
                case "reply": mark.replyTo = append(try reader.readUTF8())
                case "edited": mark.edited = Segment.plausible(Timestamp(milliseconds: try reader.readInt64()))
                case "raw":
                    let start = reader.offset
                    try reader.skipValue()
                    raw = start..<reader.offset
                default: try reader.skipValue()
                }
            }
            guard isMessage else { return }
            if hasText { line.hasTextFile = true } else { makeText(&line, raw: text[raw]) }
            if mark != Mark() {
                line.mark = Int32(marks.count)
                marks.append(mark)
            }
            if let last = lines.last, last.time == line.time { line.tie = last.tie == .max ? .max : last.tie + 1 }
            if line.gone != nil, !line.id.isEmpty { gone.append(lines.count) }
            lines.append(line)
        }

        /// Finds the wordings that others have replaced. Costs a pass over the lines of a segment from which something is gone.
        mutating func orderWordings() {
            guard !gone.isEmpty else { return }
            func id(_ line: Line) -> ArraySlice<UInt8> {
                bytes[Int(line.id.lowerBound)..<Int(line.id.upperBound)]
            }
            // Most lines end otherwise than any of those that are gone, and need not be looked up.
            func bit(_ line: Line) -> UInt64 {
                let end = bytes[Int(line.id.upperBound) - 1]
                let before = line.id.count > 1 ? bytes[Int(line.id.upperBound) - 2] : 0
                return 1 << UInt64((end &+ before &* 10) & 63)
            }
            var wordings: [ArraySlice<UInt8>: (order: WordingOrder, lines: [Int])] = [:]
            var ends: UInt64 = 0
            for index in gone {
                wordings[id(lines[index])] = (WordingOrder(), [])
                ends |= bit(lines[index])
            }
            for (index, line) in lines.enumerated() where !line.id.isEmpty && bit(line) & ends != 0 {
                wordings[id(line)]?.order.note((line.kind, line.gone))
                wordings[id(line)]?.lines.append(index)
            }
            for (order, indices) in wordings.values {
                for index in indices {
                    let wording = (lines[index].kind, lines[index].gone)
                    if order.hasLater(wording) { lines[index].isEarlierWording = true }
                    if order.hasEarlier(wording) { noteEdit(index) }
                }
            }
        }

        private mutating func noteEdit(_ index: Int) {
            if lines[index].mark < 0 {
                lines[index].mark = Int32(marks.count)
                marks.append(Mark())
            }
            marks[Int(lines[index].mark)].isEdited = true
        }

        /// A message without a text or a file still shows something: its kind, and its raw content.
        private mutating func makeText(_ line: inout Line, raw: ArraySlice<UInt8>) {
            let start = UInt32(bytes.count)
            if line.kind != .text, line.attachments.isEmpty {
                bytes.append(contentsOf: "[\(line.kind.rawValue)]".utf8)
                if !raw.isEmpty {
                    bytes.append(UInt8(ascii: " "))
                    bytes.append(contentsOf: raw)
                }
            }
            line.text = start..<endLine()
            line.hasTextFile = line.attachments.isEmpty
        }

        private mutating func endLine() -> UInt32 {
            bytes.append(0x0A)
            return UInt32(bytes.count)
        }

        private mutating func append(_ text: UnsafeRawBufferPointer) -> Range<UInt32> {
            let start = UInt32(bytes.count)
            bytes.append(contentsOf: text)
            return start..<UInt32(bytes.count)
        }

        private mutating func sender(_ text: UnsafeRawBufferPointer) -> Int32 {
            for (index, bytes) in firstSenders.enumerated() where bytes.count == text.count {
                if bytes.withUnsafeBytes({ compareBytes($0, text) }) == 0 { return Int32(index) }
            }
            let name = String(decoding: text, as: UTF8.self)
            let index: Int32
            if let known = positions[name] {
                index = known
            } else {
                index = Int32(senders.count)
                senders.append(PersonID(name))
                positions[name] = index
                // Broken UTF-8 may give the name of an earlier one.
                if senders.count == firstSenders.count + 1, firstSenders.count < Self.firstSenderLimit {
                    firstSenders.append(Array(text))
                }
            }
            return index
        }
    }
}
