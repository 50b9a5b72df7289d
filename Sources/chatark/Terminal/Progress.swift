import Storage
import Glibc
import Synchronization

/// A line on a terminal's standard error that tells how far long work is. Nothing is printed into a pipe or a file.
final class Progress: Sendable {
    /// How far the work is, as words and, when it is known, as a part of a whole.
    struct Reading: Sendable {
        /// What is being done, with its numbers.
        var words: String
        /// Done and whole, in bytes.
        var bytes: (done: UInt64, whole: UInt64)?
    }

    /// Redraws a second.
    private static let rate = 5
    private static let current = Mutex<Progress?>(nil)

    private let isRunning = Mutex(true)
    private let started = ContinuousClock.now

    private init() {}

    /// Runs `body`, and meanwhile shows what `reading` says.
    static func showing<Value>(
        _ isWanted: Bool, _ reading: @escaping @Sendable () -> Reading, _ body: () throws -> Value
    ) rethrows -> Value {
        guard isWanted, isatty(STDERR_FILENO) == 1 else { return try body() }
        let progress = Progress()
        current.withLock { $0 = progress }
        startThread { progress.run(reading) }
        defer {
            progress.stop()
            current.withLock { $0 = nil }
        }
        return try body()
    }

    /// Prints something else between two redraws.
    static func pausing(_ print: () -> Void) {
        guard let progress = current.withLock({ $0 }) else { return print() }
        progress.isRunning.withLock { isRunning in
            if isRunning { Output.write("\r\u{1B}[K", to: STDERR_FILENO) }
            print()
        }
    }

    /// Ends what is shown, before the program ends.
    static func stopAll() {
        current.withLock { progress in
            progress?.stop()
            progress = nil
        }
    }

    private func stop() {
        isRunning.withLock { isRunning in
            if isRunning { Output.write("\r\u{1B}[K", to: STDERR_FILENO) }
            isRunning = false
        }
    }

    private func run(_ reading: @Sendable () -> Reading) {
        while true {
            usleep(UInt32(1_000_000 / Self.rate))
            let line = line(reading())
            let goesOn = isRunning.withLock { isRunning in
                if isRunning {
                    Output.write("\r\u{1B}[K" + DisplayWidth.cut(line, to: Self.columns - 1), to: STDERR_FILENO)
                }
                return isRunning
            }
            guard goesOn else { return }
        }
    }

    private func line(_ reading: Reading) -> String {
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        var line = "[\(Words.time(Int(seconds)))] \(reading.words)"
        guard let (done, whole) = reading.bytes, whole > 0, seconds > 0.5 else { return line }
        let rate = Double(done) / seconds
        line += "  \(min(100, done * 100 / whole))%  \(Words.bytes(Int(rate)))/s"
        if rate > 0, done < whole { line += "  \(Words.time(Int(Double(whole - done) / rate))) left" }
        return line
    }

    private static var columns: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 10 ? Int(size.ws_col) : 80
    }
}
