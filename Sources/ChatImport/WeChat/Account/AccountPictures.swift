import ChatMedia
import ChatModel

/// Finds how the pictures of an account are decoded that lie there in disguise (`.dat`).
final class AccountPictures {
    private let files: AccountFiles
    private let keys: WeChatImageKeys
    private var withoutKey = 0

    init(_ files: AccountFiles, keys: WeChatImageKeys) {
        self.files = files
        self.keys = keys
    }

    var notes: [WeChatNote] { withoutKey > 0 ? [.picturesNeedKey(count: withoutKey)] : [] }

    /// A picture as it is shown. Cost: reads the first and the last bytes of the file.
    ///
    /// - Parameter path: of a file below the source's root.
    func attachment(_ path: String, _ media: WeChatContent.Media, isThumbnail: Bool) -> Attachment {
        var attachment = AccountAttachments.plain(path, media, isThumbnail: isThumbnail)
        do throws(SystemFault) {
            let file = try SourceFile(path: files.root + "/" + path)
            let size = Int64(try file.state().size)
            let picture = try WeChatMedia.picture(size: size, keys: keys) { (range) throws(SystemFault) in
                try file.bytes(Int(range.lowerBound)..<Int(range.upperBound))
            }
            attachment.decoding = picture.decoding
            attachment.mediaType = picture.format?.mediaType ?? ""
            if picture.needsKey { withoutKey += 1 }
        } catch {
            attachment.content = .missing(reason: "the file cannot be read: errno \(error.errno)")
        }
        return attachment
    }
}
