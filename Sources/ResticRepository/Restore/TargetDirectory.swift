import Glibc

/// A directory under the target of a restore, made when something is put into it.
///
/// Every step down is one `openat` that follows no link, from a descriptor that is held: whatever a tree's names or an
/// earlier content of the target are, nothing outside of the target is reached.
final class TargetDirectory {
    private let parent: TargetDirectory?
    private let name: [UInt8]
    private var opened: Int32?
    let path: [[UInt8]]

    /// The target itself, which may be reached through links.
    init(root: consuming Descriptor) {
        parent = nil
        name = []
        path = []
        opened = fcntl(root.raw, F_DUPFD_CLOEXEC, 0)
    }

    /// An entry of another directory; its name has been checked.
    init(_ name: [UInt8], in parent: TargetDirectory) {
        self.name = name
        self.parent = parent
        path = parent.path + [name]
    }

    deinit {
        if let opened { close(opened) }
    }

    /// Whether it was made or found.
    var isOpen: Bool { opened != nil }

    /// The directory, made now if need be.
    func descriptor() throws(SystemError) -> Int32 {
        if let opened { return opened }
        guard let parent else { throw SystemError(.open, EBADF) }
        let above = try parent.descriptor()
        let result = withCString(name) { mkdirat(above, $0, 0o700) }
        if result != 0, errno != EEXIST { throw SystemError(.create, errno) }
        let found = withCString(name) { openat(above, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        guard found >= 0 else { throw SystemError(.open, errno) }
        // Until the final mode is set, its owner must be able to write.
        var status = stat()
        if result != 0, fstat(found, &status) == 0, status.st_mode & 0o700 != 0o700 { fchmod(found, 0o700) }
        opened = found
        return found
    }

    /// Opens a directory below by its path, following no links.
    func open(_ path: some Sequence<[UInt8]>) throws(SystemError) -> Descriptor {
        var current = try Descriptor.open([UInt8(ascii: ".")], in: try descriptor(), O_RDONLY | O_DIRECTORY)
        for name in path {
            current = try Descriptor.open(name, in: current.raw, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        }
        return current
    }
}
