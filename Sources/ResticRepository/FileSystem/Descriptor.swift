import Glibc

/// An open file or directory, closed when dropped.
package struct Descriptor: ~Copyable {
    /// Its number, for as long as it is open.
    package let raw: Int32

    /// Takes over an open descriptor.
    init(owning raw: Int32) {
        self.raw = raw
    }

    deinit { close(raw) }

    /// Opens an entry of a directory; a name is one component, so nothing outside of the directory can be reached
    /// unless `flags` lack `O_NOFOLLOW`.
    package static func open(
        _ name: [UInt8], in directory: Int32, _ flags: Int32, mode: UInt32 = 0
    ) throws(SystemError) -> Descriptor {
        let raw = withCString(name) { openat(directory, $0, flags | O_CLOEXEC, mode) }
        guard raw >= 0 else { throw SystemError(.open, errno) }
        return Descriptor(owning: raw)
    }

    /// Opens a path, following links.
    static func open(path: String, _ flags: Int32) throws(SystemError) -> Descriptor {
        try open(Array(path.utf8), in: AT_FDCWD, flags)
    }

    /// What the open file is now.
    func status() throws(SystemError) -> stat {
        var status = stat()
        guard fstat(raw, &status) == 0 else { throw SystemError(.status, errno) }
        return status
    }

    /// What an entry of this directory is; a symbolic link itself, not its target.
    func status(of name: [UInt8]) throws(SystemError) -> stat {
        var status = stat()
        guard withCString(name, { fstatat(raw, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
            throw SystemError(.status, errno)
        }
        return status
    }

    /// The status of what a symbolic link in a directory leads to.
    static func target(of name: [UInt8], in directory: Int32) throws(SystemError) -> stat {
        var status = stat()
        guard withCString(name, { fstatat(directory, $0, &status, 0) }) == 0 else { throw SystemError(.status, errno) }
        return status
    }

    /// The target of a symbolic link in a directory, as it is written.
    static func linkTarget(of name: [UInt8], in directory: Int32) throws(SystemError) -> [UInt8] {
        var target = [UInt8](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = withCString(name) { name in
            target.withUnsafeMutableBytes { buffer in
                readlinkat(directory, name, buffer.assumingMemoryBound(to: CChar.self).baseAddress!, buffer.count)
            }
        }
        guard count >= 0 else { throw SystemError(.readLink, errno) }
        return Array(target.prefix(count))
    }

    /// The names in this directory in ascending order of their bytes, without `.` and `..`.
    func names() throws(SystemError) -> [[UInt8]] {
        // A stream owns its descriptor, so it gets one of its own.
        let copy = openat(raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { throw SystemError(.list, errno) }
        guard let stream = fdopendir(copy) else {
            let code = errno
            close(copy)
            throw SystemError(.list, code)
        }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                let start = UnsafeRawPointer(field).assumingMemoryBound(to: UInt8.self)
                let count = strlen(UnsafeRawPointer(field).assumingMemoryBound(to: CChar.self))
                return Array(UnsafeBufferPointer(start: start, count: count))
            }
            if name != [0x2E], name != [0x2E, 0x2E] { names.append(name) }
        }
        guard errno == 0 else { throw SystemError(.list, errno) }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Reads the next bytes; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        while true {
            let count = Glibc.read(raw, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw SystemError(.read, errno) }
        }
    }

    /// Reads at an offset until the buffer is full or the file ends.
    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = pread(raw, rest.baseAddress, rest.count, off_t(clamping: offset) + off_t(done))
            if count == 0 { break }
            if count > 0 { done += count } else if errno != EINTR { throw SystemError(.read, errno) }
        }
        return done
    }

    /// Writes all bytes at an offset.
    package func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = pwrite(raw, rest.baseAddress, rest.count, off_t(clamping: offset) + off_t(done))
            if count >= 0 { done += count } else if errno != EINTR { throw SystemError(.write, errno) }
        }
    }
}

/// Lends a name as a C string; a NUL inside ends it, so check names of foreign origin first.
func withCString<Result>(_ name: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    (name + [0]).withUnsafeBytes { body($0.assumingMemoryBound(to: CChar.self).baseAddress!) }
}
