import ChatImport
import ChatModel
import ResticRepository
import Storage

/// Reads a source on a thread of its own, while the caller works on what was read before; in the source's order.
///
/// Reading waits when some megabytes wait. An error of the caller ends the reading.
func readSourceAhead(
    at path: String, as formats: [SourceFormat], options: ImportOptions, _ take: (ImportEvent) throws -> Void
) throws {
    let queue = EventQueue()
    let isStarted = startThread {
        var failure: ImportError?
        var batch = EventBatch()
        do throws(ImportError) {
            try readSource(at: path, as: formats, options: options) { event in
                batch.add(event)
                if batch.isFull { try queue.put(batch.take()) }
            }
        } catch { failure = error }
        queue.end(batch.take(), failure)
    }
    guard isStarted else { return try readSource(at: path, as: formats, options: options, take) }
    defer { queue.stop() }
    while let events = try queue.next() {
        for event in events { try take(event) }
    }
}

/// Events that are handed over together.
private struct EventBatch {
    private var events: [ImportEvent] = []
    private var bytes = 0

    mutating func add(_ event: ImportEvent) {
        events.append(event)
        if case .message(let message, _) = event {
            bytes += message.text.utf8.count + (message.raw?.count ?? 0)
        }
    }

    var isFull: Bool { events.count >= 256 || bytes >= 256 << 10 }

    mutating func take() -> [ImportEvent] {
        defer { self = EventBatch() }
        return events
    }
}

/// What was read and not yet worked on.
private final class EventQueue: @unchecked Sendable {
    /// The reader is to end, as nobody takes any more.
    struct Stopped: Error {}

    // `signal` guards all of it.
    private let signal = Signal()
    private var batches: [[ImportEvent]] = []
    private var isStopped = false
    private var end: (isReached: Bool, failure: ImportError?) = (false, nil)
    private static let limit = 8

    func put(_ batch: [ImportEvent]) throws(Stopped) {
        try signal.locked { () throws(Stopped) in
            while batches.count >= Self.limit, !isStopped { signal.wait() }
            if isStopped { throw Stopped() }
            batches.append(batch)
            signal.notify()
        }
    }

    /// The reader's last words; what was read before an error is worked on, too.
    func end(_ batch: [ImportEvent], _ failure: ImportError?) {
        signal.locked {
            batches.append(batch)
            end = (true, failure)
            signal.notify()
        }
    }

    /// The next events; nil at the end.
    func next() throws(ImportError) -> [ImportEvent]? {
        try signal.locked { () throws(ImportError) in
            while batches.isEmpty, !end.isReached { signal.wait() }
            if !batches.isEmpty {
                signal.notify()
                return batches.removeFirst()
            }
            if let failure = end.failure { throw failure }
            return nil
        }
    }

    /// Nobody takes any more: waits for the reader's end.
    func stop() {
        signal.locked {
            isStopped = true
            batches = []
            signal.notify()
            while !end.isReached { signal.wait() }
        }
    }
}
