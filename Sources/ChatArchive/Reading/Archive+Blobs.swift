import ChatModel
public import ResticRepository

extension Archive {
    /// The blobs of a conversation's segments: all its messages.
    public func segmentBlobs(of folder: ConversationFolder) -> [BlobID] {
        folder.months.flatMap { folder.node(of: $0.month)?.content ?? [] }
    }

    /// The blobs of a conversation's media. Reads its segments.
    public func mediaBlobs(of folder: ConversationFolder) throws(ArchiveError) -> [BlobID] {
        var blobs: [BlobID] = []
        for month in folder.months where month.attachments > 0 {
            guard let node = folder.node(of: month.month) else { continue }
            for attachment in try messages(of: node).flatMap(\.message.attachments) {
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
