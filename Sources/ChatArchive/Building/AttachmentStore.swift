import ChatModel
import ResticRepository
import Storage

/// Turns what rows say of their attachments into what the archive stores: content, or the reason why there is none.
struct AttachmentStore<Provider: AttachmentProvider> {
    let provider: Provider
    var media: MediaFolder
    let writer: RepositoryWriter
    let chunker: Chunker
    private(set) var stored = 0
    private(set) var missing: [String: Int] = [:]

    init(provider: Provider, media: MediaFolder, writer: RepositoryWriter, chunker: Chunker) {
        self.provider = provider
        self.media = media
        self.writer = writer
        self.chunker = chunker
    }

    /// Resolves the attachments of rows.
    mutating func resolve(_ rows: inout [SegmentMerge.Row], of source: ArchiveSource) throws(ArchiveError) {
        for row in rows.indices {
            for index in rows[row].message.attachments.indices {
                let attachment = rows[row].message.attachments[index]
                rows[row].message.attachments[index] = try resolve(attachment, of: source)
            }
        }
    }

    /// What the archive stores of a person's picture; nil when there is none. Does not count as an attachment.
    mutating func avatar(_ avatar: Attachment, of source: ArchiveSource) throws(ArchiveError) -> Attachment? {
        let counts = (stored, missing)
        defer { (stored, missing) = counts }
        let resolved = try resolve(avatar, of: source)
        if case .stored = resolved.content { return resolved }
        return nil
    }

    private mutating func resolve(_ attachment: Attachment, of source: ArchiveSource) throws(ArchiveError) -> Attachment
    {
        var attachment = attachment
        switch attachment.content {
        case .file(let path):
            if let content = try provider.file(at: path, of: source) {
                try keep(content, in: &attachment)
            } else {
                attachment.markMissing("the export does not contain the file")
            }
        case .entry(let container, let name):
            if let content = try store(name, in: container, of: source) {
                try keep(content, in: &attachment)
            } else {
                attachment.markMissing("the export does not contain the file")
            }
        case .contained(let bytes):
            let content: FileContent
            do throws(RepositoryError) {
                var file = FileContentWriter(writer, chunker: chunker, group: .media)
                try file.append(bytes)
                content = try file.finish()
            } catch { throw .repository(error) }
            try keep(content, in: &attachment)
        case .stored(let sha256, _):
            // A segment fed back: only what this archive has can be kept.
            if try !media.contains(sha256) {
                attachment.markMissing("the export does not contain the file")
            }
        case .missing: break
        }
        if case .missing(let reason) = attachment.content { missing[reason, default: 0] += 1 }
        return attachment
    }

    private mutating func keep(_ content: FileContent, in attachment: inout Attachment) throws(ArchiveError) {
        attachment.checkDecoding(contentSize: Int64(content.size))
        if case .missing = attachment.content { return }
        // What is kept in disguise is no file of the kind that its shown name says.
        let name = attachment.decoding == nil ? attachment.name : "disguised.dat"
        if try media.add(content, name: name) { stored += 1 }
        attachment.content = .stored(sha256: content.digest.hex, size: Int64(content.size))
    }

    private func store(_ name: String, in container: String, of source: ArchiveSource) throws(ArchiveError)
        -> FileContent?
    {
        var content = FileContentWriter(writer, chunker: chunker, group: .media)
        let found = try provider.entry(name, in: container, of: source) { (bytes) throws(RepositoryError) in
            try content.append(bytes)
        }
        guard found else { return nil }
        do throws(RepositoryError) { return try content.finish() } catch { throw .repository(error) }
    }
}
