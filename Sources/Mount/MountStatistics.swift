import Synchronization

/// The requests that a kernel sends, by kind.
public enum RequestKind: Int, CaseIterable, Sendable {
    case lookup, forget, getattr, readlink, open, read, opendir, readdir, readdirplus
    case statfs, access, getxattr, listxattr, change, other
}

/// How often each kind of request was made of a mount, and what became of them, at one moment.
public struct MountStatistics: Equatable, Sendable {
    /// Requests by kind; kinds that never came are absent.
    public internal(set) var requests: [RequestKind: Int] = [:]
    /// Requests that had to wait for storage.
    public internal(set) var waited = 0
    /// Requests that ended in EIO.
    public internal(set) var failed = 0
    /// Files pushed into the kernel's page cache before they were asked for.
    public internal(set) var pushedFiles = 0
    /// The bytes of the files that were pushed.
    public internal(set) var pushedBytes = 0

    /// Requests of all kinds that the kernel waited for (it does not wait for an answer to forget).
    public var total: Int {
        requests.reduce(0) { $1.key == .forget ? $0 : $0 + $1.value }
    }

    /// The requests of one kind.
    public subscript(_ kind: RequestKind) -> Int { requests[kind] ?? 0 }
}

/// The running counters: one atomic addition a request.
final class Counters: Sendable {
    private let counts: [Counter] = RequestKind.allCases.map { _ in Counter() }
    let waited = Counter()
    let failed = Counter()
    let pushedFiles = Counter()
    let pushedBytes = Counter()

    final class Counter: Sendable {
        private let value = Atomic<Int>(0)
        func add(_ amount: Int = 1) { value.wrappingAdd(amount, ordering: .relaxed) }
        var current: Int { value.load(ordering: .relaxed) }
    }

    func count(_ kind: RequestKind) { counts[kind.rawValue].add() }

    var snapshot: MountStatistics {
        var result = MountStatistics()
        for kind in RequestKind.allCases where counts[kind.rawValue].current > 0 {
            result.requests[kind] = counts[kind.rawValue].current
        }
        result.waited = waited.current
        result.failed = failed.current
        result.pushedFiles = pushedFiles.current
        result.pushedBytes = pushedBytes.current
        return result
    }
}
