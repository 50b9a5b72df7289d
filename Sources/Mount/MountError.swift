import Glibc

/// Why a mount could not be made, served or removed.
public enum MountError: Error, Equatable, Sendable {
    case missing(path: String)
    case notADirectory(path: String)
    case notEmpty(path: String)
    /// Another file system is mounted exactly there.
    case alreadyMounted(path: String, type: String)
    /// A mount whose program is gone ("Transport endpoint is not connected").
    case stale(path: String)
    case overlapsRepository(path: String, repository: String)
    case overlapsSource(path: String, source: String)
    /// The mountpoint cannot be examined.
    case inaccessible(path: String, errorNumber: Int32)
    case deviceUnavailable(errorNumber: Int32)
    /// A user other than root asked for allow_other and this configuration file does not permit it.
    case allowOtherForbidden(configuration: String)
    /// libfuse refused; `words` is what it said.
    case refused(path: String, words: String)
    case servingFailed(path: String, errorNumber: Int32)
    case notMounted(path: String)
    case notChatark(path: String, type: String)
    case busy(path: String)
    case unmountFailed(path: String, words: String)
}

extension MountError: CustomStringConvertible {
    /// What went wrong, and what to do now.
    public var description: String {
        switch self {
        case .missing(let path):
            "Cannot mount at '\(path)': there is no such directory. Create it with 'mkdir \(path)'."
        case .notADirectory(let path):
            "Cannot mount at '\(path)': it is not a directory."
        case .notEmpty(let path):
            "Cannot mount at '\(path)': the directory is not empty. Use an empty one, or allow it to be covered with '--nonempty'."
        case .alreadyMounted(let path, let type):
            "Cannot mount at '\(path)': a \(type) file system is mounted there already. Remove it first, with 'chatark umount \(path)' if it is ours."
        case .stale(let path):
            "Cannot mount at '\(path)': an earlier mount whose program has ended is still there. Remove it with 'chatark umount \(path)'."
        case .overlapsRepository(let path, let repository):
            "Cannot mount at '\(path)': it overlaps the repository '\(repository)', and reading the mount would wait for itself. Use a directory elsewhere."
        case .overlapsSource(let path, let source):
            "Cannot mount at '\(path)': it overlaps '\(source)', which is backed up. Use a directory elsewhere."
        case .inaccessible(let path, let number):
            "Cannot examine '\(path)': \(words(of: number))."
        case .deviceUnavailable(let number):
            "Cannot open /dev/fuse: \(words(of: number)). Is the fuse kernel module loaded, and may this user (or container) open the device?"
        case .allowOtherForbidden(let configuration):
            "Only root may use '--allow-other' here. Add the line 'user_allow_other' to \(configuration), or leave the flag out."
        case .refused(let path, let words):
            "Cannot mount at '\(path)': \(words)."
        case .servingFailed(let path, let number):
            "The mount at '\(path)' ended: reading requests from the kernel failed: \(words(of: number))."
        case .notMounted(let path):
            "Nothing is mounted at '\(path)'."
        case .notChatark(let path, let type):
            "What is mounted at '\(path)' is a \(type) file system, not one of chatark's. Use 'umount' if you mean to remove it."
        case .busy(let path):
            "The mount at '\(path)' is in use. Close the programs and shells that are inside it ('fuser -vm \(path)' lists them), or detach it with '--lazy'."
        case .unmountFailed(let path, let words):
            "Cannot unmount '\(path)': \(words)."
        }
    }
}

func words(of errorNumber: Int32) -> String {
    String(cString: strerror(errorNumber))
}
