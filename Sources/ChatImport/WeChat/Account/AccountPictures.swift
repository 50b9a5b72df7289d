import ChatMedia
import ChatModel
import Glibc

/// Finds how the pictures of an account are decoded that lie there in disguise (`.dat`).
final class AccountPictures {
    private let files: AccountFiles
    private var keys: WeChatImageKeys
    /// The folder of pictures of version 4, when the byte of their last parts is still to be found there.
    private var unknownIn: String?
    private var withoutKey = 0

    /// - Parameter folder: where pictures of version 4 lie, below the account's folder; nil where there are none.
    init(_ files: AccountFiles, keys: WeChatImageKeys, version4In folder: String? = nil) {
        self.files = files
        self.keys = keys
        unknownIn = keys.xor == nil ? folder : nil
    }

    var notes: [WeChatNote] { withoutKey > 0 ? [.picturesNeedKey(count: withoutKey)] : [] }

    /// A picture as it is shown. Cost: reads the first and the last bytes of the file.
    ///
    /// - Parameter path: of a file below the source's root.
    func attachment(_ path: String, _ media: WeChatContent.Media, isThumbnail: Bool) -> Attachment {
        var attachment = AccountAttachments.plain(path, media, isThumbnail: isThumbnail)
        do throws(SystemFault) {
            let file = try SourceFile(path: files.root + "/" + path)
            let size = Int64(file.count)
            if let folder = unknownIn, try file.prefix(3) == [0x07, 0x08, 0x56] {
                unknownIn = nil
                var search = XorSearch(files: files)
                keys.xor = try search.byte(in: folder)
            }
            let picture = try WeChatMedia.picture(size: size, keys: keys) { (range) throws(SystemFault) in
                try file.bytes(Int(range.lowerBound)..<Int(range.upperBound))
            }
            attachment.decoding = picture.decoding
            attachment.mediaType = picture.format?.mediaType ?? ""
            if picture.needsKey {
                withoutKey += 1
                // It is no picture that any program shows.
                attachment.mediaType = "application/octet-stream"
            }
        } catch {
            attachment.content = .missing(reason: "the file cannot be read: \(String(cString: strerror(error.errno)))")
        }
        return attachment
    }
}

/// Looks for the byte that the last parts of an account's pictures of version 4 are changed with: thumbnails are JPEG, whose
/// last bytes are known.
private struct XorSearch {
    let files: AccountFiles
    private var votes: [UInt8: Int] = [:]
    private var folders = 0

    /// Thumbnails that are asked, and folders that are looked into, at the most.
    private static let (mostVotes, mostFolders) = (9, 300)

    init(files: AccountFiles) { self.files = files }

    /// The byte that most thumbnails have, below a folder of `<conversation>/<month>/Img`; nil when there are none.
    mutating func byte(in folder: String) throws(SystemFault) -> UInt8? {
        for conversation in names(folder) {
            for month in names(conversation) {
                for path in names(month + "/Img") where path.hasSuffix("_t.dat") {
                    if let vote = try vote(path) { votes[vote, default: 0] += 1 }
                    if votes.values.reduce(0, +) >= Self.mostVotes { return winner }
                }
                folders += 1
                if folders > Self.mostFolders { return winner }
            }
        }
        return winner
    }

    private var winner: UInt8? { votes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key }

    private func names(_ folder: String) -> [String] {
        // A folder that cannot be read has no thumbnails to ask.
        guard files.hasFolder(folder), let names = try? files.names(folder) else { return [] }
        return names.map { folder + "/" + $0 }
    }

    private func vote(_ below: String) throws(SystemFault) -> UInt8? {
        guard let path = files.file(below) else { return nil }
        let file = try SourceFile(path: files.root + "/" + path)
        let head = try file.prefix(15)
        let size = Int64(try file.state().size)
        // What is changed are the last bytes, as many as the header says.
        guard head.count == 15, head.starts(with: [0x07, 0x08, 0x56]), size >= 2,
            head[10] >= 2 || head[11] > 0 || head[12] > 0 || head[13] > 0
        else { return nil }
        return WeChatImageKeys.xor(ofThumbnailEndingIn: try file.bytes(Int(size) - 2..<Int(size)))
    }
}
