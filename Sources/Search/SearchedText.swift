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
        do throws(JSONError) { return try read(&reader, of: line, into: &text) } catch { return false }
    }

    private static func read(
        _ reader: inout JSONReader, of line: UnsafeRawBufferPointer, into text: inout [UInt8]
    ) throws(JSONError) -> Bool {
        var isMessage = false
        var names: [UInt8] = []
        var hasFiles = false
        var kind: [UInt8] = []
        var raw = 0..<0
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "time":
                isMessage = true
                try reader.skipValue()
            case "text": if try !reader.readNullIfPresent() { text.append(contentsOf: try reader.readUTF8()) }
            case "attachments": hasFiles = try readNames(&reader, into: &names)
            case "kind": if try !reader.readNullIfPresent() { kind = Array(try reader.readUTF8()) }
            case "raw":
                let start = reader.offset
                try reader.skipValue()
                raw = start..<reader.offset
            default: try reader.skipValue()
            }
        }
        if text.isEmpty, !hasFiles, !kind.isEmpty, !kind.elementsEqual("text".utf8) {
            text.append(UInt8(ascii: "["))
            text.append(contentsOf: kind)
            text.append(UInt8(ascii: "]"))
            if !raw.isEmpty {
                text.append(UInt8(ascii: " "))
                text.append(contentsOf: line[raw])
            }
        }
        text.append(contentsOf: names)
        return isMessage
    }

    /// Returns whether there is any file.
    private static func readNames(_ reader: inout JSONReader, into names: inout [UInt8]) throws(JSONError) -> Bool {
        if try reader.readNullIfPresent() { return false }
        var hasFiles = false
        try reader.beginArray()
        while try reader.nextElement() {
            hasFiles = true
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
        return hasFiles
    }
}
