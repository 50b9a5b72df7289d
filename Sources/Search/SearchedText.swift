import JSON

/// What is looked through of a message's line in a segment: its text and the names of its files, a line each. Of a message that has
/// neither it is its kind and its raw content, which is what its file shows.
enum SearchedText {
    /// Replaces `text` by that of the line, and returns whether the line is a message's.
    ///
    /// Broken lines have no text: who shows the messages tells about them.
    static func read(_ line: UnsafeRawBufferPointer, into text: inout [UInt8]) -> Bool {
        text.removeAll(keepingCapacity: true)
        var reader = JSONReader(line)
        do throws(JSONError) {
            guard try read(&reader, into: &text) else { return false }
            // Few messages have neither words nor files, so that what they have is looked for only then.
            if text.isEmpty { try readContent(of: line, into: &text) }
            return true
        } catch { return false }
    }

    private static func read(_ reader: inout JSONReader, into text: inout [UInt8]) throws(JSONError) -> Bool {
        var isMessage = false
        var names: [UInt8] = []
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "time":
                isMessage = true
                try reader.skipValue()
            case "text": if try !reader.readNullIfPresent() { text.append(contentsOf: try reader.readUTF8()) }
            case "attachments": try readNames(&reader, into: &names)
            default: try reader.skipValue()
            }
        }
        text.append(contentsOf: names)
        return isMessage
    }

    /// Appends `[kind] raw content` of a message that is more than a text and has no files.
    private static func readContent(
        of line: UnsafeRawBufferPointer, into text: inout [UInt8]
    ) throws(JSONError) {
        var reader = JSONReader(line)
        var kind: [UInt8] = []
        var raw = 0..<0
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "attachments":
                guard try !reader.readNullIfPresent() else { break }
                try reader.beginArray()
                while try reader.nextElement() { return }
            case "kind": if try !reader.readNullIfPresent() { kind = Array(try reader.readUTF8()) }
            case "raw":
                let start = reader.offset
                try reader.skipValue()
                raw = start..<reader.offset
            default: try reader.skipValue()
            }
        }
        guard !kind.isEmpty, !kind.elementsEqual("text".utf8) else { return }
        text.append(UInt8(ascii: "["))
        text.append(contentsOf: kind)
        text.append(UInt8(ascii: "]"))
        guard !raw.isEmpty else { return }
        text.append(UInt8(ascii: " "))
        text.append(contentsOf: line[raw])
    }

    private static func readNames(_ reader: inout JSONReader, into names: inout [UInt8]) throws(JSONError) {
        if try reader.readNullIfPresent() { return }
        try reader.beginArray()
        while try reader.nextElement() {
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "name":
                    guard try !reader.readNullIfPresent() else { break }
                    names.append(0x0A)
                    names.append(contentsOf: try reader.readUTF8())
                default: try reader.skipValue()
                }
            }
        }
    }
}
