import AsyncHTTPClient
import Dispatch
import Glibc
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// How a program speaks HTTP.
public struct HTTPSettings: Sendable {
    /// Connections, and so requests, at the same time.
    public var connections = 16
    /// Until a connection stands.
    public var connectTimeout: Duration = .seconds(10)
    /// Without a byte coming or going, for requests that only ask.
    public var readIdleTimeout: Duration = .seconds(20)
    /// The same for requests that change something, and for what was sent and nobody acknowledges: a server may have much to
    /// do between the last byte and its answer.
    public var writeIdleTimeout: Duration = .seconds(120)
    /// For a whole request; a second more for each KiB sent or asked for, as many requests may share a slow line.
    public var requestTimeout: Duration = .seconds(120)
    /// A file of certificates (PEM) to trust beside the system's.
    public var certificates: String?
    /// Bytes a second of what is sent, and of what comes; over all connections.
    public var upload, download: BandwidthLimit?
    /// Told of the bytes of bodies as they pass.
    public var meter: TransferMeter?
    /// Addresses of hosts that are not looked up, as with curl's `--resolve`.
    var addresses: [String: String] = [:]

    /// The defaults.
    public init() {}

    /// The defaults, with the certificates that CHATARK_CACERT or else RESTIC_CACERT names.
    public init(environment: [String: String]) {
        certificates = [environment["CHATARK_CACERT"], environment["RESTIC_CACERT"]].lazy.compactMap { $0 }.first {
            !$0.isEmpty
        }
    }
}

/// The way out to HTTP servers, for threads that wait: one for a program, shared by its stores.
///
/// Requests beyond the limit of connections wait for their turn, which no time-out counts. Redirects are not followed:
/// a signature is for one host and one path.
public final class HTTPDoor: Sendable {
    /// The settings.
    public let settings: HTTPSettings
    private let configuration: HTTPClient.Configuration
    private let turns: DispatchSemaphore
    private let current: Mutex<Connections>
    /// Hosts that have answered.
    private let known = Mutex<Set<String>>([])

    /// Opens no connection yet; throws `.unusableCertificates`.
    public init(_ settings: HTTPSettings = HTTPSettings()) throws(StorageError) {
        self.settings = settings
        var tls = TLSConfiguration.makeClientConfiguration()
        if let file = settings.certificates {
            do {
                let found = try NIOSSLCertificate.fromPEMFile(file)
                guard !found.isEmpty else { throw StorageError.unusableCertificates(file: file) }
                tls.additionalTrustRoots = [.certificates(found)]
            } catch {
                throw .unusableCertificates(file: file)
            }
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.httpVersion = .http1Only
        configuration.decompression = .disabled
        configuration.dnsOverride = settings.addresses
        configuration.timeout.connect = settings.connectTimeout.amount
        configuration.http1_1ConnectionDebugInitializer = { [limit = settings.writeIdleTimeout.amount] channel in
            channel.setOption(Self.unacknowledgedLimit, value: SocketOptionValue(limit.nanoseconds / 1_000_000))
        }
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, settings.connections)
        // Whoever repeats knows how often and how long.
        configuration.connectionPool.retryConnectionEstablishment = false
        self.configuration = configuration
        // Counted up from 0: one that ends below where it began would end the program.
        turns = DispatchSemaphore(value: 0)
        for _ in 0..<max(1, settings.connections) { turns.signal() }
        current = Mutex(Connections(configuration))
    }

    /// TCP_USER_TIMEOUT of <linux/tcp.h>, in milliseconds: the kernel alone knows whether a body still moves, and ends the
    /// connection when nothing of it has been acknowledged, or taken by the other side, for that long (RFC 5482).
    private static let unacknowledgedLimit = ChannelOptions.socket(SocketOptionLevel(IPPROTO_TCP), 18)

    /// Sends a request and waits for the answer, whatever its status. Not for threads of an event loop.
    func answer(_ request: HTTPRequest) throws(HTTPFault) -> HTTPAnswer {
        try start(request).wait()
    }

