import AsyncHTTPClient
import NIOCore

/// A request's body that is sent in pieces: each when the one before it has been taken by the system and, within a limit, its
/// turn has come. Each piece that is taken is a movement.
final class OutgoingBody: Sendable {
    /// Bytes of a piece, where no limit makes it smaller: a line of 64 KiB a second takes it in half a second.
    private static let piece = 32 << 10

    private let bytes: ByteBuffer
    private let limit: BandwidthLimit?
    private let movement: LastMovement
    private let writer: HTTPClient.Body.StreamWriter
    private let loop: any EventLoop
    private let promise: EventLoopPromise<Void>

    private init(
        _ bytes: ByteBuffer, _ limit: BandwidthLimit?, _ movement: LastMovement, _ writer: HTTPClient.Body.StreamWriter,
        _ loop: any EventLoop
    ) {
        self.bytes = bytes
        self.limit = limit
        self.movement = movement
        self.writer = writer
        self.loop = loop
        promise = loop.makePromise()
    }

    /// The body of a request.
    static func body(_ bytes: [UInt8], _ limit: BandwidthLimit?, _ movement: LastMovement) -> HTTPClient.Body {
        guard !bytes.isEmpty else { return .byteBuffer(ByteBuffer()) }
        return .stream(contentLength: Int64(bytes.count)) { writer in
            let body = OutgoingBody(
                ByteBuffer(bytes: bytes), limit, movement, writer, HTTPClient.defaultEventLoopGroup.next())
            body.send(from: 0)
            return body.promise.futureResult
        }
    }

    private func send(from offset: Int) {
        let count = min(limit?.piece ?? Self.piece, bytes.readableBytes - offset)
        guard count > 0, let piece = bytes.getSlice(at: bytes.readerIndex + offset, length: count) else {
            return promise.succeed(())
        }
        guard let pause = limit?.reserve(count).amount, pause > .zero else { return send(piece, upTo: offset + count) }
        // Nothing leaves meanwhile, and that is no silence.
        movement.note(after: pause)
        loop.scheduleTask(in: pause) { [self] in send(piece, upTo: offset + count) }
    }

    private func send(_ piece: ByteBuffer, upTo end: Int) {
        writer.write(.byteBuffer(piece)).whenComplete { [self] result in
            switch result {
            case .success:
                movement.note()
                send(from: end)
            case .failure(let error): promise.fail(error)
            }
        }
    }
}
