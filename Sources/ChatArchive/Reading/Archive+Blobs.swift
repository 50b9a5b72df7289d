import ChatModel
public import ResticRepository
public import Storage

extension Archive {
    /// The blobs of a conversation's segments: all its messages.
    public func segmentBlobs(of folder: ConversationFolder) -> [BlobID] {
        folder.months.flatMap(\.blobs)
    }

    /// Whether the repository has all messages, as far as its index tells; false also when a list of months is damaged or gone. Costs
    /// the lists of all months.
    public func isHeld() throws(ArchiveError) -> Bool {
        do throws(ArchiveError) {
            let names = try conversations().map(\.folder)
            for start in stride(from: 0, to: names.count, by: Self.listsTogether) {
                let some = Array(names[start..<min(start + Self.listsTogether, names.count)])
                let blobs = try folders(named: some).lazy.flatMap(\.months).flatMap(\.blobs)
                guard blobs.allSatisfy({ repository.contains($0, .data) }) else { return false }
            }
            return true
        } catch {
            guard case .repository(let error) = error, error.concernsContent else { throw error }
            return false
        }
    }

    private static let listsTogether = 256

    /// The text of segments, each in one piece, with few reads; in no particular order.
    public func segments(
        _ months: [MonthRecord], _ body: (_ index: Int, _ text: [UInt8]) throws -> Void
    ) throws {
        // A segment is one blob but for the largest months.
        var waiting: [BlobID: [Int]] = [:]
        for (index, month) in months.enumerated() {
            for blob in Set(month.blobs) { waiting[blob, default: []].append(index) }
        }
        var missing = months.map { Set($0.blobs).count }
        var parts: [BlobID: [UInt8]] = [:]
        var failure: (any Error)?
        try repository.blobs(Array(waiting.keys), .data, retention: .metadata) { (id, bytes) throws(RepositoryError) in
            for index in waiting[id] ?? [] where failure == nil {
                missing[index] -= 1
                let blobs = months[index].blobs
                do {
                    if blobs.count == 1 {
                        try body(index, bytes)
                    } else {
                        parts[id] = bytes
                        if missing[index] == 0 { try body(index, blobs.flatMap { parts[$0] ?? [] }) }
                    }
                } catch {
                    failure = error
                }
            }
        }
        if let failure { throw failure }
    }

    /// Brings conversations to this machine, where the store keeps what it fetches: all segments, then the media.
    ///
    /// - Parameter progress: told of the bytes of each pack that has been looked after, from any thread.
    public func fetch(
        _ folders: [ConversationFolder], media: Bool, progress: @escaping @Sendable (_ bytes: Int) -> Void = { _ in }
    ) throws(ArchiveError) {
        do throws(RepositoryError) {
            try repository.fetch(
                folders.flatMap(segmentBlobs), .data, retention: .metadata, progress: progress)
        } catch { throw .repository(error) }
        guard media else { return }
        // Media are looked up by what the index knows.
        try Self.read { () throws(RepositoryError) in try repository.completeSoundIndex() }
        var blobs: [BlobID] = []
        for folder in folders { blobs += try mediaBlobs(of: folder) }
        do throws(RepositoryError) {
            try repository.fetch(blobs, .data, retention: .content, progress: progress)
        } catch { throw .repository(error) }
    }

    /// The digests of stored media of several chunks, which nothing else tells without reading them. What cannot be read
    /// is left out. Costs a tree for each fan-out folder of media.
    public func digestsOfLargeMedia() -> [[BlobID]: SHA256Digest] {
        var digests: [[BlobID]: SHA256Digest] = [:]
        guard let media = try? subtree(of: root, named: ArchiveLayout.media) else { return [:] }
        for fan in media.nodes {
            guard let id = fan.subtree, let tree = try? repository.tree(id) else { continue }
            for node in tree.nodes {
                guard let blobs = node.content, blobs.count > 1,
                    let digest = SHA256Digest(hex: String(decoding: node.name.prefix(64), as: UTF8.self))
                else { continue }
                digests[blobs] = digest
            }
        }
        return digests
    }

    /// The blobs of a conversation's media. Reads its segments.
    public func mediaBlobs(of folder: ConversationFolder) throws(ArchiveError) -> [BlobID] {
        var blobs: [BlobID] = []
        for month in folder.months where month.attachments > 0 {
            for attachment in try messages(of: month.node).flatMap(\.message.attachments) {
                guard case .stored(let sha256, _) = attachment.content else { continue }
                // One chunk is named by the media's own digest.
                if let blob = BlobID(hex: sha256), repository.contains(blob, .data) {
                    blobs.append(blob)
                } else {
                    blobs += try mediaNode(sha256: sha256)?.content ?? []
                }
            }
        }
        return blobs
    }
}
