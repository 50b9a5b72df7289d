/// What a reader knows about a read, for stores that keep what they fetch.
public struct ReadAdvice: Hashable, Sendable {
    /// Bytes around the range that will be wanted soon and cost little more in the same request; nil for the range
    /// alone.
    public var window: Range<Int>?
    /// How long the bytes are worth keeping.
    public var retention: Retention
    /// Whether the bytes must come from where the object lives, as its name does not tell whether what was kept is still
    /// right. A store without the network gives what it has.
    public var isCurrent: Bool

    /// How long bytes are worth keeping: what mounts touch again and again goes last.
    public enum Retention: UInt8, Sendable, CaseIterable {
        /// Trees, segments, indexes, snapshots: small, and read by every mount.
        case metadata
        /// Media and originals: large, and read once or twice.
        case content
    }

    /// The range alone, to be kept as content is.
    public init(window: Range<Int>? = nil, retention: Retention = .content, isCurrent: Bool = false) {
        self.window = window
        self.retention = retention
        self.isCurrent = isCurrent
    }
}
