import CFuse
import ChatArchive
import Glibc

extension Server {
    func open(_ request: OpaquePointer, _ information: UnsafeMutablePointer<fuse_file_info>) {
        counters.count(.open)
        if information.pointee.flags & O_ACCMODE != O_RDONLY {
            fuse_reply_err(request, EROFS)
        } else if mayOmitOpen {
            fuse_reply_err(request, ENOSYS)
        } else {
            information.pointee.keep_cache = 1
            information.pointee.noflush = 1
            fuse_reply_open(request, information)
        }
    }

    func read(_ request: OpaquePointer, _ inode: fuse_ino_t, size: Int, offset: off_t) {
        counters.count(.read)
        let file = InodeNumber(rawValue: inode)
        guard offset >= 0 else {
            fuse_reply_err(request, EINVAL)
            return
        }
        let offset = UInt64(offset)
        let before = offset == 0 ? siblings?.observe(file) : nil
        answer(request) { reply throws(FolderTreeError) in
            if before != nil { throw .mustWait }
            try read(reply, file, offset, size, .never)
        } later: {
            { [self] reply, waiting throws(FolderTreeError) in
                before?()
                try read(reply, file, offset, size, waiting)
            }
        }
    }

    private func read(
        _ reply: Reply, _ file: InodeNumber, _ offset: UInt64, _ size: Int, _ waiting: Waiting
    ) throws(FolderTreeError) {
        try tree.read(file, offset: offset, count: size, waiting: waiting) { bytes in
            reply.send { fuse_reply_buf($0, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count) }
        }
    }

    func readlink(_ request: OpaquePointer, _ inode: fuse_ino_t) {
        counters.count(.readlink)
        let link = InodeNumber(rawValue: inode)
        answer(request) { reply throws(FolderTreeError) in
            try readlink(reply, link, .never)
        } later: {
            { [self] reply, waiting throws(FolderTreeError) in try readlink(reply, link, waiting) }
        }
    }

    private func readlink(_ reply: Reply, _ link: InodeNumber, _ waiting: Waiting) throws(FolderTreeError) {
        // The kernel takes at most a page less one byte.
        let target = try tree.target(of: link, waiting: waiting).prefix { $0 != 0 }
        guard !target.isEmpty, target.count < 4096 else {
            reply.send { fuse_reply_err($0, target.isEmpty ? EINVAL : ENAMETOOLONG) }
            return
        }
        (target + [0]).withUnsafeBytes { bytes in
            let text = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            reply.send { fuse_reply_readlink($0, text) }
        }
    }

    /// Asked once, without the kernel's own check of permissions, which `default_permissions` turns on: ENOSYS lets everything be
    /// read for as long as the mount lives, and nothing be written is the mount's own word.
    func access(_ request: OpaquePointer) {
        counters.count(.access)
        fuse_reply_err(request, ENOSYS)
    }

    /// - Parameter name: nil lists the names.
    func extendedAttribute(_ request: OpaquePointer, _ inode: fuse_ino_t, name: UnsafePointer<CChar>?, size: Int) {
        counters.count(name == nil ? .listxattr : .getxattr)
        // One ENOSYS ends these questions for as long as the mount lives.
        guard options.extendedAttributes else {
            fuse_reply_err(request, ENOSYS)
            return
        }
        let file = InodeNumber(rawValue: inode)
        let wanted = name.map { String(cString: $0) }
        if let wanted, !wanted.hasPrefix("user.") {
            fuse_reply_err(request, ENODATA)
            return
        }
        answer(request) { reply throws(FolderTreeError) in
            try extendedAttribute(reply, file, wanted, size, .never)
        } later: {
            { [self] reply, waiting throws(FolderTreeError) in try extendedAttribute(reply, file, wanted, size, waiting)
            }
        }
    }

    private func extendedAttribute(
        _ reply: Reply, _ file: InodeNumber, _ name: String?, _ size: Int, _ waiting: Waiting
    ) throws(FolderTreeError) {
        let attributes = try tree.extendedAttributes(of: file, waiting: waiting)
        var value: [UInt8] = []
        if let name {
            guard let found = attributes.first(where: { $0.name == name }) else {
                reply.send { fuse_reply_err($0, ENODATA) }
                return
            }
            value = found.value
        } else {
            for attribute in attributes { value += attribute.name.utf8 + [0] }
        }
        let count = value.count
        if size == 0 {
            reply.send { fuse_reply_xattr($0, count) }
        } else if count > size {
            reply.send { fuse_reply_err($0, ERANGE) }
        } else {
            value.withUnsafeBytes { bytes in
                reply.send { fuse_reply_buf($0, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), count) }
            }
        }
    }

    /// Everything that would change a file. The kernel refuses nearly all of it by itself, because the mount is read-only.
    func refuse(_ request: OpaquePointer) {
        counters.count(.change)
        fuse_reply_err(request, EROFS)
    }
}
