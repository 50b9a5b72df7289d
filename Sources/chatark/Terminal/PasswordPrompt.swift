import Glibc

/// Asks for a password on the terminal, without showing it.
enum PasswordPrompt {
    static func ask(_ words: String) throws(CommandError) -> [UInt8] {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0, isatty(STDIN_FILENO) == 1 else {
            if terminal >= 0 { close(terminal) }
            throw .noTerminalForPassword
        }
        defer { close(terminal) }
        var shown = termios()
        guard tcgetattr(terminal, &shown) == 0 else { throw .noTerminalForPassword }
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(terminal, TCSAFLUSH, &hidden)
        let before = shown
        let restore: @Sendable () -> Void = {
            var before = before
            tcsetattr(terminal, TCSAFLUSH, &before)
        }
        return Interruption.cleaningUp(by: restore) {
            Output.write(words, to: terminal)
            var line: [UInt8] = []
            var byte: UInt8 = 0
            while read(terminal, &byte, 1) == 1, byte != 0x0A { line.append(byte) }
            Output.write("\n", to: terminal)
            return line
        }
    }
}
