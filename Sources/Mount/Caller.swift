import Glibc

/// The process or thread that waits for a request.
enum Caller {
    /// Whether a signal is about to end it: one that is neither caught nor ignored nor held back, and whose default is the end. Also when
    /// it is gone; not when nothing is known of it (0: it lives in another process namespace).
    ///
    /// Costs a read of `/proc/PID/status`, whose masks proc(5) describes: the bit of signal n is n - 1.
    static func isDying(_ process: pid_t) -> Bool {
        guard process > 0 else { return false }
        let file = open("/proc/\(process)/status", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return errno == ENOENT || errno == ESRCH }
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 8192)
        let count = read(file, &text, text.count)
        guard count > 0 else { return count < 0 && errno == ESRCH }
        return isDying(status: String(decoding: text[..<count], as: UTF8.self))
    }

    /// The same of what that file says.
    static func isDying(status: String) -> Bool {
        func mask(_ name: String) -> UInt64 {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
            return line.flatMap { UInt64($0.dropFirst(name.count).drop { $0 == "\t" || $0 == " " }, radix: 16) } ?? 0
        }
        let pending = mask("SigPnd:") | mask("ShdPnd:")
        let harmless = mask("SigBlk:") | mask("SigIgn:") | mask("SigCgt:") | goesOn
        return pending & (kill | ~harmless) != 0
    }

    private static func bit(_ signal: Int32) -> UInt64 { 1 << UInt64(signal - 1) }

    private static let kill = bit(SIGKILL)
    /// After which a process goes on, by default.
    private static let goesOn = [SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH]
        .reduce(UInt64(0)) { $0 | bit($1) }
}
