import Glibc
import Storage

/// How many cores there are.
package enum ProcessorCount {
    /// At least 1.
    package static var current: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}

/// Does the same with many items, some at a time; the results are in the items' order.
///
/// The first error ends it: what has begun is waited for, what has not begun is left, and the error is thrown. With one
/// item, or no thread to be had, the calling thread does all.
package func concurrently<Item: Sendable, Result: Sendable, Failure: Error>(
    _ items: [Item], atOnce limit: Int, _ body: @escaping @Sendable (Item) throws(Failure) -> Result
) throws(Failure) -> [Result] {
    let work = SharedWork(items, body)
    var helpers = min(limit, items.count) - 1
    while helpers > 0, work.startThread() { helpers -= 1 }
    work.run()
    return try work.finish()
}

/// Does two things at once. The first error ends it.
func both<First: Sendable, Second: Sendable>(
    _ first: @escaping @Sendable () throws(RepositoryError) -> First,
    _ second: @escaping @Sendable () throws(RepositoryError) -> Second
) throws(RepositoryError) -> (First, Second) {
    let results = try concurrently([true, false], atOnce: 2) {
        (isFirst) throws(RepositoryError) -> (First?, Second?) in
        isFirst ? (try first(), nil) : (nil, try second())
    }
    guard let one = results[0].0, let two = results[1].1 else { throw .libraryFailed("threads") }
    return (one, two)
}

/// The items that nobody has taken, and the results.
private final class SharedWork<Item: Sendable, Result: Sendable, Failure: Error>: @unchecked Sendable {
    // `signal` guards what changes.
    private let signal = Signal()
    private let items: [Item]
    private let body: @Sendable (Item) throws(Failure) -> Result
    private var next = 0
    private var atWork = 0
    private var results: [Result?]
    private var failure: Failure?

    init(_ items: [Item], _ body: @escaping @Sendable (Item) throws(Failure) -> Result) {
        self.items = items
        self.body = body
        results = Array(repeating: nil, count: items.count)
    }

    func startThread() -> Bool { Storage.startThread { [self] in run() } }

    func run() {
        while let index = take() {
            do throws(Failure) {
                let result = try body(items[index])
                end { results[index] = result }
            } catch {
                end { if failure == nil { failure = error } }
            }
        }
    }

    func finish() throws(Failure) -> [Result] {
        try signal.locked { () throws(Failure) in
            while atWork > 0 { signal.wait() }
            if let failure { throw failure }
            return results.compactMap { $0 }
        }
    }

    private func take() -> Int? {
        signal.locked {
            guard failure == nil, next < items.count else { return nil }
            defer { next += 1 }
            atWork += 1
            return next
        }
    }

    private func end(_ note: () -> Void) {
        signal.locked {
            note()
            atWork -= 1
            signal.notify()
        }
    }
}
