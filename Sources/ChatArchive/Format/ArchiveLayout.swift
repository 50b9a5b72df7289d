/// Where things lie in a snapshot that chatark wrote.
///
///     original/<name of each source>        the source, byte for byte
///     archive/archive.json                  ArchiveManifest
///     archive/people.jsonl                  PersonRecord a line
///     archive/conversations.jsonl           ConversationRecord a line
///     archive/months/<folder>.jsonl         MonthRecord a line
///     archive/conversations/<folder>/2021-09.jsonl     a segment: a header, then MessageLine a line
///     archive/media/3f/3fa9….jpg            every attachment that was ever stored
public enum ArchiveLayout {
    /// The folder of the sources' own files.
    public static let original = "original"
    /// The folder of the normalised history.
    public static let archive = "archive"
    /// The file that makes a folder an archive.
    public static let manifest = "archive.json"
    /// The list of people.
    public static let people = "people.jsonl"
    /// The list of conversations.
    public static let conversations = "conversations.jsonl"
    /// The folder of the conversations' folders.
    public static let conversationFolders = "conversations"
    /// The folder of the lists of the conversations' months.
    public static let monthLists = "months"
    /// The list of a conversation's months in the conversation's folder: where older archives have it.
    static let monthsOfOld = "months.jsonl"
    /// The folder of stored attachments.
    public static let media = "media"
    /// Longest folder name of a conversation, in bytes; leaves room for a number.
    public static let folderNameLimit = 200

    /// The name of the list of the months of a conversation's folder.
    public static func months(of folder: String) -> String { folder + ".jsonl" }

    /// The file name of a month's segment.
    public static func segment(_ month: String) -> String { month + ".jsonl" }

    /// The file name of stored media: its digest, and the extension of its name when that is an ordinary one.
    public static func mediaName(sha256: String, attachmentName: String) -> String {
        guard let dot = attachmentName.lastIndex(of: ".") else { return sha256 }
        let suffix = attachmentName[attachmentName.index(after: dot)...].lowercased()
        guard (1...8).contains(suffix.utf8.count), suffix.utf8.allSatisfy(isLowercaseOrDigit) else { return sha256 }
        return "\(sha256).\(suffix)"
    }

    private static func isLowercaseOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
