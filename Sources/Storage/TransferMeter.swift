import Synchronization

/// How many bytes of objects have passed to and from stores on a network, for one who watches: a pack takes a while.
public final class TransferMeter: Sendable {
    private let sentBytes = Atomic(0)
    private let receivedBytes = Atomic(0)

    /// Starts at zero.
    public init() {}

    /// Bytes that left this program, those of repeated requests too.
    public var sent: Int { sentBytes.load(ordering: .relaxed) }
    /// Bytes that came.
    public var received: Int { receivedBytes.load(ordering: .relaxed) }

    func send(_ bytes: Int) { sentBytes.add(bytes, ordering: .relaxed) }
    func receive(_ bytes: Int) { receivedBytes.add(bytes, ordering: .relaxed) }
}
