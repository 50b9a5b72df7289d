import Glibc

/// Runs a command line of the user's with /bin/sh and takes what it prints. Its errors go to ours.
enum ShellCommand {
    static func output(of command: String) throws(CommandError) -> [UInt8] {
        let output: [UInt8]
        let process: pid_t
        do throws(FileFault) {
            let (out, into) = try Child.pipe()
            defer { close(out) }
            let started = Result { () throws(FileFault) in
                try Child.start("/bin/sh", ["sh", "-c", command], descriptors: [(into, 1)])
            }
            close(into)
            process = try started.get()
            output = try SmallFile.read(out)
        } catch {
            throw .passwordCommandFailed(status: error.errno)
        }
        let status = Child.wait(for: process)
        guard status == 0 else { throw .passwordCommandFailed(status: status) }
        return output
    }
}

/// Other programs that this one starts.
enum Child {
    /// Starts a program with `descriptors` (ours, its) and no blocked signals.
    static func start(
        _ path: String, _ arguments: [String], descriptors: [(from: Int32, to: Int32)], inNewSession: Bool = false
    ) throws(FileFault) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (from, to) in descriptors { posix_spawn_file_actions_adddup2(&actions, from, to) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var changed = sigset_t()
        sigemptyset(&changed)
        sigaddset(&changed, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &changed)
        // POSIX_SPAWN_SETSID of <spawn.h>, which is not imported.
        let session: Int32 = inNewSession ? 0x80 : 0
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | session))
        var vector: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { vector.forEach { free($0) } }
        var process: pid_t = 0
        let failure = posix_spawn(&process, path, &actions, &attributes, &vector, environ)
        guard failure == 0 else { throw FileFault(errno: failure) }
        return process
    }

    /// A pipe that children do not inherit unless told to, out of the way of the low numbers that they expect.
    static func pipe() throws(FileFault) -> (out: Int32, into: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw FileFault(errno: errno) }
        let moved = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
        ends.forEach { close($0) }
        guard moved.allSatisfy({ $0 >= 0 }) else { throw FileFault(errno: errno) }
        return (moved[0], moved[1])
    }

    /// Waits for a program's end; its exit status, or 128 and the signal that ended it.
    static func wait(for process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return 1 }
        }
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    }
}
