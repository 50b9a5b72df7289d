import ChatModel
import Foundation
import JSON

/// A format of exports that can be read.
public enum SourceFormat: String, Sendable, CaseIterable {
    case telegram, whatsapp, jsonl, wechat
}

/// The format of the exports at a path, or nil when there is none that is known.
///
/// A folder counts by what lies in it and in the folders in it. Throws for a folder with several formats, and for
/// Telegram's HTML export, with the words for what to do.
public func recognise(_ path: String) throws(ImportError) -> SourceFormat? {
    let exports = try SourceFolder.exports(at: path)
    let formats = Set(exports.map(\.format))
    guard formats.count < 2 else {
        throw .severalFormats(path: path, formats: SourceFormat.allCases.filter { formats.contains($0) })
    }
    return formats.first
}

/// Reads every export of a format at a path, row by row, in memory that does not grow with them.
///
/// Paths in events are relative to `path` when it is a folder, else to the folder in which it lies. Throws `stopped` with
/// what `deliver` threw. A damaged export throws where the damage is met, after the rows before it were delivered; of
/// several accounts of WeChat, one that cannot be read is told in a note.
public func readSource(
    at path: String, format: SourceFormat, options: ImportOptions, _ deliver: (ImportEvent) throws -> Void
) throws(ImportError) {
    let (exports, others) = try SourceFolder.exportsAndOthers(at: path, wanted: format)
    guard !exports.isEmpty else { throw .notRecognised(path: path) }
    var options = options
    // Of several accounts, one that does not tell its owner may be anybody's.
    if exports.count > 1 { options.knownConversations = [] }
    if !others.isEmpty {
        do { try deliver(.note(.exportsPassedOver(paths: others))) } catch { throw .stopped(error) }
    }
    if format == .wechat {
        do { return try WeChatImport.read(exports, options, deliver) } catch let error as ImportError {
            throw error
        } catch {
            throw .stopped(error)
        }
    }
    for export in exports {
        do {
            try deliver(.export(path: export.path))
            if format == .whatsapp {
                try WhatsAppExport.read(export, options: options, deliver)
                continue
            }
            let file = try SourceFile(path: export.root + "/" + export.path)
            let media = SourceMedia(root: export.root, folder: export.folder)
            do {
                switch format {
                case .whatsapp, .wechat: break
                case .telegram:
                    var reading = TelegramExport(file, path: export.path, media: media, options: options)
                    try reading.read(deliver)
                case .jsonl:
                    var reading = InterchangeFile(file, path: export.path, media: media)
                    try reading.read(deliver)
                }
            } catch let error as JSONError {
                if case .sourceFailed(let errno) = error.reason {
                    throw ImportError.unreadable(path: export.path, errno: errno)
                }
                let place = file.lineAndColumn(of: error.offset)
                throw ImportError.damaged(
                    path: export.path, offset: error.offset, line: place.line, column: place.column,
                    reason: error.reason)
            }
        } catch let error as SystemFault {
            throw .unreadable(path: export.path, errno: error.errno)
        } catch let error as ImportError {
            throw error
        } catch {
            throw .stopped(error)
        }
    }
}

/// Finds exports in a folder and the folders in it.
enum SourceFolder {
    /// An export's main file.
    struct Export {
        let format: SourceFormat
        /// The source's root, a folder.
        let root: String
        /// The file, below the root.
        let path: String
        /// The folder of the file, below the root; empty for the root itself.
        let folder: String
        /// The file's name.
        var name: String { String(path.split(separator: "/").last ?? "") }
    }

    /// Bytes of a file that are looked at to tell its format.
    private static let headLength = 1 << 18

    /// The exports at a path, in the order of their names. A file that is named itself counts as `wanted` says.
    static func exports(at path: String, wanted: SourceFormat? = nil) throws(ImportError) -> [Export] {
        try find(at: path, wanted: wanted).exports
    }

    /// The same, and files that look like exports and lie beside WeChat's accounts, or beside chats that have WhatsApp's names.
    /// They are not read: they may be the owner's, or may have been sent to them.
    static func exportsAndOthers(
        at path: String, wanted: SourceFormat
    ) throws(ImportError) -> (exports: [Export], others: [String]) {
        let (exports, others) = try find(at: path, wanted: wanted)
        guard wanted == .wechat, isFolder(path) else { return (exports, others) }
        let folders = Set(exports.map { String($0.folder.prefix { $0 != "/" }) })
        guard !folders.isEmpty, !folders.contains("") else { return (exports, []) }
        // What cannot be looked at is told when the folder's files are stored.
        let beside = (try? exportFiles(at: path, wanted: nil, passing: folders).found) ?? []
        return (exports, beside.map(\.path))
    }

    private static func find(
        at path: String, wanted: SourceFormat?
    ) throws(ImportError) -> (exports: [Export], others: [String]) {
        var path = path
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .unreadable(path: path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            let name = String(path.split(separator: "/").last ?? "")
            let folder = path.count > name.count ? String(path.dropLast(name.count + 1)) : "."
            let root = path.hasPrefix("/") && folder.isEmpty ? "/" : folder
            if wanted ?? .wechat == .wechat, WeChatShape.place(of: name) != nil {
                return ([Export(format: .wechat, root: root, path: name, folder: "")], [])
            }
            let recognised = try format(of: path)
            guard let format = wanted ?? recognised else { return ([], []) }
            return ([Export(format: format, root: root, path: name, folder: "")], [])
        }
        let accounts = wanted == nil || wanted == .wechat ? try WeChatShape.places(below: path) : []
        if !accounts.isEmpty {
            // What lies in an account's folders was sent in the chats, even when it looks like an export.
            return (accounts.map { Export(format: .wechat, root: path, path: $0.database, folder: $0.folder) }, [])
        }
        let (exports, others, html) = try exportFiles(at: path, wanted: wanted, passing: [])
        if exports.isEmpty, let html { throw .telegramHTML(path: html) }
        return (exports, others)
    }

