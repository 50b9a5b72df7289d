import CFuse
import ChatArchive

/// The table of libfuse callbacks. What is left out (ioctl, locks, poll, lseek for holes, fsync, flush, release) libfuse answers with ENOSYS once
/// or the kernel does itself, which is right for files that never change.
func operations() -> fuse_lowlevel_ops {
    var table = fuse_lowlevel_ops()
    table.`init` = { data, connection in
        guard let data, let connection else { return }
        Unmanaged<Server>.fromOpaque(data).takeUnretainedValue().connect(connection)
    }
    table.lookup = { request, parent, name in
        guard let request, let name else { return }
        server(request)?.lookup(request, parent, name)
    }
    table.forget = { request, inode, lookups in
        guard let request else { return }
        server(request)?.forget(inode, lookups)
        fuse_reply_none(request)
    }
    table.forget_multi = { request, count, list in
        guard let request else { return }
        if let server = server(request), let list {
            for item in UnsafeBufferPointer(start: list, count: count) { server.forget(item.ino, item.nlookup) }
        }
        fuse_reply_none(request)
    }
    table.getattr = { request, inode, _ in
        guard let request else { return }
        server(request)?.getattr(request, inode)
    }
    table.readlink = { request, inode in
        guard let request else { return }
        server(request)?.readlink(request, inode)
    }
    table.open = { request, _, information in
        guard let request, let information else { return }
        server(request)?.open(request, information)
    }
    table.read = { request, inode, size, offset, _ in
        guard let request else { return }
        server(request)?.read(request, inode, size: size, offset: offset)
    }
    table.opendir = { request, _, information in
        guard let request, let information else { return }
        server(request)?.opendir(request, information)
    }
    table.readdir = { request, inode, size, offset, _ in
        guard let request else { return }
        server(request)?.list(request, inode, size: size, offset: offset, plus: false)
    }
    table.readdirplus = { request, inode, size, offset, _ in
        guard let request else { return }
        server(request)?.list(request, inode, size: size, offset: offset, plus: true)
    }
    table.statfs = { request, _ in
        guard let request else { return }
        server(request)?.statfs(request)
    }
    table.access = { request, _, _ in
        guard let request else { return }
        server(request)?.access(request)
    }
    table.getxattr = { request, inode, name, size in
        guard let request, let name else { return }
        server(request)?.extendedAttribute(request, inode, name: name, size: size)
    }
    table.listxattr = { request, inode, size in
        guard let request else { return }
        server(request)?.extendedAttribute(request, inode, name: nil, size: size)
    }
    addRefusals(to: &table)
    return table
}

private func addRefusals(to table: inout fuse_lowlevel_ops) {
    table.setattr = { request, _, _, _, _ in refuse(request) }
    table.mknod = { request, _, _, _, _ in refuse(request) }
    table.mkdir = { request, _, _, _ in refuse(request) }
    table.unlink = { request, _, _ in refuse(request) }
    table.rmdir = { request, _, _ in refuse(request) }
    table.symlink = { request, _, _, _ in refuse(request) }
    table.rename = { request, _, _, _, _, _ in refuse(request) }
    table.link = { request, _, _, _ in refuse(request) }
    table.write = { request, _, _, _, _, _ in refuse(request) }
    table.create = { request, _, _, _, _ in refuse(request) }
    table.fallocate = { request, _, _, _, _, _ in refuse(request) }
    table.setxattr = { request, _, _, _, _, _ in refuse(request) }
    table.removexattr = { request, _, _ in refuse(request) }
}

private func server(_ request: OpaquePointer) -> Server? {
    fuse_req_userdata(request).map { Unmanaged<Server>.fromOpaque($0).takeUnretainedValue() }
}

private func refuse(_ request: OpaquePointer?) {
    guard let request else { return }
    server(request)?.refuse(request)
}

extension Server {
    fileprivate func forget(_ inode: fuse_ino_t, _ lookups: UInt64) {
        counters.count(.forget)
        tree.forget(InodeNumber(rawValue: inode), lookups: lookups)
    }
}
