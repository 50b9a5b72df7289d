import JSON

/// The readable text of a message: a string, or an array of strings and `{"type","text",…}`.
struct TelegramText {
    /// The text; where a link's address differs from what is shown it follows in parentheses.
    var text = ""
    /// Whether something was left out that only the raw message tells: emphasis, custom emoji, an unknown form.
    var losesSomething = false

    /// Reads a value of any kind.
    init(reading reader: inout JSONReader) throws(JSONError) {
        switch try reader.peekKind() {
        case .string: text = try reader.readString()
        case .array:
            try reader.beginArray()
            while try reader.nextElement() {
                switch try reader.peekKind() {
                case .string: text += try reader.readString()
                case .object: try appendEntity(&reader)
                default:
                    losesSomething = true
                    try reader.skipValue()
                }
            }
        case .null: try reader.skipValue()
        default:
            losesSomething = true
            try reader.skipValue()
        }
    }

    private mutating func appendEntity(_ reader: inout JSONReader) throws(JSONError) {
        var type = ""
        var shown = ""
        var address = ""
        try reader.beginObject()
        while let key = try reader.nextKey() {
            guard try reader.peekKind() == .string else {
                losesSomething = true
                try reader.skipValue()
                continue
            }
            switch key {
            case "type": type = try reader.readString()
            case "text": shown = try reader.readString()
            case "href": address = try reader.readString()
            default:
                losesSomething = true
                try reader.skipValue()
            }
        }
        text += shown
        switch type {
        case "plain", "link", "mention", "hashtag", "cashtag", "bot_command", "email", "phone", "bank_card": break
        case "text_link" where !address.isEmpty && !Self.isSame(shown, address): text += " (\(address))"
        case "text_link": break
        default: losesSomething = true
        }
    }

    /// Whether the shown text already is the address, but for the slash that Telegram adds.
    private static func isSame(_ shown: String, _ address: String) -> Bool {
        shown == address || shown + "/" == address
    }
}
