import JSON

/// What is looked through of a message's line in a segment: its text and the names of its files, a line each.
enum SearchedText {
    /// Replaces `text` by that of the line, and returns whether the line is a message's.
    ///
    /// Broken lines have no text: who shows the messages tells about them.
    static func read(_ line: UnsafeRawBufferPointer, into text: inout [UInt8]) -> Bool {
        text.removeAll(keepingCapacity: true)
        var reader = JSONReader(line)
        do throws(JSONError) { return try read(&reader, into: &text) } catch { return false }
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
