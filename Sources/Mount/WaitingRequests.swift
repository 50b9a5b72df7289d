import CFuse
import ChatArchive
import Dispatch
import Glibc
import Synchronization

/// The requests that could not be answered from memory.
///
/// Each runs on a worker thread and is answered by whoever comes first: the worker with the result, the watch with EIO when the deadline has
/// passed (storage may hang in a call that cannot be interrupted), or with EINTR when the caller is about to die. A ticket is what they compete for.
/// Any other signal, such as one that stops the caller for a while, ends no call, as on a disk: programs take EINTR here for a fault.
final class WaitingRequests: Sendable {
    typealias Work = @Sendable (Reply, Waiting) -> Void
    /// 0 is no ticket: a request that is answered at once.
    typealias Ticket = UInt64

    private struct Job {
        let reply: Reply
        let deadline: ContinuousClock.Instant
        let work: Work
    }

    private struct Pending {
        let request: UInt
        let caller: pid_t
        let deadline: ContinuousClock.Instant
        /// Whether a signal has reached the caller; the kernel tells of the first one only.
        var isInterrupted: Bool
    }

    private enum Watch { case absent, asleep, awake }

    private struct State {
        var nextTicket: Ticket = 1
        var queue: [Job] = []
        /// Tickets not yet taken.
        var pending: [Ticket: Pending] = [:]
        var threads = 0
        var idle = 0
        /// Answers being written at this moment.
        var answering = 0
        var isClosed = false
        var watch = Watch.absent
    }

    private let state = Mutex(State())
    private let limit: Int
    private let deadline: Duration
    private let work = DispatchSemaphore(value: 0)
    private let watch = DispatchSemaphore(value: 0)
    /// Told about each request that the watch ended.
    private let expired: @Sendable () -> Void

    init(workers: Int, deadline: Duration, expired: @escaping @Sendable () -> Void) {
        limit = max(1, workers)
        self.deadline = deadline
        self.expired = expired
    }

    /// Takes over a request; it is answered by its deadline in any case. Called by the thread that reads requests only.
    func postpone(_ request: OpaquePointer, _ body: @escaping Work) {
        let caller = fuse_req_ctx(request)?.pointee.pid ?? 0
        let isInterrupted = fuse_req_interrupted(request) != 0
        if isInterrupted, Caller.isDying(caller) {
            fuse_reply_err(request, EINTR)
            return
        }
        let deadline = ContinuousClock.now + self.deadline
        let address = UInt(bitPattern: request)
        let (ticket, watcher): (Ticket, Watch) = state.withLock { state in
            if state.isClosed { return (0, .awake) }
            let ticket = state.nextTicket
            state.nextTicket += 1
            state.pending[ticket] = Pending(
                request: address, caller: caller, deadline: deadline, isInterrupted: isInterrupted)
            let watcher = state.watch
            state.watch = .awake
            return (ticket, watcher)
        }
        guard ticket != 0 else {
            fuse_reply_err(request, EIO)
            return
        }
        // Before the job is queued: once it is, the request may be answered and gone. For one that is interrupted already libfuse would
        // call the function at once, while it still holds a lock inside the request that an answer frees.
        if !isInterrupted {
            fuse_req_interrupt_func(
                request,
                { request, data in
                    guard let request, let data else { return }
                    Unmanaged<WaitingRequests>.fromOpaque(data).takeUnretainedValue().interrupt(request)
                }, Unmanaged.passUnretained(self).toOpaque())
        }
        let job = Job(reply: Reply(request: request, ticket: ticket, waiting: self), deadline: deadline, work: body)
        let startsThread = state.withLock { state in
            state.queue.append(job)
            guard state.idle < state.queue.count, state.threads < limit else { return false }
            state.threads += 1
            return true
        }
        if startsThread, !startThread({ [self] in runJobs() }) {
            state.withLock { $0.threads -= 1 }
        }
        work.signal()
        switch watcher {
        case .absent: startThread { [self] in watchDeadlines() }
        case .asleep: watch.signal()
        case .awake: break
        }
    }

