import Glibc

/// A repository in a folder of this machine, laid out and written as restic's local backend does.
///
/// An object is written to a temporary file beside its place, synced, made read-only, given its name and the folder
/// synced; so a crash leaves no partial object, only a temporary file whose name no listing shows.
public final class LocalStore: ObjectStore {
    /// The folder's path.
    public let location: String

    /// A store in the folder at `path`, which need not exist yet.
    public init(path: String) {
        var path = path
        while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        location = path
    }

    /// See `ObjectStore`.
    public func list(_ kind: ObjectKind) throws(StorageError) -> [StoredObject] {
        let folder = "\(location)/\(kind.rawValue)"
        guard kind == .data else { return try list(kind, folder) ?? [] }
        guard let folders = try entries(of: folder, kind) else { return [] }
        var found: [StoredObject] = []
        for name in folders where name.utf8.count == 2 && name.utf8.allSatisfy(Self.isHexDigit) {
            found += try list(kind, "\(folder)/\(name)") ?? []
        }
        return found
    }

    /// See `ObjectStore`.
    public func size(of name: ObjectName) throws(StorageError) -> Int {
        var status = stat()
        guard stat(path(name), &status) == 0 else { throw failure(.size, .object(name)) }
        return Int(status.st_size)
    }

    /// See `ObjectStore`.
    public func read(_ name: ObjectName, range: Range<Int>?) throws(StorageError) -> [UInt8] {
        // Opening a pipe would wait for a writer.
        let file = open(path(name), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure(.read, .object(name)) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw failure(.read, .object(name)) }
        // What a listing leaves out is not there.
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notFound(.object(name), location: location) }
        let size = Int(status.st_size)
        let range = range ?? 0..<size
        guard range.lowerBound >= 0 else { throw StorageError(errno: EINVAL, .read, .object(name), location: location) }
        guard range.upperBound <= size else {
            throw .truncated(.object(name), expected: range.upperBound, actual: size, location: location)
        }
        guard range.count <= name.sizeLimit else {
            throw StorageError(errno: EFBIG, .read, .object(name), location: location)
        }
        var fault: StorageError?
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
            while filled < range.count {
                let start = buffer.baseAddress.map { $0 + filled }
                let count = pread(file, start, range.count - filled, off_t(range.lowerBound + filled))
                if count > 0 {
                    filled += count
                } else if count == 0 {
                    let actual = range.lowerBound + filled
                    fault = .truncated(.object(name), expected: range.upperBound, actual: actual, location: location)
                    return
                } else if errno != EINTR {
                    fault = failure(.read, .object(name))
                    return
                }
            }
        }
        if let fault { throw fault }
        return bytes
    }

    /// See `ObjectStore`.
    public func write(_ name: ObjectName, _ bytes: [UInt8]) throws(StorageError) {
        let place = path(name)
        let folder = String(place[..<(place.lastIndex(of: "/") ?? place.startIndex)])
        let temporary = "\(place)\(Self.temporaryMark)\(UInt64.random(in: 0 ... .max))"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        var file = open(temporary, flags, 0o600)
        if file < 0, errno == ENOENT, try makeFolder(folder) {
            file = open(temporary, flags, 0o600)
        }
        guard file >= 0 else { throw failure(.write, .object(name)) }
        var isTemporary = true
        defer { if isTemporary { unlink(temporary) } }
        let code = Self.fill(file, bytes)
        guard code == 0 else { throw StorageError(errno: code, .write, .object(name), location: location) }
        // A link never replaces; file systems without links get a check and a rename.
        if link(temporary, place) != 0 {
            switch errno {
            case EPERM, ENOTSUP, ENOSYS, EMLINK:
                guard access(place, F_OK) != 0 else {
                    throw .alreadyExists(.object(name), location: location)
                }
                guard rename(temporary, place) == 0 else { throw failure(.write, .object(name)) }
                isTemporary = false
            default: throw failure(.write, .object(name))
            }
        }
        if isTemporary {
            unlink(temporary)
            isTemporary = false
        }
        try syncFolder(folder, .object(name))
    }

    /// See `ObjectStore`.
    public func remove(_ name: ObjectName) throws(StorageError) {
        guard unlink(path(name)) != 0 else { return }
        let error = errno
        // Not there with the whole repository gone, as an unplugged disk, is another thing.
        guard error == ENOENT, access(location, F_OK) == 0 else {
            throw StorageError(errno: error, .remove, .object(name), location: location)
        }
    }

    /// See `ObjectStore`. What cannot be looked at or removed stays: it does no harm but for its size.
    public func removeLeftovers() {
        var folders = ObjectKind.allCases.map { "\(location)/\($0.rawValue)" }
        let data = "\(location)/\(ObjectKind.data.rawValue)"
        for name in (try? entries(of: data, .data)) ?? [] where name.count == 2 { folders.append("\(data)/\(name)") }
        for folder in folders {
            for name in (try? entries(of: folder, .data)) ?? [] {
                guard let mark = name.firstRange(of: Self.temporaryMark),
                    SHA256Digest(hex: String(name[..<mark.lowerBound])) != nil
                else { continue }
                var status = stat()
                guard lstat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG,
                    time(nil) - status.st_mtim.tv_sec > Self.leftoverAge
                else { continue }
                unlink("\(folder)/\(name)")
            }
        }
    }

    private static let temporaryMark = "-tmp-"
    /// Seconds after which nobody is writing a file any more.
    private static let leftoverAge = 86_400

    /// See `ObjectStore`.
    public func createLayout() throws(StorageError) {
        var prefix = ""
        for part in location.split(separator: "/", omittingEmptySubsequences: false) {
            prefix += prefix.isEmpty && !location.hasPrefix("/") ? String(part) : "/\(part)"
            if prefix == "/" { prefix = "" }
            if !prefix.isEmpty { try makeFolderIfMissing(prefix) }
        }
        for kind in ObjectKind.allCases { try makeFolderIfMissing("\(location)/\(kind.rawValue)") }
        let digits = Array("0123456789abcdef")
        for high in digits {
            for low in digits { try makeFolderIfMissing("\(location)/data/\(high)\(low)") }
        }
        try syncFolder("\(location)/data", .store)
        try syncFolder(location, .store)
    }

    // MARK: Folders

    private func path(_ name: ObjectName) -> String { "\(location)/\(name.path)" }

    private func list(_ kind: ObjectKind, _ folder: String) throws(StorageError) -> [StoredObject]? {
        guard let names = try entries(of: folder, kind) else { return nil }
        var found: [StoredObject] = []
        for name in names {
            guard let digest = SHA256Digest(hex: name) else { continue }
            var status = stat()
            guard stat("\(folder)/\(name)", &status) == 0 else {
                if errno == ENOENT { continue }  // removed meanwhile
                throw failure(.list, .listing(kind))
            }
            guard status.st_mode & S_IFMT == S_IFREG else { continue }
            found.append(StoredObject(name: ObjectName(kind, digest), size: Int(status.st_size)))
        }
        return found
    }

    /// The names in a folder, nil when it is missing although the repository's own folder is there.
    private func entries(of folder: String, _ kind: ObjectKind) throws(StorageError) -> [String]? {
        guard let directory = opendir(folder) else {
            let code = errno
            if code == ENOENT, access(location, F_OK) == 0 { return nil }
            throw StorageError(errno: code, .list, .listing(kind), location: location)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else {
                guard errno == 0 else { throw failure(.list, .listing(kind)) }
                return names
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            names.append(name)
        }
    }

    /// Makes a folder that is missing inside the repository, never the repository itself.
    private func makeFolder(_ folder: String) throws(StorageError) -> Bool {
        guard folder.count > location.count, access(location, F_OK) == 0 else { return false }
        let parent = String(folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)])
        if parent.count > location.count { try makeFolderIfMissing(parent) }
        try makeFolderIfMissing(folder)
        return true
    }

    private func makeFolderIfMissing(_ folder: String) throws(StorageError) {
        guard mkdir(folder, 0o700) != 0, errno != EEXIST else { return }
        let code = errno
        // A parent that may be read but not written says EACCES or EROFS although the folder is there.
        guard access(folder, F_OK) != 0 else { return }
        throw StorageError(errno: code, .create, .store, location: location)
    }

    private func syncFolder(_ folder: String, _ subject: StorageSubject) throws(StorageError) {
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure(.write, subject) }
        defer { close(directory) }
        // Some file systems cannot sync a folder, and say so.
        guard fsync(directory) == 0 || errno == EINVAL || errno == ENOTSUP else { throw failure(.write, subject) }
    }

    /// Writes, syncs and closes a file; returns an errno, 0 for success.
    private static func fill(_ file: Int32, _ bytes: [UInt8]) -> Int32 {
        var code: Int32 = 0
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count, code == 0 {
                let count = Glibc.write(file, buffer.baseAddress.map { $0 + done }, buffer.count - done)
                if count >= 0 { done += count } else if errno != EINTR { code = errno }
            }
        }
        if code == 0, fsync(file) != 0, errno != EINVAL { code = errno }
        if code == 0, fchmod(file, 0o400) != 0, errno != EPERM, errno != ENOTSUP { code = errno }
        if close(file) != 0, code == 0, errno != EINTR { code = errno }
        return code
    }

    private func failure(_ operation: StorageOperation, _ subject: StorageSubject) -> StorageError {
        StorageError(errno: errno, operation, subject, location: location)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
