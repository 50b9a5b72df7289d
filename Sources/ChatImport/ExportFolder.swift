import ChatModel

/// The folder that an export's main file stands for when it is named itself, so that the media beside it are found.
///
/// It is the folder in which the file lies, when the folder is that export's own: with no other export of the format,
/// and with what the exporting program puts beside the file, or, in the interchange format, with files that it names. Other files in
/// it do no harm; other folders do, because a folder of downloads has them. Nil when it is not, or cannot be read as a
/// whole.
///
/// - Parameter path: absolute, of a file.
public func exportFolder(ofFile path: String, format: SourceFormat) -> String? {
    guard !SourceFolder.isFolder(path), let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
        return nil
    }
    let folder = String(path[..<slash])
    let name = String(path[path.index(after: slash)...])
    do throws(ImportError) {
        let beside = try SourceFolder.names(in: folder, folder).filter { $0 != name }
        let folders = beside.filter { SourceFolder.isFolder(folder + "/" + $0) }
        let isOwn =
            switch format {
            case .telegram: !folders.isEmpty && folders.allSatisfy(TelegramExport.folders.contains)
            case .whatsapp:
                name.lowercased().hasSuffix(".txt") && folders.isEmpty
                    && (name == "_chat.txt" || beside.contains(where: isWhatsAppMedia))
            case .jsonl: namesFilesBeside(path, folder, folders: Set(folders))
            case .wechat: true
            }
        guard isOwn else { return nil }
        let found = try SourceFolder.find(at: folder, wanted: format)
        return found.exports.map(\.path) == [name] && found.unread.isEmpty ? folder : nil
    } catch {
        // The file that was named is still a source, and is read without the folder.
        return nil
    }
}

/// Whether a file is called as WhatsApp calls media: `IMG-20241201-WA0001.jpg`, `00000035-PHOTO-2022-03-27-21-41.jpg`.
private func isWhatsAppMedia(_ name: String) -> Bool {
    name.wholeMatch(of: #/.+-[0-9]{8}-WA[0-9]{4,}.*|[0-9]{8}-[A-Z]+-[0-9]{4}-.+/#) != nil
}

/// Whether the lines of a file of the interchange format name attachments of which one is there, in all folders that are beside the
/// file and in no others.
private func namesFilesBeside(_ path: String, _ folder: String, folders: Set<String>) -> Bool {
    var named: Set<String> = []
    var isAnyThere = false
    let media = SourceMedia(root: folder, folder: "")
    do {
        var lines = LineReader(try SourceFile(path: path), limit: InterchangeFile.lineLimit)
        while let line = try lines.next(), line.offset < mostBytesLookedAt {
            guard let bytes = line.bytes, let read = InterchangeFile.parse(bytes) else { continue }
            let attachments: [Attachment] =
                switch read {
                case .message(let entry): entry.message.attachments
                case .person(let person): person.avatar.map { [$0] } ?? []
                case .conversation: []
                }
            for attachment in attachments {
                guard case .file(let path) = attachment.content else { continue }
                let names = path.split(separator: "/")
                if names.count > 1, let first = names.first { named.insert(String(first)) }
                if !isAnyThere, case .file = media.content(of: path) { isAnyThere = true }
            }
            if isAnyThere, folders.isSubset(of: named) { return true }
        }
    } catch {
        // As it is not known whether they are the file's own, they are not taken for it.
    }
    return false
}

/// How much of a file of the interchange format is looked at to find what it names.
private let mostBytesLookedAt = 64 << 20
