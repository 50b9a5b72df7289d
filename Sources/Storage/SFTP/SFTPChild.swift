import Glibc
import Synchronization

/// The program that carries SFTP: usually ssh, in a process group of its own, so that an interrupt from the terminal
/// reaches us first and locks can be taken away through the connection.
///
///     us ── socket pair ── its input and output          us ◁── pipe ── its standard error
///
/// A pair of sockets and not pipes: writing to a program that has ended is then an error and not a signal.
final class SFTPChild: Sendable {
    private let process: pid_t
    private let socket: Int32
    private let errors: Int32
    private let isOpen = Mutex(true)
    private let sending = Mutex(())
    private let errorText = Mutex<[UInt8]>([])
    private let terminal: SFTPTerminal?

    /// Starts the program; it has the terminal, when we have it, until `handBackTerminal`.
    init(_ command: SFTPCommand) throws(SFTPFault) {
        let (socket, itsSocket) = try Self.pair()
        let errors: Int32
        let itsErrors: Int32
        do throws(SFTPFault) {
            (errors, itsErrors) = try Self.pipe()
        } catch {
            close(socket)
            close(itsSocket)
            throw error
        }
        defer {
            close(itsSocket)
            close(itsErrors)
        }
        do throws(SFTPFault) {
            process = try Self.start(command, itsSocket, itsErrors)
        } catch {
            close(socket)
            close(errors)
            throw error
        }
        self.socket = socket
        self.errors = errors
        terminal = SFTPTerminal(lentTo: process)
    }

    /// Whether the program can ask a person.
    var hasTerminal: Bool { terminal != nil }

    func handBackTerminal() { terminal?.takeBack() }

    /// What the program has written to its standard error.
    var words: SFTPWords { SFTPWords(errorText.withLock { $0 }) }

