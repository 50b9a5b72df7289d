import ChatModel
import Foundation

/// Finds the files that a source names, below the source's root.
struct SourceMedia {
    /// The root's path, without a slash at its end.
    let root: String
    /// The folder of the file that names them, below the root; empty for the root itself.
    let folder: String

    /// Where a file is that the source names relative to `folder`: never outside the root, never through an absolute
    /// path, and only if it is there.
    func content(of named: String) -> Attachment.Content {
        guard Self.isSafe(named) else { return .missing(reason: "the source names a file outside its folder") }
        let path = folder.isEmpty ? named : folder + "/" + named
        var status = stat()
        guard lstat(root + "/" + path, &status) == 0 else {
            return .missing(reason: "the file is not in the source's folder")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return .missing(reason: "what the source names is not a file") }
        return .file(path: path)
    }

    /// Whether every component of a path is a name: not empty, not `.` or `..`, without NUL.
    private static func isSafe(_ path: String) -> Bool {
        var path = path
        return path.withUTF8 { isSafe($0) }
    }

    private static func isSafe(_ path: UnsafeBufferPointer<UInt8>) -> Bool {
        // Of the component so far.
        var (length, dots) = (0, 0)
        for byte in path {
            switch byte {
            case 0: return false
            case UInt8(ascii: "/"):
                if length == 0 || length == dots && length <= 2 { return false }
                (length, dots) = (0, 0)
            default:
                length += 1
                if byte == UInt8(ascii: ".") { dots += 1 }
            }
        }
        return length > 0 && !(length == dots && length <= 2)
    }
}
