import Glibc

/// Removes a mount of chatark's, also one whose program has ended. Its server, when there is one, ends by itself.
///
/// - Parameter lazy: detaches a mount that is in use; it disappears from the tree at once and ends with its last user.
public func unmount(_ path: String, lazy: Bool = false) throws(MountError) {
    guard let resolved = MountPoint.resolvedMount(path) else { throw .notMounted(path: path) }
    guard let mount = MountTable.current().top(at: resolved) else { throw .notMounted(path: path) }
    guard mount.type == "fuse.chatark" else { throw .notChatark(path: path, type: mount.type) }
    switch detach(resolved, lazy: lazy) {
    case .done: return
    case .busy: throw .busy(path: path)
    case .failed(let words): throw .unmountFailed(path: path, words: words)
    }
}

enum UnmountOutcome: Equatable {
    case done
    case busy
    case failed(String)
}

/// umount2 for root, who may; fusermount3 (set-user-id) for everybody else.
func detach(_ path: String, lazy: Bool) -> UnmountOutcome {
    if geteuid() == 0 {
        // UMOUNT_NOFOLLOW (8), MNT_DETACH (2): <sys/mount.h>, whose enumeration is not imported as integers.
        guard umount2(path, 8 | (lazy ? 2 : 0)) != 0 else { return .done }
        let number = errno
        return number == EBUSY ? .busy : .failed(words(of: number))
    }
    let result = run("fusermount3", ["-u"] + (lazy ? ["-z"] : []) + ["--", path])
    if result.status == 0 { return .done }
    if result.words.contains(words(of: EBUSY)) { return .busy }
    return .failed(result.words.isEmpty ? "fusermount3 failed with status \(result.status)" : result.words)
}

/// Runs a program found in PATH and waits for it; `words` is what it wrote to standard error.
private func run(_ program: String, _ arguments: [String]) -> (status: Int32, words: String) {
    var pipe: [Int32] = [-1, -1]
    guard Glibc.pipe(&pipe) == 0 else { return (-1, words(of: errno)) }
    for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(pipe[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, pipe[1], 2)
    var vector: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    defer { vector.forEach { free($0) } }
    var process: pid_t = 0
    let failure = posix_spawnp(&process, program, &actions, nil, &vector, environ)
    close(pipe[1])
    guard failure == 0 else { return (-1, "\(program): \(words(of: failure))") }
    var output: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1024)
    while true {
        let count = read(pipe[0], &piece, piece.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { break }
        output += piece[..<count]
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    let text = String(decoding: output, as: UTF8.self)
    return (status & 0x7f == 0 ? (status >> 8) & 0xff : -1, text.split(separator: "\n").first.map(String.init) ?? "")
}
