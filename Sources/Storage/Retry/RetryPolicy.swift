import Glibc

/// How often and how long a call is made again: pauses that double, each drawn anew between nothing and its limit
/// ("full
/// jitter"), so that many clients of a store that was down do not come back together.
public struct RetryPolicy: Sendable, Hashable {
    /// The longest first pause.
    public var firstPause: Duration = .milliseconds(500)
    /// The longest pause of all, but for one that the store asks for.
    public var longestPause: Duration = .seconds(30)
    /// From the first attempt on, for calls that change nothing; an attempt under way is not cut off.
    public var readLimit: Duration = .seconds(60)
    /// The same for calls that change something.
    public var writeLimit: Duration = .seconds(900)

    /// The defaults.
    public init() {}

    /// How long to wait after the attempt of that number (the first is 1); nil to give up.
    ///
    /// `elapsed` is the time since the first attempt began, `random` from 0 to 1. What the store asks for is waited
    /// for unless it
    /// is beyond the limit; otherwise the last attempt is made at the limit at the latest.
    func pause(
        after attempt: Int, elapsed: Duration, limit: Duration, retryAfter: Duration?, random: Double
    ) -> Duration? {
        let left = limit - elapsed
        guard left > .zero else { return nil }
        if let retryAfter, retryAfter > left { return nil }
        var longest = firstPause
        for _ in 1..<min(max(attempt, 1), 32) where longest < longestPause { longest = longest * 2 }
        let pause = min(longest, longestPause) * min(max(random, 0), 1)
        return min((retryAfter ?? .zero) + pause, left)
    }
}

/// What waiting needs of the world, so that a test can do without time.
public struct RetryClock: Sendable {
    /// A time that only grows.
    let now: @Sendable () -> Duration
    /// Waits.
    let sleep: @Sendable (Duration) -> Void
    /// From 0 to 1.
    let random: @Sendable () -> Double

    /// A clock of these parts.
    package init(
        now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) -> Void,
        random: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.sleep = sleep
        self.random = random
    }

    /// The machine's.
    public static var system: RetryClock {
        let start = ContinuousClock.now
        return RetryClock(
            now: { ContinuousClock.now - start },
            sleep: { pause in
                let (seconds, attoseconds) = pause.components
                var wanted = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
                var left = timespec()
                while nanosleep(&wanted, &left) != 0, errno == EINTR { wanted = left }
            },
            random: { Double.random(in: 0...1) })
    }
}
