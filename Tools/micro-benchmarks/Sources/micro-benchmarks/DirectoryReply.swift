import CFuse
import ChatArchive

/// The bytes of a READDIRPLUS reply, filled by libfuse as the mount lets it do.
final class DirectoryReply {
    private let buffer: UnsafeMutableRawBufferPointer
    private let name = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 8)
    private var parameter = fuse_entry_param()
    private(set) var used = 0

    /// Room for `size` bytes.
    init(size: Int) {
        buffer = .allocate(byteCount: size, alignment: 16)
        parameter.attr_timeout = Lifetime.endless.seconds
        parameter.entry_timeout = Lifetime.endless.seconds
    }

    deinit {
        buffer.deallocate()
        name.deallocate()
    }

    /// Of what was written.
    var checksum: Int { Int(buffer[0]) &+ Int(buffer[max(0, used - 1)]) }

    func clear() { used = 0 }

    /// Whether an entry still had room.
    func add(_ bytes: UnsafeRawBufferPointer, _ attributes: FileAttributes, next: Int) -> Bool {
        guard bytes.count < name.count, let text = name.baseAddress, let start = buffer.baseAddress else {
            return false
        }
        name.copyMemory(from: bytes)
        name[bytes.count] = 0
        parameter.ino = attributes.inode.rawValue
        parameter.attr.st_ino = numericCast(attributes.inode.rawValue)
        parameter.attr.st_mode = attributes.kind.typeBits | UInt32(attributes.permissions & 0o7777)
        parameter.attr.st_nlink = numericCast(attributes.links)
        parameter.attr.st_uid = attributes.uid
        parameter.attr.st_gid = attributes.gid
        parameter.attr.st_size = numericCast(min(attributes.size, UInt64(Int64.max)))
        parameter.attr.st_blocks = numericCast(attributes.size / 512 &+ 1)
        parameter.attr.st_mtim.tv_sec = Int(attributes.mtime.seconds)
        parameter.attr.st_mtim.tv_nsec = Int(attributes.mtime.nanoseconds)
        let room = buffer.count - used
        // Nothing is read from the request.
        let needed = fuse_add_direntry_plus(
            nil, (start + used).assumingMemoryBound(to: CChar.self), room, text.assumingMemoryBound(to: CChar.self),
            &parameter, off_t(next))
        guard needed <= room else { return false }
        used += needed
        return true
    }
}
