import CFuse
import ChatArchive
import Glibc

extension stat {
    /// A file's attributes as the kernel wants them.
    @inline(__always)
    init(_ attributes: FileAttributes) {
        self.init()
        fill(attributes)
    }

    @inline(__always)
    mutating func fill(_ attributes: FileAttributes) {
        st_ino = numericCast(attributes.inode.rawValue)
        st_mode = attributes.kind.typeBits | mode_t(attributes.permissions & 0o7777)
        st_nlink = numericCast(attributes.links)
        st_uid = attributes.uid
        st_gid = attributes.gid
        st_rdev = numericCast(attributes.deviceNumber)
        st_size = numericCast(min(attributes.size, UInt64(Int64.max)))
        st_blksize = 4096
        st_blocks = numericCast(attributes.size / 512 &+ (attributes.size % 512 == 0 ? 0 : 1))
        st_mtim = timespec(attributes.mtime)
        st_ctim = timespec(attributes.ctime)
        st_atim = timespec(attributes.atime)
    }
}

extension fuse_entry_param {
    /// What a look-up or a listing tells the kernel about a name.
    @inline(__always)
    init(_ entry: FolderEntry) {
        self.init()
        ino = entry.attributes.inode.rawValue
        attr.fill(entry.attributes)
        attr_timeout = entry.lifetime.seconds
        entry_timeout = entry.lifetime.seconds
    }

    /// "There is no such name", which the kernel remembers.
    init(missingFor seconds: Double) {
        self.init()
        entry_timeout = seconds
    }
}

extension timespec {
    init(_ time: FileAttributes.Time) {
        self.init(tv_sec: Int(time.seconds), tv_nsec: Int(time.nanoseconds))
    }
}
