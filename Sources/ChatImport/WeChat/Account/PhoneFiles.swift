import ChatMedia
import ChatModel
import Glibc

/// The files around a database of a phone: looked for by path, and looked into as far as their first bytes tell what they
/// are and how they are read.
struct PhoneFiles {
    /// The source's root.
    let root: String
    /// The account's folder below the root; empty for the root itself.
    let folder: String
    /// What the owner knows about encrypted pictures.
    var imageKeys = WeChatImageKeys()

    /// The first of some paths, relative to the account's folder, where a file is; nil when none has one. `..` in front
    /// leads out of the account's folder, never out of the root.
    ///
    /// - Parameters:
    ///   - size: what the file must have, when it is given.
    ///   - stickerKey: for stickers, of which the beginning may be encrypted.
    func attachment(
        _ paths: [String], name: String = "", size: Int64? = nil, isThumbnail: Bool = false, stickerKey: [UInt8]? = nil
    ) -> Attachment? {
        for path in paths {
            guard let path = resolved(path),
                let file = try? SourceFile(path: root + "/" + path, isNamedByOthers: true), file.count > 0,
                size == nil || size == Int64(file.count)
            else { continue }
            var attachment = Attachment(name: name, content: .file(path: path), isThumbnail: isThumbnail)
            // A document is what its name says.
            guard name.isEmpty else { return attachment }
            let length = Int64(file.count)
            let read: (Range<Int64>) -> [UInt8] = { range in
                (try? file.bytes(Int(range.lowerBound)..<Int(range.upperBound))) ?? []
            }
            let found =
                stickerKey.map { WeChatMedia.sticker(size: length, key: $0, read) }
                ?? WeChatMedia.picture(size: length, keys: imageKeys, read)
            attachment.mediaType = found.format?.mediaType ?? ""
            attachment.decoding = found.decoding
            return attachment
        }
        return nil
    }

    /// The path below the root, when it leads to no other place and a file is there.
    func placed(_ path: String) -> String? {
        guard let path = resolved(path) else { return nil }
        var status = stat()
        guard lstat(root + "/" + path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return path
    }

    /// The path below the root, when it leads to no other place.
    private func resolved(_ path: String) -> String? {
        if Self.isPlain(path) { return folder.isEmpty ? path : folder + "/" + path }
        var components = folder.split(separator: "/").map(String.init)
        for component in path.split(separator: "/", omittingEmptySubsequences: false) {
            if component == ".." {
                guard components.popLast() != nil else { return nil }
            } else {
                guard !component.isEmpty, component != ".", component.utf8.count <= 255, !component.utf8.contains(0)
                else { return nil }
                components.append(String(component))
            }
        }
        return components.joined(separator: "/")
    }

    /// Whether no component of a path is empty, too long or begins with a dot, so that it stays as it is; nearly all.
    private static func isPlain(_ path: String) -> Bool {
        var path = path
        return path.withUTF8 { isPlain($0) }
    }

    private static func isPlain(_ path: UnsafeBufferPointer<UInt8>) -> Bool {
        var length = 0
        for byte in path {
            switch byte {
            case UInt8(ascii: "/"):
                if length == 0 { return false }
                length = 0
            case UInt8(ascii: "."):
                // Neither "." nor "..".
                if length == 0 { return false }
                length += 1
            case 0: return false
            default: length += 1
            }
            if length > 255 { return false }
        }
        return length > 0
    }
}

extension Attachment {
    /// One that the source does not have.
    static func missing(_ name: String, _ reason: String) -> Attachment {
        Attachment(name: name, content: .missing(reason: reason))
    }
}
