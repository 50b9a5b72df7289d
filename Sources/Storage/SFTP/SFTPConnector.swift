import Synchronization

/// The one connection of a store: made when it is first needed, and again when it has ended.
///
/// Attempts that fail are at least a quarter of a second apart, then twice as long each time up to ten seconds; calls
/// in between get the failure that there was. So many threads that wait for the same server make one attempt and not
/// one each.
final class SFTPConnector: Sendable {
    private let command: SFTPCommand
    private let settings: SFTPSettings
    private let state = Mutex(State())

    private struct State {
        var session: SFTPSession?
        var failure: (fault: SFTPFault, until: ContinuousClock.Instant)?
        var failures = 0
    }

    init(_ command: SFTPCommand, _ settings: SFTPSettings) {
        self.command = command
        self.settings = settings
    }

    deinit { state.withLock { $0.session?.end() } }

    /// The connection; whoever comes while it is being made waits.
    func session() throws(SFTPFault) -> SFTPSession {
        try state.withLock { (state) throws(SFTPFault) in
            if let session = state.session, session.isOpen { return session }
            if let failure = state.failure, failure.until > .now { throw failure.fault }
            state.session = nil
            do throws(SFTPFault) {
                let session = try SFTPSession(command, settings)
                state.session = session
                state.failure = nil
                state.failures = 0
                return session
            } catch {
                let pause = Duration.milliseconds(min(10_000, 250 << min(state.failures, 6)))
                state.failures += 1
                state.failure = (error, .now + pause)
                throw error
            }
        }
    }
}
