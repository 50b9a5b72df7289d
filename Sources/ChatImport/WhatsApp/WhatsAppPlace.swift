import ChatModel
import Foundation

/// Where the text of a chat and the files beside it are: alone, in a folder, or in a .zip.
struct WhatsAppPlace {
    /// For errors and skipped rows.
    let path: String
    /// The chat's name, from the name of its file, folder or .zip.
    let title: String
    /// When its file, or the .zip that it is in, was written.
    let written: Timestamp?
    /// A fresh reader of the text's lines.
    let lines: () throws -> LineReader
    /// Where a file named in the text is; nil when it is not there.
    let content: (String) -> Attachment.Content?

    /// The chats of an export: one of a text, one or more of a .zip.
    static func all(of export: SourceFolder.Export) throws -> [WhatsAppPlace] {
        let path = export.root + "/" + export.path
        if try SourceFile(path: path).prefix(4) == [0x50, 0x4B, 0x03, 0x04] { return try zip(path, export) }
        return [try folder(path, export)]
    }

    private static func folder(_ path: String, _ export: SourceFolder.Export) throws -> WhatsAppPlace {
        let name = String(export.path.split(separator: "/").last ?? "")
        let parent = export.folder.isEmpty ? export.root : export.folder
        let media = SourceMedia(root: export.root, folder: export.folder)
        let directory = export.folder.isEmpty ? export.root : "\(export.root)/\(export.folder)"
        // Names are compared as text, so that NFC and NFD spellings of one name are the same.
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let named = Dictionary(files.map { ($0, $0) }, uniquingKeysWith: { $1 })
        return WhatsAppPlace(
            path: export.path, title: WhatsAppName.title(file: name, parent: parent), written: try written(path),
            lines: {
                let file = try SourceFile(path: path)
                return lines(try file.prefix(2)) { (buffer, position) in try file.read(into: buffer, at: position) }
            },
            content: { wanted in
                guard !wanted.contains("/"), let file = named[wanted], case .file(let path) = media.content(of: file)
                else {
                    return nil
                }
                return .file(path: path)
            })
    }

    private static func written(_ path: String) throws -> Timestamp {
        Timestamp(seconds: Int64(try FileState(path: path).seconds))
    }

    // MARK: In a .zip

    private static func zip(_ path: String, _ export: SourceFolder.Export) throws -> [WhatsAppPlace] {
        let archive = try ZipArchive(path: path)
        let chats = ownChats(try chatEntries(in: archive), of: export.name)
        guard !chats.isEmpty else { throw ImportError.noWhatsAppMessages(path: export.path) }
        // The media belong to all chats; of several of one name it is the one beside the chat.
        let whole = Dictionary(archive.entries.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let named = Dictionary(archive.entries.map { ($0.fileName, $0) }, uniquingKeysWith: { first, _ in first })
        let written = try written(path)
        let times = Dictionary(grouping: chats, by: \.fileName).mapValues(\.count)
        return chats.map { chat in
            let folder = chat.name.dropLast(chat.fileName.count)
            let isNamedByFolder = times[chat.fileName, default: 1] > 1 || WhatsAppName.isChat(folder.lastComponent)
            let parent = isNamedByFolder && !folder.isEmpty ? folder.lastComponent : export.name
            return WhatsAppPlace(
                path: "\(export.path)/\(chat.name)", title: WhatsAppName.title(file: chat.fileName, parent: parent),
                written: written,
                lines: {
                    let stream = try archive.stream(chat)
                    return lines(try head(of: chat, in: archive, 2)) { (buffer, _) in try stream.read(into: buffer) }
                },
                content: { wanted in
                    guard !wanted.contains("/"), let file = whole[folder + wanted] ?? named[wanted],
                        file.index != chat.index
                    else { return nil }
                    guard !file.isBomb else {
                        return .missing(reason: "the file in the .zip unpacks to an impossible size")
                    }
                    return .entry(container: export.path, name: file.name)
                })
        }
    }

    /// The chats' texts in a .zip: all that are called as WhatsApp calls them, else the first text that looks like one.
    ///
    /// Beside a chat that has its name, a text that looks like one is a document that was sent.
    static func chatEntries(in archive: ZipArchive) throws(ImportError) -> [ZipArchive.Entry] {
        let texts = archive.entries.filter { $0.fileName.lowercased().hasSuffix(".txt") }
        var chats: [ZipArchive.Entry] = []
        for entry in texts where WhatsAppName.isChat(entry.fileName) {
            if isChat(try head(of: entry, in: archive, headLength)) { chats.append(entry) }
        }
        guard chats.isEmpty else { return chats }
        for entry in texts where !WhatsAppName.isChat(entry.fileName) {
            if isChat(try head(of: entry, in: archive, headLength)) { return [entry] }
        }
        return []
    }

    /// Those of several chats that were not sent in another one: a .zip that WhatsApp has made of one chat is called as the
    /// chat, or has it as `_chat.txt`.
    private static func ownChats(_ chats: [ZipArchive.Entry], of zip: String) -> [ZipArchive.Entry] {
        let stem = { (name: String) in name.lowercased().split(separator: ".").dropLast().joined(separator: ".") }
        if let own = chats.first(where: { stem($0.fileName) == stem(zip) }) { return [own] }
        let plain = chats.filter { $0.fileName.lowercased() == "_chat.txt" }
        return plain.isEmpty ? chats : plain
    }

    /// The first bytes of an entry, at most `length`.
    private static func head(of entry: ZipArchive.Entry, in archive: ZipArchive, _ length: Int) throws(ImportError)
        -> [UInt8]
    {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 16)
        defer { buffer.deallocate() }
        return [UInt8](buffer[..<(try archive.stream(entry).read(into: buffer))])
    }

    // MARK: Text

    /// Bytes of a text that are looked at to tell whether it is a chat.
    private static let headLength = 1 << 14

    /// The lines of a text in the encoding that its first bytes tell. Positions in UTF-16 count as it were UTF-8.
    private static func lines(_ head: [UInt8], _ source: @escaping LineReader.Source) -> LineReader {
        LineReader(limit: WhatsAppExport.messageLimit, source: TextEncoding(head: head).utf8(source))
    }

    /// Whether one of the first lines of a text is the head of a message.
    static func isChat(_ head: [UInt8]) -> Bool {
        let text = TextEncoding(head: head).text(of: head.prefix(headLength))
        return text.utf8.split(separator: 0x0A).prefix(20).contains { line in
            WhatsAppHeader(String(decoding: line.prefix(128), as: UTF8.self)[...]) != nil
        }
    }
}

extension StringProtocol {
    /// The last name of a path; empty when there is none.
    fileprivate var lastComponent: String { split { $0 == "/" }.last.map { String($0) } ?? "" }
}
