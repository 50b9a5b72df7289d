import Glibc
import JSON

/// What the program prints. Results go to standard output, everything about the work to standard error.
enum Output {
    /// A line of a result.
    static func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    /// One JSON value on a line of its own.
    static func json(_ body: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        body(&writer)
        writer.newline()
        write(writer.bytes, to: STDOUT_FILENO)
    }

    /// A line for the user beside the result.
    static func note(_ text: String) {
        Progress.pausing { write(text + "\n", to: STDERR_FILENO) }
    }

    static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8), to: descriptor) }

    /// Writes all of it. A result that cannot be written ends the program; of what stands beside it as much is written as can
    /// be, as there is nobody to tell.
    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        guard let code = failure(of: bytes, to: descriptor), descriptor == STDOUT_FILENO else { return }
        // A reader that has gone away (`| head`) wants no more.
        if code == EPIPE { Interruption.exit(.success) }
        Progress.stopAll()
        note("chatark: \(CommandError.cannotWrite("standard output", FileFault(errno: code)))")
        Interruption.exit(.failure)
    }

    /// Nil when all was written.
    private static func failure(of bytes: [UInt8], to descriptor: Int32) -> Int32? {
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = Glibc.write(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
                if count >= 0 {
                    done += count
                } else if errno == EAGAIN {
                    // Another program has made the terminal or the pipe one that does not wait.
                    var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    if poll(&wanted, 1, -1) < 0, errno != EINTR { return errno }
                } else if errno != EINTR {
                    return errno
                }
            }
            return nil
        }
    }
}

/// Numbers as people read them.
enum Words {
    /// `1,234,567`.
    static func count(_ value: some BinaryInteger) -> String {
        let digits = String(value)
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0, result != "-" { result.append(",") }
            result.append(digit)
        }
        return result
    }

    /// `1 message`, `2,345 messages`.
    static func count(_ value: some BinaryInteger, _ singular: String, _ plural: String? = nil) -> String {
        "\(count(value)) \(value == 1 ? singular : plural ?? singular + "s")"
    }

    /// `512 B`, `1.5 KiB`, `20.3 MiB`.
    static func bytes(_ value: some BinaryInteger) -> String {
        var amount = Double(value)
        guard amount >= 1024 else { return "\(value) B" }
        for unit in ["KiB", "MiB", "GiB"] {
            amount /= 1024
            if amount < 1023.95 { return "\(oneDigit(amount)) \(unit)" }
        }
        return "\(oneDigit(amount / 1024)) TiB"
    }

    /// `0:07`, `1:02:03`.
    static func time(_ seconds: Int) -> String {
        let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
        let end = (rest < 10 ? ":0" : ":") + "\(rest)"
        return hours > 0 ? "\(hours)\(minutes < 10 ? ":0" : ":")\(minutes)\(end)" : "\(minutes)\(end)"
    }

    private static func oneDigit(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
