import ChatArchive
import Glibc

extension FolderTreeError {
    /// What a program that reads the mount is told. `mustWait` never reaches one: such a request is answered later.
    var errorNumber: Int32 {
        switch self {
        case .notFound: ENOENT
        case .notADirectory: ENOTDIR
        case .isADirectory: EISDIR
        case .notASymlink: EINVAL
        case .mustWait, .timedOut, .archive, .repository: EIO
        }
    }
}
