import Dispatch
import Glibc

/// Starts a detached thread. False when the system grants no more threads.
@discardableResult
func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    let box = Unmanaged.passRetained(Body(body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { pthread_attr_destroy(&attributes) }
    var thread = pthread_t()
    let failure = pthread_create(
        &thread, &attributes,
        { argument in
            if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
            return nil
        }, box.toOpaque())
    if failure != 0 { box.release() }
    return failure == 0
}

extension Duration {
    /// As Dispatch counts; at most a hundred years, which it can still add to now.
    var dispatchInterval: DispatchTimeInterval {
        let seconds = min(max(components.seconds, 0), 3_153_600_000)
        return .nanoseconds(Int(seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000))
    }
}
