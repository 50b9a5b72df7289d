import Glibc

extension Node {
    /// A node with the metadata of an entry, in UTC so that the same file gives the same bytes in every zone.
    ///
    /// Content, subtree, link target, names of the owner and extended attributes are left empty.
    init(name: [UInt8], status: stat, recordsAccessTime: Bool = false) {
        let modified = GoTime(status.st_mtim)
        self.init(
            name: name, kind: Kind(unixMode: status.st_mode), mode: FileMode(unixMode: status.st_mode),
            modified: modified,
            accessed: recordsAccessTime ? GoTime(status.st_atim) : modified, changed: GoTime(status.st_ctim),
            uid: status.st_uid, gid: status.st_gid)
        inode = UInt64(status.st_ino)
        switch kind {
        case .file:
            size = UInt64(max(0, status.st_size))
            links = UInt64(status.st_nlink)
        case .symlink: links = UInt64(status.st_nlink)
        case .blockDevice, .characterDevice:
            device = UInt64(status.st_rdev)
            links = UInt64(status.st_nlink)
        default: break
        }
        // Device numbers change with every boot, so they are kept only where they tell hard links.
        if links > 1 { deviceID = UInt64(status.st_dev) }
    }

    /// restic's rule for a file whose content need not be read again: equal size, mtime, ctime and inode.
    func isUnchanged(since previous: Node) -> Bool {
        kind == .file && previous.kind == .file && size == previous.size && inode == previous.inode
            && modified.isSameInstant(as: previous.modified) && changed.isSameInstant(as: previous.changed)
    }
}

extension Node.Kind {
    /// The kind that a `st_mode` tells.
    init(unixMode: UInt32) {
        switch unixMode & 0o170000 {
        case 0o100000: self = .file
        case 0o040000: self = .directory
        case 0o120000: self = .symlink
        case 0o060000: self = .blockDevice
        case 0o020000: self = .characterDevice
        case 0o010000: self = .fifo
        case 0o140000: self = .socket
        default: self = .irregular
        }
    }
}

extension GoTime {
    /// A system time, in UTC.
    init(_ time: timespec) {
        self.init(seconds: Int64(time.tv_sec), nanoseconds: Int32(clamping: time.tv_nsec))
    }

    /// As the system takes it.
    var systemTime: timespec { timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds)) }
}
