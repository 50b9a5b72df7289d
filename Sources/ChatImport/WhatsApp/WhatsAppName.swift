/// What the names of WhatsApp's files say.
enum WhatsAppName {
    /// Whether a file or folder is called as WhatsApp calls a chat's.
    static func isChat(_ file: String) -> Bool {
        let name = DirectionMarks.removed(from: file).replacing("\u{A0}", with: " ")
        return name == "_chat.txt" || WhatsAppWords.filePrefixes.contains { name.hasPrefix($0) }
            || WhatsAppWords.fileSuffixes.contains { name.contains($0) }
    }

    /// Whether a file is called as WhatsApp alone calls a chat's: other files may begin with the Chinese word for "with".
    static func isSurelyChat(_ file: String) -> Bool {
        isChat(file)
            && (file == "_chat.txt" || file.lowercased().contains("whatsapp")
                || WhatsAppWords.fileSuffixes.contains { file.contains($0) })
    }

    /// The chat's name, without what WhatsApp puts around it, and without the number of a repeated download.
    static func title(file: String, parent: String) -> String {
        var name = file
        for suffix in [".txt", ".zip"] where name.lowercased().hasSuffix(suffix) { name = String(name.dropLast(4)) }
        if name == "_chat" || name == "chat" {
            name = String(parent.split(separator: "/").last ?? "")
            if name.lowercased().hasSuffix(".zip") { name = String(name.dropLast(4)) }
        }
        name = DirectionMarks.removed(from: name).replacing("\u{A0}", with: " ")
        // Browsers and phones number from 1; a year, say, is of the name itself.
        if let match = name.wholeMatch(of: #/(.+?)\s*\([1-9][0-9]?\)/#) { name = String(match.1) }
        for prefix in WhatsAppWords.filePrefixes where name.hasPrefix(prefix) && name.count > prefix.count {
            name = String(name.dropFirst(prefix.count))
            break
        }
        for suffix in WhatsAppWords.fileSuffixes where name.hasSuffix(suffix) && name.count > suffix.count {
            name = String(name.dropLast(suffix.count))
            break
        }
        return name.trimmed.isEmpty ? "WhatsApp" : name.trimmed
    }
}
