import Storage
import Synchronization

/// What is loaded before anybody asks: some jobs at a time, others wait, and beyond a limit they are not done at all.
final class BackgroundLoads: Sendable {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var running = 0
    }

    private let state = Mutex(State())
    let atOnce: Int
    private let waitingLimit: Int

    init(atOnce: Int, waiting limit: Int = 64) {
        self.atOnce = max(1, atOnce)
        waitingLimit = limit
    }

    /// Does a job soon; false when there are too many already, and it will not be done.
    @discardableResult
    func start(_ job: @escaping @Sendable () -> Void) -> Bool {
        let (isTaken, needsThread) = state.withLock { state in
            guard state.waiting.count < waitingLimit else { return (false, false) }
            state.waiting.append(job)
            guard state.running < atOnce else { return (true, false) }
            state.running += 1
            return (true, true)
        }
        // Without a thread the job waits for one that the next job gets.
        if needsThread, !startThread({ [self] in run() }) { state.withLock { $0.running -= 1 } }
        return isTaken
    }

    private func run() {
        while let job = next() { job() }
    }

    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }
}
