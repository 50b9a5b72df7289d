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
    private let meter: TransferMeter?
    private let answer = Mutex(HTTPAnswer(status: 0))
    private let bytesToSend: Int
    private let isPaced: Bool
    private let silence: Mutex<NIODeadline?>

    /// `pace` limits how fast the answer's body is taken: the server then waits, too.
    /// With `isPaced` the request's body tells the meter itself.
    init(to request: HTTPRequest, pace: BandwidthLimit? = nil, meter: TransferMeter? = nil, isPaced: Bool = false) {
        self.isPaced = isPaced
        self.pace = pace
        self.meter = meter
        limit = request.bodyLimit
        // The length of an answer to HEAD is that of another one.
        hasBody = request.verb != .head
        bytesToSend = request.body?.count ?? 0
        silence = Mutex(bytesToSend > 0 ? nil : .now())
    }

    /// Since when the server could have said something and has not; later than now in a pause that is kept on purpose. Nil
    /// while the request still leaves, which takes as long as the line needs.
    var silentSince: NIODeadline? { silence.withLock { $0 } }

    /// The system has taken the whole request, and may still hold as much of it as a socket's buffer can (tcp_wmem): that much
    /// leaves at 8 KiB a second on the slowest of lines.
    func didSendRequest(task: HTTPClient.Task<HTTPAnswer>) {
        let held = Int64(min(bytesToSend, 4 << 20))
        silence.withLock { $0 = .now() + .seconds(held >> 13) }
        if !isPaced { meter?.send(bytesToSend) }
    }

    func didReceiveHead(task: HTTPClient.Task<HTTPAnswer>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        silence.withLock { $0 = .now() }
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
        silence.withLock { $0 = .now() }
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
        meter?.receive(part.readableBytes)
        guard let pause = pace?.reserve(part.readableBytes).amount, pause > .zero else {
            return task.eventLoop.makeSucceededVoidFuture()
        }
        // Nothing arrives meanwhile, and that is no silence.
        silence.withLock { $0 = .now() + pause }
        return task.eventLoop.scheduleTask(in: pause) {}.futureResult
    }

    /// The answer, when its head has come and says that the request failed: that stands however its body ends.
    var refusal: HTTPAnswer? {
        answer.withLock { $0.status == 0 || $0.isGood ? nil : $0 }
    }

    func didFinishRequest(task: HTTPClient.Task<HTTPAnswer>) throws -> HTTPAnswer {
        let answer = answer.withLock { $0 }
        if hasBody, answer.isGood, let length = answer.contentLength, length != answer.body.count {
            throw HTTPFault.unreachable
        }
        return answer
    }
}

/// Ends a request to which a server has said nothing for some time.
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
        let end = (collector.silentSince ?? .now()) + limit
        guard end > .now() else { return task.fail(reason: HTTPFault.timedOut) }
        let scheduled = task.eventLoop.scheduleTask(deadline: end) { [weak self] in self?.check() ?? () }
        next.withLock { $0 = scheduled }
    }
}
