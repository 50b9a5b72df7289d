import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

/// Puts an answer together as it arrives, within its limit.
final class AnswerCollector: HTTPClientResponseDelegate {
    typealias Response = HTTPAnswer

    /// Bytes kept of an answer that is an error: its code stands at the beginning.
    private static let errorLimit = 64 << 10

    private let limit: Int
    private let hasBody: Bool
    private let pace: BandwidthLimit?
    private let answer = Mutex(HTTPAnswer(status: 0))
    private let lastBytes = Mutex(NIODeadline.now())

    /// `hasBody` is false for an answer to HEAD, whose length is that of another one. `pace` limits how fast the body is
    /// taken: the server then waits, too.
    init(limit: Int, hasBody: Bool, pace: BandwidthLimit? = nil) {
        self.pace = pace
        self.limit = limit
        self.hasBody = hasBody
    }

    /// When bytes last arrived, or the beginning.
    var lastArrival: NIODeadline { lastBytes.withLock { $0 } }

    func didReceiveHead(task: HTTPClient.Task<HTTPAnswer>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        lastBytes.withLock { $0 = .now() }
        let isTooLong = answer.withLock { answer in
            answer.status = Int(head.status.code)
            answer.headers = head.headers.map { ($0.name, $0.value) }
            guard answer.isGood, hasBody, let length = answer.contentLength else { return false }
            if length <= limit { answer.body.reserveCapacity(length) }
            return length > limit
        }
        return isTooLong
            ? task.eventLoop.makeFailedFuture(HTTPFault.tooLong(status: Int(head.status.code)))
            : task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<HTTPAnswer>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        lastBytes.withLock { $0 = .now() }
        let fault: HTTPFault? = answer.withLock { answer in
            if answer.isGood {
                guard part.readableBytes <= limit - answer.body.count else { return .tooLong(status: answer.status) }
                answer.body.append(contentsOf: part.readableBytesView)
            } else {
                answer.body.append(contentsOf: part.readableBytesView.prefix(Self.errorLimit - answer.body.count))
            }
            return nil
        }
        if let fault { return task.eventLoop.makeFailedFuture(fault) }
        guard let pause = pace?.reserve(part.readableBytes).amount, pause > .zero else {
            return task.eventLoop.makeSucceededVoidFuture()
        }
        // Nothing arrives meanwhile, and that is no silence.
        lastBytes.withLock { $0 = .now() + pause }
        return task.eventLoop.scheduleTask(in: pause) {}.futureResult
    }

    func didFinishRequest(task: HTTPClient.Task<HTTPAnswer>) throws -> HTTPAnswer {
        let answer = answer.withLock { $0 }
        if hasBody, answer.isGood, let length = answer.contentLength, length != answer.body.count {
            throw HTTPFault.unreachable
        }
        return answer
    }
}

/// Ends a request for which nothing has arrived for some time, from its beginning on.
final class IdleWatch: Sendable {
    private let next: Mutex<Scheduled<Void>?> = Mutex(nil)
    private let task: HTTPClient.Task<HTTPAnswer>
    private let collector: AnswerCollector
    private let limit: TimeAmount

    init(_ task: HTTPClient.Task<HTTPAnswer>, _ collector: AnswerCollector, _ limit: TimeAmount) {
        self.task = task
        self.collector = collector
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
        let end = collector.lastArrival + limit
        guard end > .now() else { return task.fail(reason: HTTPFault.timedOut) }
        let scheduled = task.eventLoop.scheduleTask(deadline: end) { [weak self] in self?.check() ?? () }
        next.withLock { $0 = scheduled }
    }
}
