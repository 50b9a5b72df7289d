import CFuse
import ChatArchive
import Glibc

extension Server {
    func lookup(_ request: OpaquePointer, _ parent: fuse_ino_t, _ name: UnsafePointer<CChar>) {
        counters.count(.lookup)
        let directory = InodeNumber(rawValue: parent)
        let bytes = UnsafeRawBufferPointer(start: name, count: strlen(name))
        guard bytes.count <= 255 else {
            fuse_reply_err(request, ENAMETOOLONG)
            return
        }
        answer(request) { reply throws(FolderTreeError) in
            try lookup(reply, directory, bytes, .never)
        } later: {
            let copy = [UInt8](bytes)
            return { [self] reply, waiting throws(FolderTreeError) in
                try withBytes(of: copy) { bytes throws(FolderTreeError) in try lookup(reply, directory, bytes, waiting)
                }
            }
        }
    }

    private func lookup(
        _ reply: Reply, _ directory: InodeNumber, _ name: UnsafeRawBufferPointer, _ waiting: Waiting
    ) throws(FolderTreeError) {
        let entry = try tree.entry(named: name, in: directory, waiting: waiting)
        if let entry { tree.remember(entry.attributes.inode) }
        var parameter =
            entry.map { fuse_entry_param($0) }
            ?? fuse_entry_param(missingFor: tree.lifetimeOfAbsence(in: directory).seconds)
        reply.send { fuse_reply_entry($0, &parameter) }
    }

    func getattr(_ request: OpaquePointer, _ inode: fuse_ino_t) {
        counters.count(.getattr)
        let inode = InodeNumber(rawValue: inode)
        answer(request) { reply throws(FolderTreeError) in
            try getattr(reply, inode, .never)
        } later: {
            { [self] reply, waiting throws(FolderTreeError) in try getattr(reply, inode, waiting) }
        }
    }

    private func getattr(_ reply: Reply, _ inode: InodeNumber, _ waiting: Waiting) throws(FolderTreeError) {
        var status = stat(try tree.attributes(of: inode, waiting: waiting))
        reply.send { fuse_reply_attr($0, &status, Server.endless) }
    }

    /// - Parameter plus: whether the entries carry attributes, which makes each of them a look-up of the kernel's.
    func list(_ request: OpaquePointer, _ directory: fuse_ino_t, size: Int, offset: off_t, plus: Bool) {
        counters.count(plus ? .readdirplus : .readdir)
        let directory = InodeNumber(rawValue: directory)
        let size = min(size, directoryBuffer.count)
        guard let offset = Int(exactly: offset), offset >= 0 else {
            fuse_reply_err(request, EINVAL)
            return
        }
        answer(request) { reply throws(FolderTreeError) in
            try list(
                reply, directory, offset, plus, .never,
                into: UnsafeMutableRawBufferPointer(rebasing: directoryBuffer[..<size]))
        } later: {
            { [self] reply, waiting throws(FolderTreeError) in
                let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
                defer { buffer.deallocate() }
                try list(reply, directory, offset, plus, waiting, into: buffer)
            }
        }
        if plus { siblings?.listed(directory) }
    }

    private func list(
        _ reply: Reply, _ directory: InodeNumber, _ offset: Int, _ plus: Bool, _ waiting: Waiting,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(FolderTreeError) {
        var used = 0
        var parameter = fuse_entry_param()
        parameter.attr_timeout = Server.endless
        let start = buffer.baseAddress
        do throws(FolderTreeError) {
            // libfuse wants a C string; 255 bytes are the longest name that Linux knows.
            try withCStringStorage { name throws(FolderTreeError) in
                try tree.list(directory, from: offset, waiting: waiting) { bytes, attributes, next in
                    guard let start, let text = name.baseAddress, bytes.count < name.count else { return true }
                    name.copyMemory(from: bytes)
                    name[bytes.count] = 0
                    let destination = (start + used).assumingMemoryBound(to: CChar.self)
                    let room = buffer.count - used
                    parameter.attr.fill(attributes)
                    let needed: Int
                    if plus {
                        // Without a number the kernel takes the name alone.
                        parameter.ino = attributes.isComplete ? attributes.inode.rawValue : 0
                        parameter.entry_timeout = Server.endless
                        needed = fuse_add_direntry_plus(
                            reply.request, destination, room, text.assumingMemoryBound(to: CChar.self), &parameter,
                            off_t(next))
                    } else {
                        needed = fuse_add_direntry(
                            reply.request, destination, room, text.assumingMemoryBound(to: CChar.self), &parameter.attr,
                            off_t(next))
                    }
                    guard needed <= room else { return false }
                    used += needed
                    // The kernel counts an entry that it got whole as looked up, but for `.` and `..`.
                    if plus, next > 2, attributes.isComplete { tree.remember(attributes.inode) }
                    return true
                }
            }
        } catch {
            // What is there is given; the kernel then asks on from where it ended, and meets the error again if it lasts.
            guard used > 0 else { throw error }
        }
        let count = used
        reply.send { fuse_reply_buf($0, start?.assumingMemoryBound(to: CChar.self), count) }
    }

    func opendir(_ request: OpaquePointer, _ information: UnsafeMutablePointer<fuse_file_info>) {
        counters.count(.opendir)
        guard !mayOmitOpenDirectory else {
            fuse_reply_err(request, ENOSYS)
            return
        }
        information.pointee.cache_readdir = 1
        information.pointee.keep_cache = 1
        fuse_reply_open(request, information)
    }

    func statfs(_ request: OpaquePointer) {
        counters.count(.statfs)
        let totals = tree.totals
        var status = statvfs()
        status.f_bsize = 4096
        status.f_frsize = 4096
        status.f_blocks = numericCast(totals.bytes / 4096 &+ (totals.bytes % 4096 == 0 ? 0 : 1))
        status.f_files = numericCast(totals.files)
        status.f_namemax = 255
        status.f_flag = UInt(ST_RDONLY | ST_NOSUID)
        fuse_reply_statfs(request, &status)
    }
}

/// 256 bytes on the stack.
@inline(__always)
private func withCStringStorage(
    _ body: (UnsafeMutableRawBufferPointer) throws(FolderTreeError) -> Void
) throws(FolderTreeError) {
    try withUnsafeTemporaryAllocation(byteCount: 256, alignment: 8) { storage in
        Result { () throws(FolderTreeError) in try body(storage) }
    }.get()
}

private func withBytes(
    of array: [UInt8], _ body: (UnsafeRawBufferPointer) throws(FolderTreeError) -> Void
) throws(FolderTreeError) {
    try array.withUnsafeBytes { bytes in
        Result { () throws(FolderTreeError) in try body(bytes) }
    }.get()
}
