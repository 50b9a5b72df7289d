import AsyncHTTPClient
import NIOCore
import Synchronization

/// When bytes of a request last came or went.
final class LastMovement: Sendable {
    private let last = Mutex(NIODeadline.now())

    /// The request begins.
    init() {}

    /// When it was; later than now while a pause is kept on purpose.
    var time: NIODeadline { last.withLock { $0 } }

    /// Bytes move now, or will after a pause that is kept on purpose.
    func note(after pause: TimeAmount = .zero) {
        last.withLock { $0 = .now() + pause }
    }
}

/// Ends a request of which no byte has come or gone for some time, from its beginning on. How long it takes as a whole does not
/// matter: on a slow line many requests share what there is.
final class IdleWatch: Sendable {
    private let next: Mutex<Scheduled<Void>?> = Mutex(nil)
    private let task: HTTPClient.Task<HTTPAnswer>
    private let movement: LastMovement
    private let limit: TimeAmount

    init(_ task: HTTPClient.Task<HTTPAnswer>, _ movement: LastMovement, _ limit: TimeAmount) {
        self.task = task
        self.movement = movement
        self.limit = limit
        check()
    }

    /// The request has ended.
    func end() {
        next.withLock { next in
            next?.cancel()
            next = nil
        }
    }

    private func check() {
        let end = movement.time + limit
        guard end > .now() else { return task.fail(reason: HTTPFault.timedOut) }
        let scheduled = task.eventLoop.scheduleTask(deadline: end) { [weak self] in self?.check() ?? () }
        next.withLock { $0 = scheduled }
    }
}
