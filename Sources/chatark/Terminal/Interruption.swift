import Storage
import Glibc
import Synchronization

/// What happens on SIGINT, SIGTERM and SIGHUP: whatever is held is given back, and the program ends with status 130.
///
/// A thread of its own waits for the signals, so that cleaning up may do anything. What is on storage is sound at every
/// moment (packs come before the index, the index before the snapshot), so locks and terminals need care, and what would
/// be stored again for nothing.
enum Interruption {
    private struct State {
        var cleanups: [(number: Int, run: @Sendable () -> Void)] = []
        var last = 0
        /// What a signal does instead of ending the program.
        var replacement: (@Sendable () -> Void)?
        /// While something is being made that must be cleaned up, a signal waits.
        var isHeld = false
        var isPending = false
        /// Somebody is cleaning up for the last time.
        var isEnding = false
        /// What has ended and is being cleaned up, not for the last time.
        var cleaningUp = 0
    }

    private static let state = Mutex(State())
    /// How long cleaning up may take after a signal; a lock that stays is stale in half an hour.
    private static let cleanupSeconds = 15

    /// Starts waiting. To be called before any other thread is started.
    static func start() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let awaited = signals
        startThread { wait(for: awaited) }
    }

    /// Runs `body`; `cleanup`, which ends the program in no case, runs afterwards, or when a signal ends the program before.
    static func cleaningUp<Value, Failure: Error>(
        by cleanup: @escaping @Sendable () -> Void, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let number = state.withLock { state in
            state.last += 1
            state.cleanups.append((state.last, cleanup))
            return state.last
        }
        defer { runCleanup(number) }
        return try body()
    }

    /// Runs `body`; a signal meanwhile calls `handler` and does not end the program.
    static func replacing<Value>(by handler: @escaping @Sendable () -> Void, _ body: () throws -> Value) rethrows
        -> Value
    {
        state.withLock { $0.replacement = handler }
        defer { state.withLock { $0.replacement = nil } }
        return try body()
    }

    /// Lets signals wait; a second one does not.
    static func hold() { state.withLock { $0.isHeld = true } }

    /// Ends the wait, and the program when a signal came meanwhile.
    static func letGo() {
        let isPending = state.withLock { state in
            state.isHeld = false
            return state.isPending
        }
        if isPending { exit(.interrupted) }
    }

    /// Cleans up and ends the program, unless another thread is doing so.
    static func exit(_ status: ExitStatus) -> Never {
        let cleanups = state.withLock { state -> [(number: Int, run: @Sendable () -> Void)]? in
            guard !state.isEnding else { return nil }
            state.isEnding = true
            defer { state.cleanups = [] }
            return state.cleanups
        }
        guard let cleanups else { waitForTheEnd() }
        // A lock must not go before what is done under it.
        while state.withLock({ $0.cleaningUp > 0 }) { usleep(10_000) }
        for cleanup in cleanups.reversed() { cleanup.run() }
        fflush(nil)
        // Not exit(): other threads may still be at work, and its handlers would pull the ground from under them.
        _exit(status.rawValue)
    }

    private static func runCleanup(_ number: Int) {
        let found = state.withLock { state -> (@Sendable () -> Void)? in
            guard let index = state.cleanups.firstIndex(where: { $0.number == number }) else { return nil }
            state.cleaningUp += 1
            return state.cleanups.remove(at: index).run
        }
        // What the cleaning up of an interruption ends is no failure to tell of.
        guard let found else { waitForTheEnd() }
        found()
        state.withLock { $0.cleaningUp -= 1 }
    }

    /// The thread that cleans up ends the program, and this one must not do so before.
    private static func waitForTheEnd() -> Never {
        while true { pause() }
    }

    private static func wait(for signals: sigset_t) {
        var signals = signals
        while true {
            var received: Int32 = 0
            guard sigwait(&signals, &received) == 0 else { continue }
            if let replacement = state.withLock({ $0.replacement }) {
                replacement()
                continue
            }
            Progress.stopAll()
            let mustWait = state.withLock { state in
                defer { state.isPending = true }
                return state.isHeld && !state.isPending
            }
            Output.note("chatark: interrupted")
            if mustWait { continue }
            // Cleaning up may wait for a store that is gone: a second signal, or time, ends that.
            startThread { exit(.interrupted) }
            var patience = timespec(tv_sec: cleanupSeconds, tv_nsec: 0)
            while sigtimedwait(&signals, nil, &patience) < 0, errno == EINTR {}
            _exit(ExitStatus.interrupted.rawValue)
        }
    }
}