    /// Sends all bytes, whole packets one after another; waits no longer than the limit without progress.
    func send(_ bytes: [UInt8], limit: Duration) throws(SFTPFault) {
        try sending.withLock { (_) throws(SFTPFault) in
            guard isOpen.withLock({ $0 }) else { throw .closed }
            var done = 0
            while done < bytes.count {
                let count = bytes.withUnsafeBytes { buffer in
                    Glibc.send(
                        socket, buffer.baseAddress.map { $0 + done }, buffer.count - done,
                        Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
                }
                if count >= 0 {
                    done += count
                } else if errno == EAGAIN {
                    var wait = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
                    let ready = poll(&wait, 1, limit.milliseconds)
                    if ready == 0 { throw .timedOut }
                    if ready < 0, errno != EINTR { throw .closed }
                } else if errno != EINTR {
                    throw .closed
                }
            }
        }
    }

    /// Fills a buffer with what has come, waiting up to the limit; nil for ever. Zero at the end. One thread at a time.
    func receive(_ buffer: inout [UInt8], limit: Duration?) throws(SFTPFault) -> Int {
        let end = limit.map { ContinuousClock.now + $0 }
        while true {
            var wait = [
                pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
                pollfd(fd: areErrorsOver.withLock { $0 } ? -1 : errors, events: Int16(POLLIN), revents: 0),
            ]
            let ready = poll(&wait, 2, end.map { max($0 - .now, .zero).milliseconds } ?? -1)
            if ready == 0 { throw .timedOut }
            if ready < 0 {
                guard errno == EINTR else { throw .closed }
                continue
            }
            if wait[1].revents != 0 { takeErrors() }
            guard wait[0].revents != 0 else { continue }
            let count = buffer.withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
            if count >= 0 { return count }
            guard errno == EINTR || errno == EAGAIN else { return 0 }
        }
    }

    /// Ends the connection for both sides; whoever waits in `send` or `receive` returns.
    func cutOff() {
        isOpen.withLock { if $0 { shutdown(socket, Int32(SHUT_RDWR)) } }
    }

    /// Ends the program, which gets some time to do so by itself, and gives everything back. Once, by who receives.
    /// Returns how the program ended: its exit status, or the signal that ended it with its sign changed.
    @discardableResult
    func finish() -> Int32 {
        cutOff()
        sending.withLock { _ in
            isOpen.withLock { $0 = false }
            close(socket)
        }
        var status: Int32 = 0
        var pause = timespec(tv_sec: 0, tv_nsec: 10_000_000)
        var tries = 0
        while true {
            let ended = waitpid(process, &status, WNOHANG)
            if ended == process || ended < 0 && errno != EINTR { break }
            if tries == 200 { kill(-process, SIGTERM) }
            if tries == 300 { kill(-process, SIGKILL) }
            takeErrors()
            nanosleep(&pause, nil)
            tries += 1
        }
        takeErrors()
        close(errors)
        terminal?.takeBack()
        return status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
    }

    private let areErrorsOver = Mutex(false)

    /// Takes what is there, without waiting; keeps the end of it. A program that the child has left behind may hold
    /// the pipe open for hours.
    private func takeErrors() {
        var buffer = [UInt8](repeating: 0, count: SFTPWords.limit)
        while true {
            let count = read(errors, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                if count == 0 { areErrorsOver.withLock { $0 = true } }
                return
            }
            errorText.withLock { text in
                text += buffer[..<count]
                text.removeFirst(max(0, text.count - SFTPWords.limit))
            }
        }
    }

    // MARK: Starting

    private static func start(_ command: SFTPCommand, _ input: Int32, _ errors: Int32) throws(SFTPFault) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_adddup2(&actions, input, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGINT, SIGTERM, SIGCHLD] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var words: [UnsafeMutablePointer<CChar>?] = command.words.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, command.words[0], &actions, &attributes, &words, environ)
        guard code == 0 else {
            throw code == ENOENT ? .noProgram(command.words[0]) : .notStarted(errno: code)
        }
        return process
    }

    private static func pair() throws(SFTPFault) -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .notStarted(errno: errno) }
        return try raised(ends)
    }

    private static func pipe() throws(SFTPFault) -> (out: Int32, into: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw .notStarted(errno: errno) }
        let (out, into) = try raised(ends)
        _ = fcntl(out, F_SETFL, O_NONBLOCK)
        return (out, into)
    }

    /// Moves descriptors out of the way of the low numbers that a child expects.
    private static func raised(_ ends: [Int32]) throws(SFTPFault) -> (Int32, Int32) {
        let moved = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
        let code = errno
        for end in ends { close(end) }
        guard moved.allSatisfy({ $0 >= 0 }) else {
            for end in moved where end >= 0 { close(end) }
            throw .notStarted(errno: code)
        }
        return (moved[0], moved[1])
    }
}

/// The terminal, lent to a program that may have to ask for a password: only the group in the foreground may read it.
final class SFTPTerminal: Sendable {
    private let terminal: Int32
    private let isLent = Mutex(true)

    /// Nil when we are not in the foreground ourselves, or have no terminal.
    init?(lentTo group: pid_t) {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { return nil }
        guard tcgetpgrp(terminal) == getpgrp(), Self.give(terminal, group) else {
            close(terminal)
            return nil
        }
        self.terminal = terminal
        // It may have been stopped for reaching for the terminal too early.
        kill(-group, SIGCONT)
    }

    func takeBack() {
        isLent.withLock { isLent in
            if isLent { _ = Self.give(terminal, getpgrp()) }
            isLent = false
        }
    }

    deinit {
        takeBack()
        close(terminal)
    }

    /// Who is in the background would be stopped for this.
    private static func give(_ terminal: Int32, _ group: pid_t) -> Bool {
        var blocked = sigset_t()
        var before = sigset_t()
        sigemptyset(&blocked)
        sigaddset(&blocked, SIGTTOU)
        pthread_sigmask(SIG_BLOCK, &blocked, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        return tcsetpgrp(terminal, group) == 0
    }
}

extension Duration {
    /// For poll(2), rounded up.
    fileprivate var milliseconds: Int32 {
        Int32(
            clamping: components.seconds * 1000 + (components.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        )
    }
}
