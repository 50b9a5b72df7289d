import Dispatch
import Glibc
import Synchronization

/// A connection to a server on which many threads ask at the same time: each request has a number, one thread reads the
/// answers and gives each to who waits for it.
///
/// What goes wrong with the connection itself ends it, and all who wait get the same fault.
final class SFTPSession: Sendable {
    let features: SFTPFeatures
    private let child: SFTPChild
    let settings: SFTPSettings
    private let state = Mutex(State())

    private struct State {
        var waiting: [UInt32: Pending] = [:]
        var lastNumber: UInt32 = 0
        var lastReceived = ContinuousClock.now
        var fault: SFTPFault?
    }

    /// Starts the program, and returns when the server has said what it can.
    init(_ command: SFTPCommand, _ settings: SFTPSettings) throws(SFTPFault) {
        let child = try SFTPChild(command)
        var greeting = Greeting(child, settings)
        do throws(SFTPFault) {
            features = try greeting.features()
        } catch {
            throw Self.refusal(error, child, greeting)
        }
        child.handBackTerminal()
        self.child = child
        self.settings = settings
        let frames = greeting.frames
        guard SFTPThread.start({ [self] in receive(frames) }) else {
            child.finish()
            throw .notStarted(errno: EAGAIN)
        }
    }

    /// Whether it can still be used.
    var isOpen: Bool { state.withLock { $0.fault == nil } }

    /// Sends a request and does not wait for the answer; waits when more is on its way than the connection takes.
    func send(_ request: SFTPRequest) throws(SFTPFault) -> Pending {
        let pending = Pending(self)
        let number = try state.withLock { (state) throws(SFTPFault) in
            if let fault = state.fault { throw fault }
            repeat { state.lastNumber &+= 1 } while state.waiting[state.lastNumber] != nil
            state.waiting[state.lastNumber] = pending
            return state.lastNumber
        }
        do throws(SFTPFault) {
            try child.send(request.packet(number), limit: settings.idleTimeout)
        } catch {
            // Part of a packet may be on its way.
            end(error)
            throw error
        }
        return pending
    }

    /// Ends the connection.
    func end(_ fault: SFTPFault = .closed) {
        let waiting = state.withLock { state in
            if state.fault == nil { state.fault = fault }
            defer { state.waiting = [:] }
            return state.waiting.values.map { ($0, state.fault ?? fault) }
        }
        child.cutOff()
        for (pending, fault) in waiting { pending.finish(.failure(fault)) }
    }

    /// An answer that is on its way.
    final class Pending: Sendable {
        private let session: SFTPSession
        private let arrived = DispatchSemaphore(value: 0)
        private let result = Mutex<Result<SFTPReply, SFTPFault>>(.failure(.closed))

        fileprivate init(_ session: SFTPSession) { self.session = session }

        /// Waits for it; once. A server that is silent for too long is given up, with the whole connection.
        func wait() throws(SFTPFault) -> SFTPReply {
            let start = ContinuousClock.now
            var end = start + min(session.settings.idleTimeout, session.settings.requestTimeout)
            while arrived.wait(timeout: .now() + (end - .now).interval) == .timedOut {
                let heard = max(session.state.withLock { $0.lastReceived }, start)
                end = min(heard + session.settings.idleTimeout, start + session.settings.requestTimeout)
                if end <= .now { session.end(.timedOut) }
            }
            return try result.withLock { $0 }.get()
        }

        fileprivate func finish(_ result: Result<SFTPReply, SFTPFault>) {
            self.result.withLock { $0 = result }
            arrived.signal()
        }
    }

    // MARK: Receiving

    private func receive(_ frames: SFTPFrames) {
        var frames = frames
        var buffer = [UInt8](repeating: 0, count: 128 << 10)
        do throws(SFTPFault) {
            while true {
                while let packet = try frames.next() {
                    let (number, reply) = try SFTPReply.decode(packet)
                    let pending = state.withLock { state in
                        state.lastReceived = .now
                        return state.waiting.removeValue(forKey: number)
                    }
                    // Nobody asked.
                    guard let pending else { throw .malformed }
                    pending.finish(.success(reply))
                }
                let count = try child.receive(&buffer, limit: nil)
                guard count > 0 else { throw .closed }
                state.withLock { $0.lastReceived = .now }
                frames.append(buffer[..<count])
            }
        } catch {
            end(error)
        }
        child.finish()
    }

    // MARK: The beginning

    /// The first packets, one after another.
    private struct Greeting {
        private let child: SFTPChild
        private let end: ContinuousClock.Instant
        private var buffer = [UInt8](repeating: 0, count: 4096)
        private(set) var frames = SFTPFrames()
        private(set) var first: [UInt8] = []

        init(_ child: SFTPChild, _ settings: SFTPSettings) {
            self.child = child
            end = .now + (child.hasTerminal ? settings.promptTimeout : settings.connectTimeout)
        }

        mutating func features() throws(SFTPFault) -> SFTPFeatures {
            try child.send(SFTPRequest.initial, limit: max(end - .now, .zero))
            var features = try SFTPFeatures.decode(try packet())
            guard features.extensions.contains(SFTPFeatures.limits) else { return features }
            try child.send(SFTPRequest.limits.packet(0), limit: max(end - .now, .zero))
            // A server that says that it has it and has it not is one without.
            if case (0, .extended(let limits)) = try SFTPReply.decode(try packet()) {
                try features.take(limits: limits)
            }
            return features
        }

        private mutating func packet() throws(SFTPFault) -> [UInt8] {
            while true {
                if let packet = try frames.next() { return packet }
                let count = try child.receive(&buffer, limit: max(end - .now, .zero))
                guard count > 0 else { throw .closed }
                if first.count < 300 { first += buffer[..<min(count, 300)] }
                frames.append(buffer[..<count])
            }
        }
    }

    /// Why there was no beginning, as the program says it.
    private static func refusal(_ fault: SFTPFault, _ child: SFTPChild, _ greeting: Greeting) -> SFTPFault {
        let hadTerminal = child.hasTerminal
        let status = child.finish()
        // Who interrupts ssh while it asks means us, and does not want to be asked again.
        if hadTerminal, status == -SIGINT {
            kill(getpid(), SIGINT)
            return .noSession(said: "", mayPass: false)
        }
        let words = child.words
        switch fault {
        case .closed:
            // 126 and 127: a shell did not find or could not start what it was to run.
            return .noSession(said: words.text, mayPass: !words.isFinal && status != 126 && status != 127)
        // A login that prints something speaks before the server does.
        case .malformed: return .noSession(said: SFTPWords(greeting.first).text, mayPass: false)
        default: return fault
        }
    }
}

/// Threads for connections.
enum SFTPThread {
    /// Starts one that nobody waits for. False when the system grants no more.
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        final class Body: Sendable {
            let run: @Sendable () -> Void
            init(_ run: @escaping @Sendable () -> Void) { self.run = run }
        }
        let box = Unmanaged.passRetained(Body(body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { argument in
                if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        if code != 0 { box.release() }
        return code == 0
    }
}

extension Duration {
    /// As Dispatch counts; never negative.
    fileprivate var interval: DispatchTimeInterval {
        let seconds = min(max(components.seconds, 0), 1_000_000)
        return .nanoseconds(max(0, Int(seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000)))
    }
}