    /// The exports in a folder and the folders in it, but for some; texts that may be others'; and where an export is that
    /// people alone can read.
    private static func exportFiles(
        at path: String, wanted: SourceFormat?, passing: Set<String>
    ) throws(ImportError) -> (found: [Export], others: [String], html: String?) {
        var exports: [Export] = []
        var others: [String] = []
        var html: String?
        let folders = [""] + (try names(in: path, path)).filter { isFolder(path + "/" + $0) && !passing.contains($0) }
        for folder in folders {
            // What lies in Telegram's folders was sent in the chats, even when it looks like an export.
            let isInTelegram = exports.contains { $0.format == .telegram && $0.folder.isEmpty }
            if isInTelegram, TelegramExport.folders.contains(folder) { continue }
            let whole = folder.isEmpty ? path : path + "/" + folder
            let names = try names(in: whole, path)
            let hasChat = names.contains(where: isNamedChat)
            var found: [Export] = []
            for name in names {
                if name == "messages.html" || name == "export_results.html" { html = html ?? whole }
                guard suffixes.contains(where: { name.lowercased().hasSuffix($0) }), !isFolder(whole + "/" + name),
                    let format = try format(
                        of: whole + "/" + name, isBesideChat: hasChat && !WhatsAppName.isChat(name)),
                    wanted == nil || format == wanted
                else { continue }
                found.append(
                    Export(
                        format: format, root: path, path: folder.isEmpty ? name : folder + "/" + name, folder: folder))
            }
            // Beside a chat that has WhatsApp's name, a text that looks like one is a document that was sent.
            if found.contains(where: { $0.format == .whatsapp && isNamedChat($0.name) }) {
                let isOther = { (export: Export) in
                    export.format == .whatsapp && isText(export.name) && !isNamedChat(export.name)
                }
                others += found.filter(isOther).map(\.path)
                found.removeAll(where: isOther)
            }
            exports += found
        }
        return (exports, others, html)
    }

    private static func isText(_ name: String) -> Bool { name.lowercased().hasSuffix(".txt") }

    private static func isNamedChat(_ name: String) -> Bool { isText(name) && WhatsAppName.isChat(name) }

    private static let suffixes = [".json", ".jsonl", ".txt", ".zip"]

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The names in a folder, without hidden ones, in order. Errors name `root`.
    static func names(in folder: String, _ root: String) throws(ImportError) -> [String] {
        guard let directory = opendir(folder) else { throw .unreadable(path: folder, errno: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// The format of a file by its beginning, or nil.
    ///
    /// - Parameter isBesideChat: whether it lies beside a chat of WhatsApp's. There a .zip that cannot be read is a
    ///   document that was sent, with a password for example.
    private static func format(of path: String, isBesideChat: Bool = false) throws(ImportError) -> SourceFormat? {
        let head: [UInt8]
        do throws(SystemFault) {
            head = try SourceFile(path: path).prefix(headLength)
        } catch {
            throw .unreadable(path: path, errno: error.errno)
        }
        if path.hasSuffix(".jsonl") { return .jsonl }
        if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            do throws(ImportError) {
                return try WhatsAppPlace.chatEntries(in: try ZipArchive(path: path)).isEmpty ? nil : .whatsapp
            } catch {
                guard isBesideChat, case .damagedZip = error else { throw error }
                return nil
            }
        }
        if WhatsAppPlace.isChat(head) { return .whatsapp }
        if isTelegramHTML(head) { throw .telegramHTML(path: path) }
        return head.withUnsafeBytes { bytes in
            if TelegramExport.isTelegram(bytes) { return .telegram }
            let line = UnsafeRawBufferPointer(rebasing: bytes.prefix { $0 != 0x0A })
            return InterchangeFile.parse(line) == nil ? nil : .jsonl
        }
    }

    private static func isTelegramHTML(_ bytes: [UInt8]) -> Bool {
        let head = String(decoding: bytes.prefix(4096), as: UTF8.self).lowercased()
        return head.hasPrefix("<!doctype html") && (head.contains("exported data") || head.contains("telegram"))
    }
}

extension TelegramExport {
    /// The folders that Telegram Desktop makes beside `result.json`.
    static let folders: Set<String> = [
        "chats", "contacts", "css", "files", "images", "js", "lists", "photos", "profile_pictures",
        "round_video_messages", "stickers", "stories", "video_files", "voice_messages",
    ]

    /// Whether a text begins like a `result.json`: by the keys that come first, as far as the text reaches.
    static func isTelegram(_ head: UnsafeRawBufferPointer) -> Bool {
        var reader = JSONReader(head, acceptsHexEscapes: true)
        do throws(JSONError) {
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "personal_information", "chats", "left_chats", "frequent_contacts", "profile_pictures": return true
                case "messages": return try reader.peekKind() == .array
                case "name", "id", "about", "contacts", "stories", "sessions", "web_sessions", "other_data":
                    try reader.skipValue()
                case "type":
                    guard let type = try TelegramRecord.readScalar(&reader) else { return false }
                    if TelegramIdentifiers.PeerClass(chatType: type) != nil { return true }
                default: return false
                }
            }
        } catch {
            return false
        }
        return false
    }
}
