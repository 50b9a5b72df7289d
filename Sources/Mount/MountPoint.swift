import Glibc

/// A directory that may be mounted on: it exists, is empty, is no mount yet and does not overlap what the mount reads from.
struct MountPoint {
    /// Absolute, without symbolic links.
    let path: String

    init(checking given: String, _ options: MountOptions) throws(MountError) {
        var status = stat()
        guard stat(given, &status) == 0 else {
            switch errno {
            case ENOENT, ENOTDIR: throw .missing(path: given)
            case ENOTCONN: throw .stale(path: given)
            case let number: throw .inaccessible(path: given, errorNumber: number)
            }
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .notADirectory(path: given) }
        guard let resolved = realPath(given) else { throw .inaccessible(path: given, errorNumber: errno) }
        path = resolved

        if let mount = MountTable.current().top(at: resolved) {
            throw .alreadyMounted(path: given, type: mount.type)
        }
        if let repository = options.repositoryPath, overlap(resolved, repository) {
            throw .overlapsRepository(path: given, repository: repository)
        }
        for source in options.sourcePaths where overlap(resolved, source) {
            throw .overlapsSource(path: given, source: source)
        }
        if !options.allowNonEmpty {
            guard let isEmpty = isEmptyDirectory(resolved) else {
                throw .inaccessible(path: given, errorNumber: errno)
            }
            guard isEmpty else { throw .notEmpty(path: given) }
        }
    }

    /// The absolute path of a mount, which may be stale: only what leads to it is resolved when it cannot be.
    static func resolvedMount(_ given: String) -> String? {
        if let resolved = realPath(given) { return resolved }
        let trimmed = given.count > 1 && given.hasSuffix("/") ? String(given.dropLast()) : given
        let cut = trimmed.lastIndex(of: "/")
        let name = cut.map { trimmed[trimmed.index(after: $0)...] } ?? trimmed[...]
        let parent = cut.map { trimmed[..<$0].isEmpty ? "/" : String(trimmed[..<$0]) } ?? "."
        guard let resolved = realPath(parent), !name.isEmpty, name != ".", name != ".." else { return nil }
        return resolved == "/" ? "/\(name)" : "\(resolved)/\(name)"
    }
}

func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
}

/// Nil, with errno set, when it cannot be read.
private func isEmptyDirectory(_ path: String) -> Bool? {
    guard let directory = opendir(path) else { return nil }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil {
        count += 1
        if count > 2 { return false }
    }
    return true
}

/// Whether one of two paths contains the other or they are the same directory. Directories are compared by device and inode, so that bind
/// mounts and symbolic links do not hide it. A path that does not exist overlaps nothing.
private func overlap(_ first: String, _ second: String) -> Bool {
    guard let second = realPath(second), let one = identity(first), let other = identity(second) else { return false }
    return ancestry(of: first).contains(other) || ancestry(of: second).contains(one)
}

private struct FileIdentity: Equatable {
    let device: UInt
    let inode: UInt
}

private func identity(_ path: String) -> FileIdentity? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return FileIdentity(device: UInt(status.st_dev), inode: UInt(status.st_ino))
}

/// A resolved path and every directory above it.
private func ancestry(of path: String) -> [FileIdentity] {
    var result: [FileIdentity] = []
    var path = path[...]
    while true {
        if let one = identity(path.isEmpty ? "/" : String(path)) { result.append(one) }
        guard let cut = path.lastIndex(of: "/") else { return result }
        path = path[..<cut]
    }
}
