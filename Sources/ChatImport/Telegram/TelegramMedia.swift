import ChatModel

extension TelegramRecord {
    /// The kind that the record's media give a message, nil for a record of text only.
    var mediaKind: Message.Kind? {
        switch self["media_type"] {
        case "sticker": return .sticker
        case "voice_message": return .voice
        case "video_message", "video_file": return .video
        case "animation": return .animation
        case "audio_file": return .audio
        default: break
        }
        if self["photo"] != nil { return .image }
        if self["file"] != nil || self["media_type"] != nil { return .file }
        if hasPoll { return .poll }
        if !place.isEmpty { return .location }
        if !contact.isEmpty || self["contact_vcard"] != nil { return .contact }
        return nil
    }

    /// The files that belong to the record. Previews (`thumbnail`) are left in the source.
    func attachments(in media: SourceMedia) -> [Attachment] {
        var attachments: [Attachment] = []
        if let photo = self["photo"] {
            attachments.append(Attachment(name: "", mediaType: "image/jpeg", content: Self.content(photo, media)))
        }
        if let file = self["file"] {
            // Exports of 2021 give a file neither a name of its own nor, some, a type.
            var type = self["mime_type"] ?? ""
            if type.isEmpty { type = MediaTypes.type(of: file) }
            attachments.append(
                Attachment(name: ownName(of: file), mediaType: type, content: Self.content(file, media)))
        }
        if let card = self["contact_vcard"] {
            attachments.append(Attachment(name: "", mediaType: "text/vcard", content: Self.content(card, media)))
        }
        return attachments
    }

    /// The name that the sender's file has. Names that Telegram Desktop makes up (`photo_1@01-08-2020_22-01-49.jpg`) are
    /// none: their number changes from export to export.
    private func ownName(of path: String) -> String {
        if let name = self["file_name"], !name.isEmpty { return name }
        let kind = self["media_type"]
        guard Self.absence(path) == nil, kind == nil || kind == "audio_file" else { return "" }
        return path.split(separator: "/").last.map(String.init) ?? ""
    }

    private static func content(_ path: String, _ media: SourceMedia) -> Attachment.Content {
        if let reason = absence(path) { return .missing(reason: reason) }
        return media.content(of: path)
    }

    /// Why a file is missing, when the export has words in the path's place.
    private static func absence(_ path: String) -> String? {
        if path.hasPrefix("(File not included") { return "the export was made without this kind of file" }
        if path.hasPrefix("(File exceeds maximum size") {
            return "the file is larger than the limit chosen for the export"
        }
        if path.hasPrefix("(File unavailable") { return "Telegram could not give the file when the export was made" }
        if path.hasPrefix("("), path.hasSuffix(")"), !path.contains("/") {
            return "the export says: \(path.dropFirst().dropLast())"
        }
        return path.isEmpty ? "the export does not say where the file is" : nil
    }

    /// Words for what has no text of its own: a poll, a place, a contact, a game, an invoice, a sticker's emoji.
    var mediaText: String {
        var lines: [String] = []
        if hasPoll { lines += poll }
        if !contact.isEmpty {
            let name = [contact["first_name"], contact["last_name"]].compactMap { $0 }.filter { !$0.isEmpty }
            lines.append(
                ([name.joined(separator: " "), contact["phone_number"] ?? ""]).filter { !$0.isEmpty }.joined(
                    separator: ", "))
        }
        for key in ["place_name", "address"] { if let value = self[key] { lines.append(value) } }
        if let latitude = place["latitude"], let longitude = place["longitude"] {
            lines.append("\(latitude), \(longitude)")
        }
        for key in ["game_title", "game_description", "game_link", "sticker_emoji"] {
            if let value = self[key] { lines.append(value) }
        }
        if self["media_type"] == "audio_file" {
            let title = [self["performer"], self["title"]].compactMap { $0 }.filter { !$0.isEmpty }
            if !title.isEmpty { lines.append(title.joined(separator: " – ")) }
        }
        return lines.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    /// The text that was typed, with what the media say in words.
    var captionedText: String {
        // A sticker's emoji stands in for a text, it is none.
        if self["media_type"] == "sticker", !text.isEmpty { return text }
        return [text, mediaText].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    /// What Telegram shows beside a message and no field of ours holds: who signed a post, by which bot it was sent, and that it
    /// answers a message of another chat. A line each.
    var remarks: [String] {
        var lines: [String] = []
        if let author = self["author"], !author.isEmpty { lines.append("(signed by \(author))") }
        if let bot = self["via_bot"], !bot.isEmpty { lines.append("(via \(bot))") }
        if let peer = self["reply_to_peer_id"] {
            let message = self["reply_to_message_id"].map { "message \($0)" } ?? "a message"
            lines.append("(in reply to \(message) of another chat, \(peer))")
        }
        return lines
    }
}