    /// Whether the caller is the one who answers; it then calls `answered` afterwards.
    func take(_ ticket: Ticket) -> Bool {
        state.withLock { state in
            guard state.pending.removeValue(forKey: ticket) != nil else { return false }
            state.answering += 1
            return true
        }
    }

    func answered() {
        state.withLock { $0.answering -= 1 }
    }

    /// Answers all that wait with EIO and accepts no more. Afterwards no thread touches the session, even if its work goes on.
    func close() {
        let left = state.withLock { state in
            state.isClosed = true
            state.queue = []
            return Array(state.pending)
        }
        for (ticket, pending) in left where take(ticket) { answer(pending.request, EIO) }
        for _ in 0..<limit { work.signal() }
        watch.signal()
        while state.withLock({ $0.answering > 0 }) { usleep(1000) }
    }

    private func answer(_ request: UInt, _ number: Int32) {
        if let request = OpaquePointer(bitPattern: request) { fuse_reply_err(request, number) }
        answered()
    }

    /// Called by libfuse, which keeps the request's memory until this returns.
    private func interrupt(_ request: OpaquePointer) {
        let address = UInt(bitPattern: request)
        let found = state.withLock { state in
            let found = state.pending.first { $0.value.request == address }
            if let found { state.pending[found.key]?.isInterrupted = true }
            return found
        }
        guard let found else { return }
        if Caller.isDying(found.value.caller) {
            if take(found.key) { answer(address, EINTR) }
        } else {
            // A later signal may be its end.
            watch.signal()
        }
    }

    private func runJobs() {
        while true {
            state.withLock { $0.idle += 1 }
            work.wait()
            let (job, isClosed) = state.withLock { state -> (Job?, Bool) in
                state.idle -= 1
                return (state.queue.isEmpty ? nil : state.queue.removeFirst(), state.isClosed)
            }
            if isClosed { break }
            // One that has been interrupted or has expired in the queue costs nothing more.
            if let job, state.withLock({ $0.pending[job.reply.ticket] != nil }) {
                job.work(job.reply, .until(job.deadline))
            }
        }
        state.withLock { $0.threads -= 1 }
    }

    /// How often callers are looked at that a signal has reached.
    private static let interval = Duration.milliseconds(500)

    /// Deadlines come in the order of the requests, so a watch that sleeps until the earliest need not hear of later ones.
    private func watchDeadlines() {
        while true {
            let (next, isInterrupted, isClosed) = state.withLock { state in
                let next = state.pending.values.map(\.deadline).min()
                state.watch = next == nil ? .asleep : .awake
                return (next, state.pending.values.contains(where: \.isInterrupted), state.isClosed)
            }
            if isClosed { return }
            if let next {
                let left = min(next - ContinuousClock.now, isInterrupted ? Self.interval : .seconds(3600))
                if left > .zero { _ = watch.wait(timeout: .now() + left.dispatchInterval) }
            } else {
                watch.wait()
            }
            let now = ContinuousClock.now
            let late = state.withLock { state in state.pending.filter { $0.value.deadline <= now } }
            for (ticket, pending) in late where take(ticket) {
                answer(pending.request, EIO)
                expired()
            }
            let interrupted = state.withLock { state in state.pending.filter(\.value.isInterrupted) }
            for (ticket, pending) in interrupted where Caller.isDying(pending.caller) && take(ticket) {
                answer(pending.request, EINTR)
            }
        }
    }
}

/// A request and the right to answer it.
struct Reply: @unchecked Sendable {
    // The pointer is only handed to libfuse, whose replies may come from any thread.
    let request: OpaquePointer
    let ticket: WaitingRequests.Ticket
    let waiting: WaitingRequests

    /// Calls the body to answer, unless the request has been answered already.
    @inline(__always)
    func send(_ body: (OpaquePointer) -> Int32) {
        if ticket == 0 {
            _ = body(request)
        } else if waiting.take(ticket) {
            _ = body(request)
            waiting.answered()
        }
    }
}
