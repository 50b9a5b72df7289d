import Synchronization

/// Which failures a person is told of while many calls wait for the same store: one a pause, and none of short pauses.
public final class RetryNotes: Sendable {
    private let shortest: Duration
    private let clock: RetryClock
    /// Until when the last pause lasts that was told of.
    private let told = Mutex<Duration?>(nil)

    /// - Parameter shortest: a pause below it is not worth a word.
    public init(shortest: Duration = .seconds(2), clock: RetryClock = .system) {
        self.shortest = shortest
        self.clock = clock
    }

    /// Whether to tell of a pause that begins now.
    public func shouldTell(of pause: Duration) -> Bool {
        guard pause >= shortest else { return false }
        let now = clock.now()
        return told.withLock { told in
            if let told, now < told { return false }
            told = now + pause
            return true
        }
    }
}
