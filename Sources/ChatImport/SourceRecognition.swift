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
/// Telegram's HTML export, with the words for what to do. What cannot be read beside an export is told when that is read.
public func recognise(_ path: String) throws(ImportError) -> SourceFormat? {
    let formats = Set(try SourceFolder.find(at: path).exports.map(\.format))
    guard formats.count < 2 else {
        throw .severalFormats(path: path, formats: SourceFormat.allCases.filter { formats.contains($0) })
    }
    return formats.first
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

    /// A file that has the name of an export, or is damaged where exports are, or one that only people can read.
    struct Unread {
        /// Below the source's root.
        let path: String
        let format: SourceFormat
        let why: Why

        enum Why {
            case failed(ImportError)
            case html
            case compressed
        }
    }

    /// What is at a path.
    struct Found {
        var exports: [Export] = []
        /// Files that look like exports and lie beside WeChat's accounts, or beside chats that have WhatsApp's names. They are
        /// not read: they may be the owner's, or may have been sent to them.
        var others: [String] = []
        var unread: [Unread] = []
    }

    /// The exports at a path, in the order of their names, and what was passed over. A file that is named itself counts as
    /// `wanted` says. Throws what is wrong with the first that cannot be read where there is no other.
    static func find(at path: String, wanted: SourceFormat? = nil) throws(ImportError) -> Found {
        var path = path
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .unreadable(path: path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            let name = String(path.split(separator: "/").last ?? "")
            let folder = path.count > name.count ? String(path.dropLast(name.count + 1)) : "."
            let root = path.hasPrefix("/") && folder.isEmpty ? "/" : folder
            if wanted ?? .wechat == .wechat, WeChatShape.place(of: name) != nil {
                return Found(exports: [Export(format: .wechat, root: root, path: name, folder: "")])
            }
            let recognised = try format(of: path)
            guard let format = wanted ?? recognised else { return Found() }
            return Found(exports: [Export(format: format, root: root, path: name, folder: "")])
        }
        let accounts = wanted == nil || wanted == .wechat ? try WeChatShape.places(below: path) : []
        if !accounts.isEmpty {
            // What lies in an account's folders was sent in the chats, even when it looks like an export.
            let exports = accounts.map { Export(format: .wechat, root: path, path: $0.database, folder: $0.folder) }
            return Found(exports: exports, others: wanted == .wechat ? beside(exports, path) : [])
        }
        var found = try exportFiles(at: path)
        let formats = Set(found.exports.map(\.format))
        if let wanted { found.exports.removeAll { $0.format != wanted } }
        if found.exports.isEmpty {
            for unread in found.unread { if case .failed(let error) = unread.why { throw error } }
            for unread in found.unread {
                if case .html = unread.why { throw .telegramHTML(path: path + "/" + unread.path) }
            }
        }
        // Of another format than the one that is wanted, where that one is read by itself.
        if let wanted { found.unread.removeAll { $0.format != wanted && formats.contains($0.format) } }
        if let wanted, wanted != .whatsapp { found.others = [] }
        return found
    }

    /// What looks like an export beside accounts of WeChat.
    private static func beside(_ accounts: [Export], _ path: String) -> [String] {
        let folders = Set(accounts.map { String($0.folder.prefix { $0 != "/" }) })
        guard !folders.isEmpty, !folders.contains("") else { return [] }
        // What cannot be looked at is told when the folder's files are stored.
        return (try? exportFiles(at: path, passing: folders))?.exports.map(\.path) ?? []
    }

    /// The exports in a folder and the folders in it, but for some.
    private static func exportFiles(at path: String, passing: Set<String> = []) throws(ImportError) -> Found {
        var all = Found()
        let folders = [""] + (try names(in: path, path)).filter { isFolder(path + "/" + $0) && !passing.contains($0) }
        for folder in folders {
            // What lies in Telegram's folders was sent in the chats, even when it looks like an export.
            let isInTelegram = all.exports.contains { $0.format == .telegram && $0.folder.isEmpty }
            if isInTelegram, TelegramExport.folders.contains(folder) { continue }
            var found: Found
            do throws(ImportError) {
                found = try exports(in: folder, of: path)
            } catch {
                guard !folder.isEmpty else { throw error }
                found = Found(unread: [Unread(path: folder, format: .whatsapp, why: .failed(error))])
            }
            // Beside a chat that has WhatsApp's name, a text that looks like one is a document that was sent.
            if found.exports.contains(where: { $0.format == .whatsapp && isNamedChat($0.name) }) {
                let isOther = { (export: Export) in
                    export.format == .whatsapp && isText(export.name) && !isNamedChat(export.name)
                }
                all.others += found.exports.filter(isOther).map(\.path)
                found.exports.removeAll(where: isOther)
            }
            all.exports += found.exports
            all.unread += found.unread
        }
        return all
    }

    /// The exports that lie directly in a folder below the root.
    private static func exports(in folder: String, of root: String) throws(ImportError) -> Found {
        var found = Found()
        let whole = folder.isEmpty ? root : root + "/" + folder
        let names = try names(in: whole, root)
        let hasChat = names.contains(where: isNamedChat)
        for name in names where !isFolder(whole + "/" + name) {
            let path = folder.isEmpty ? name : folder + "/" + name
            if name.lowercased().hasSuffix(".jsonl.gz") {
                found.unread.append(Unread(path: path, format: .jsonl, why: .compressed))
            }
            guard suffixes.contains(where: { name.lowercased().hasSuffix($0) }) else { continue }
            do throws(ImportError) {
                if let format = try format(of: whole + "/" + name, isBesideChat: hasChat && !WhatsAppName.isChat(name))
                {
                    found.exports.append(Export(format: format, root: root, path: path, folder: folder))
                } else if WhatsAppName.isSurelyChat(name), isText(name) || name.lowercased().hasSuffix(".zip") {
                    found.unread.append(
                        Unread(path: path, format: .whatsapp, why: .failed(.noWhatsAppMessages(path: path))))
                }
            } catch {
                found.unread.append(Unread(path: path, format: likelyFormat(of: name), why: .failed(error)))
            }
        }
        // Telegram Desktop writes both forms side by side when it is told to.
        if !found.exports.contains(where: { $0.format == .telegram }),
            let name = names.first(where: { $0 == "messages.html" || $0 == "export_results.html" })
        {
            let path = folder.isEmpty ? name : folder + "/" + name
            found.unread.append(Unread(path: path, format: .telegram, why: .html))
        }
        return found
    }

    /// The format that a file's name speaks of.
    private static func likelyFormat(of name: String) -> SourceFormat {
        if name.hasSuffix(".jsonl") { return .jsonl }
        return name.hasSuffix(".json") ? .telegram : .whatsapp
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
