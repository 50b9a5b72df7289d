import Glibc
import Synchronization

/// How many bytes a second may pass, over all transfers that share it.
///
/// A reservation takes its place behind the earlier ones, so that the rate holds whatever the size of the pieces;
/// pieces
/// of some ten kilobytes make an even flow.
public final class BandwidthLimit: Sendable {
    /// Bytes a second.
    public let rate: Int
    private let free = Mutex<ContinuousClock.Instant?>(nil)

    /// A limit of at least one byte a second.
    public init(bytesPerSecond rate: Int) { self.rate = max(1, rate) }

    /// Bytes that pass together: a second's worth at most.
    public var piece: Int { min(16 << 10, rate) }

    /// How long a piece must wait before it passes.
    public func reserve(_ bytes: Int, now: ContinuousClock.Instant = .now) -> Duration {
        free.withLock { free in
            let start = max(free ?? now, now)
            free = start + .nanoseconds(Int64(Double(bytes) * 1e9 / Double(rate)))
            return start - now
        }
    }

    /// Waits until a piece may pass.
    func wait(for bytes: Int) {
        let (seconds, attoseconds) = reserve(bytes).components
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        var left = timespec()
        while nanosleep(&time, &left) != 0, errno == EINTR { time = left }
    }
}
