import Synchronization

/// How far the backup of a source is, readable from any thread.
public final class SourceProgress: Sendable {
    private let state = Mutex(SourceCounts())

    /// Starts at zero.
    public init() {}

    /// What has been done so far.
    public var counts: SourceCounts { state.withLock { $0 } }

    func publish(_ counts: SourceCounts) { state.withLock { $0 = counts } }
}
