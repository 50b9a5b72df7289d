import Glibc
public import JSON

/// Why a source could not be read.
public enum ImportError: Error {
    /// The system refused to read a file or folder.
    case unreadable(path: String, errno: Int32)
    /// Nothing there looks like an export that is known.
    case notRecognised(path: String)
    /// A folder holds exports of several formats.
    case severalFormats(path: String, formats: [SourceFormat])
    /// Telegram's HTML export, which leaves out too much to be read.
    case telegramHTML(path: String)
    /// The text of an export is damaged. Line and column count from 1, the column in bytes.
    case damaged(path: String, offset: Int, line: Int, column: Int, reason: JSONError.Reason)
    /// A file of lines in which not one line could be read; the number of lines.
    case nothingReadable(path: String, lines: Int)
    /// A .zip that libzip refuses, with its error number.
    case damagedZip(path: String, code: Int)
    /// A text that has no line like the head of a WhatsApp message.
    case noWhatsAppMessages(path: String)
    /// A database that cannot be read.
    case database(path: String, DatabaseFault)
    /// A backup that Finder or iTunes made of a phone, and encrypted.
    case encryptedPhoneBackup(path: String)
    /// A backup of a phone in the form that iTunes used up to iOS 9.
    case oldPhoneBackup(path: String)
    /// A backup of a phone in which there is no account of WeChat.
    case noWeChatInPhoneBackup(path: String)
    /// One of WeChat's own backups, which only WeChat can open.
    case weChatPackage(path: String)
    /// Whoever received the rows stopped the import.
    case stopped(any Error)
}

extension ImportError {
    /// Whether whoever received the rows stopped the import, so that nothing else is read.
    var isStop: Bool { if case .stopped = self { true } else { false } }
}

extension ImportError: CustomStringConvertible {
    /// The words for a person.
    public var description: String {
        switch self {
        case .unreadable(let path, let errno): "Cannot read '\(path)': \(String(cString: strerror(errno)))."
        case .notRecognised(let path):
            """
            Nothing in '\(path)' looks like a chat history. Looked for WeChat's databases, for Telegram's result.json, for \
            WhatsApp's _chat.txt or its .zip, and for .jsonl files, in the folder and the folders in it.
            """
        case .severalFormats(let path, let formats):
            """
            '\(path)' holds exports of several formats (\(formats.map(\.rawValue).joined(separator: ", "))). Name one of them \
            with --source, or give the folder of one.
            """
        case .telegramHTML(let path):
            """
            '\(path)' is a Telegram export in HTML, which leaves out identifiers and times. Export again in Telegram Desktop \
            (Export chat history, or Settings, Advanced, Export Telegram data) with the format 'Machine-readable JSON'.
            """
        case .damaged(let path, let offset, let line, let column, let reason):
            """
            '\(path)' is damaged at line \(line), column \(column): \(JSONError(reason, at: offset)). Export it \
            again.
            """
        case .nothingReadable(let path, let lines):
            "None of the \(lines) lines of '\(path)' could be read. Each must be one JSON object of the interchange format."
        case .damagedZip(let path, let code):
            "The .zip '\(path)' is damaged or not complete (libzip error \(code)). Export it again."
        case .noWhatsAppMessages(let path):
            "No line of '\(path)' begins like a WhatsApp message, with a date and a time in a form that is known."
        case .database(let path, let fault): "Cannot read the database '\(path)': \(fault)."
        case .encryptedPhoneBackup(let path):
            """
            '\(path)' belongs to an encrypted backup of an iPhone or iPad, which chatark does not decrypt. Make one with \
            'Encrypt local backup' switched off, or decrypt this one with a program that you trust.
            """
        case .oldPhoneBackup(let path):
            """
            '\(path.isEmpty ? "." : path)' is a backup of an iPhone or iPad in the form of iOS 9 and older (Manifest.mbdb), which is not \
            read. Make a new backup with Finder or iTunes.
            """
        case .noWeChatInPhoneBackup(let path):
            """
            The backup of an iPhone or iPad that '\(path)' belongs to has no messages of WeChat. Log in to WeChat on it, and make \
            a new backup.
            """
        case .weChatPackage(let path):
            """
            '\(path)' is a backup that WeChat made for itself. Its key lies with WeChat, so no other program can read it. \
            Restore it to a phone or a computer in WeChat, and back up that one's own folder.
            """
        case .stopped(let error): "\(error)"
        }
    }
}
