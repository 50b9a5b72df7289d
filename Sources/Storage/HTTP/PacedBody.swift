import AsyncHTTPClient
import NIOCore

/// A request's body that is sent in pieces, each when its turn has come within a limit.
///
/// Without a limit a body goes as a whole: the library takes a refusal that comes while pieces leave for a failure, or waits.
final class PacedBody: Sendable {
    private let bytes: ByteBuffer
    private let limit: BandwidthLimit
    private let meter: TransferMeter?
    private let writer: HTTPClient.Body.StreamWriter
    private let loop: any EventLoop
    private let promise: EventLoopPromise<Void>

    private init(
        _ bytes: ByteBuffer, _ limit: BandwidthLimit, _ meter: TransferMeter?, _ writer: HTTPClient.Body.StreamWriter,
        _ loop: any EventLoop
    ) {
        self.bytes = bytes
        self.limit = limit
        self.meter = meter
        self.writer = writer
        self.loop = loop
        promise = loop.makePromise()
    }

    /// The body of a request.
    static func body(_ bytes: [UInt8], _ limit: BandwidthLimit, _ meter: TransferMeter?) -> HTTPClient.Body {
        .stream(contentLength: Int64(bytes.count)) { writer in
            let loop = HTTPClient.defaultEventLoopGroup.next()
            let body = PacedBody(ByteBuffer(bytes: bytes), limit, meter, writer, loop)
            body.send(from: 0)
            return body.promise.futureResult
        }
    }

    private func send(from offset: Int) {
        let count = min(limit.piece, bytes.readableBytes - offset)
        guard count > 0, let piece = bytes.getSlice(at: bytes.readerIndex + offset, length: count) else {
            return promise.succeed(())
        }
        loop.scheduleTask(in: limit.reserve(count).amount) { [self] in
            writer.write(.byteBuffer(piece)).whenComplete { [self] result in
                switch result {
                case .success:
                    meter?.send(count)
                    send(from: offset + count)
                case .failure(let error): promise.fail(error)
                }
            }
        }
    }
}