    /// Sends a request as soon as there is a turn and returns without waiting for the answer.
    func start(_ request: HTTPRequest) -> Pending {
        let pending = Pending()
        guard let outgoing = outgoing(request) else {
            pending.finish(.failure(.badAddress))
            return pending
        }
        turns.wait()
        let connections = current.withLock { $0 }
        let collector = AnswerCollector(
            to: request, pace: settings.download, meter: settings.meter, isPaced: settings.upload != nil)
        let task = connections.client.execute(
            request: outgoing, delegate: collector, deadline: deadline(of: request))
        let asksOnly = request.verb == .get || request.verb == .head
        let watch = IdleWatch(
            task, collector, (asksOnly ? settings.readIdleTimeout : settings.writeIdleTimeout).amount)
        task.futureResult.whenComplete { [self] result in
            watch.end()
            let result: Result<HTTPAnswer, HTTPFault> = result.flatMapError { error in
                collector.refusal.map { .success($0) } ?? .failure(fault(error, request.origin.host))
            }
            if case .success = result { _ = known.withLock { $0.insert(request.origin.host) } }
            if Self.mayHaveLeftBytes(of: request, result) { retire(connections) }
            turns.signal()
            pending.finish(result)
        }
        return pending
    }

    /// An answer that is on its way.
    final class Pending: Sendable {
        private let arrived = DispatchSemaphore(value: 0)
        private let result = Mutex<Result<HTTPAnswer, HTTPFault>>(.failure(.unreachable))

        /// Waits for it; once.
        func wait() throws(HTTPFault) -> HTTPAnswer {
            arrived.wait()
            return try result.withLock { $0 }.get()
        }

        fileprivate func finish(_ result: Result<HTTPAnswer, HTTPFault>) {
            self.result.withLock { $0 = result }
            arrived.signal()
        }
    }

    // MARK: Connections

    /// A pool of connections, closed when the last request that uses it has ended.
    private final class Connections: Sendable {
        let client: HTTPClient

        init(_ configuration: HTTPClient.Configuration) {
            client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
        }

        /// Later: a connection whose request has just ended may still be on its way back into the pool, and the pool ends the
        /// program when one comes back that it has closed.
        deinit {
            HTTPClient.defaultEventLoopGroup.next().scheduleTask(in: .seconds(30)) { [client] in
                client.shutdown { _ in }
            }
        }
    }

    /// Whether there may be bytes on the connection that would be taken for something else: the rest of a body that the
    /// server refused before it had read it, or the chunks that some servers send after the head of an answer to HEAD.
    private static func mayHaveLeftBytes(of request: HTTPRequest, _ result: Result<HTTPAnswer, HTTPFault>) -> Bool {
        guard case .success(let answer) = result else { return false }
        return request.body?.isEmpty == false && !answer.isGood
            || request.verb == .head && answer.header("transfer-encoding") != nil
    }

    /// Uses these connections for no further request.
    private func retire(_ connections: Connections) {
        current.withLock { current in
            if current === connections { current = Connections(configuration) }
        }
    }

    // MARK: Requests

    private func outgoing(_ request: HTTPRequest) -> HTTPClient.Request? {
        var headers = HTTPHeaders(request.headers.map { ($0.name, $0.value) })
        headers.replaceOrAdd(name: "Host", value: request.origin.authority)
        if headers["User-Agent"].isEmpty { headers.add(name: "User-Agent", value: "chatark") }
        return try? HTTPClient.Request(
            url: request.url, method: HTTPMethod(rawValue: request.verb.rawValue), headers: headers,
            body: request.body.map { body in
                settings.upload.map { PacedBody.body(body, $0, settings.meter) }
                    ?? .byteBuffer(ByteBuffer(bytes: body))
            })
    }

    private func deadline(of request: HTTPRequest) -> NIODeadline {
        let (up, down) = (request.body?.count ?? 0, min(request.bodyLimit, 64 << 20))
        let limited = settings.pause(of: up, settings.upload) + settings.pause(of: down, settings.download)
        return .now() + (settings.requestTimeout + limited).amount + .seconds(Int64((up + down) >> 10))
    }

    /// Of a host that has answered before, what else would be a mistake in its address may pass: a network that comes and goes
    /// answers for others.
    private func fault(_ error: any Error, _ host: String) -> HTTPFault {
        let fault = HTTPFault(error)
        guard known.withLock({ $0.contains(host) }) else { return fault }
        return switch fault {
        case .unknownHost: .notConnected(.noAddress)
        case .noTLS: .unreachable
        default: fault
        }
    }
}

extension HTTPSettings {
    /// How long bytes may wait within a limit, behind those of all other connections.
    fileprivate func pause(of bytes: Int, _ limit: BandwidthLimit?) -> Duration {
        limit.map { .seconds(bytes / $0.rate * connections + 1) } ?? .zero
    }
}

extension Duration {
    /// For the event loops.
    var amount: TimeAmount {
        let (seconds, attoseconds) = components
        return .nanoseconds(seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000)
    }
}
