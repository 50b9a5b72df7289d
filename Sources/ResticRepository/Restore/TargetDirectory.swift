import Glibc

/// A directory under the target of a restore, made when something is put into it.
///
/// Every step down is one `openat` that follows no link, from a descriptor that is held: whatever a tree's names or an
/// earlier content of the target are, nothing outside of the target is reached.
package final class TargetDirectory {
    /// What it lies in; nil for the target itself, whose name is a path.
    private let parent: TargetDirectory?
    private let name: [UInt8]
    private var opened: Int32?
    /// Its components below the target.
    package let path: [[UInt8]]

    /// The target itself, which may be reached through links.
    package init(path: String) {
        parent = nil
        name = Array(path.utf8)
        self.path = []
    }

    /// An entry of another directory; its name has been checked.
    package init(_ name: [UInt8], in parent: TargetDirectory) {
        self.name = name
        self.parent = parent
        path = parent.path + [name]
    }

    deinit {
        if let opened { close(opened) }
    }

    /// Whether it was made or found.
    package var isOpen: Bool { opened != nil }

    /// The directory, made now if need be; valid for as long as this is.
    package func descriptor() throws(SystemError) -> Int32 {
        if let opened { return opened }
        guard let parent else { return try target() }
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

    private func target() throws(SystemError) -> Int32 {
        try Restorer.makeDirectories(name)
        let found = withCString(name) { Glibc.open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard found >= 0 else { throw SystemError(.open, errno) }
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
