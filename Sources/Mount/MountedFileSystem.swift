import ChatArchive
import Glibc
import Synchronization

/// A folder tree as a read-only file system of this machine.
///
///     let mounted = try MountedFileSystem.mount(tree, at: "/mnt/chat", options)
///     try mounted.run()      // until somebody unmounts it, or requestStop() is called on another thread
public final class MountedFileSystem: Sendable {
    /// How serving ended.
    public enum End: Equatable, Sendable {
        /// Somebody unmounted it.
        case unmounted
        /// We were asked to stop, and unmounted it.
        case stopped
        /// We were asked to stop while it was in use: it is out of the tree, and those who use it get errors.
        case detachedInUse
    }

    private enum Phase { case mounted, serving, ended }

    private struct State {
        var phase = Phase.mounted
        var isStopping = false
        var wasBusy = false
        var servingThread: pthread_t?
    }

    /// Absolute, without symbolic links.
    public let path: String
    private let server: Server
    private let session: FuseSession
    private let refresher: Refresher
    private let device: String?
    private let state = Mutex(State())

    /// Mounts a tree. Requests wait until `run`.
    ///
    /// A mountpoint that is missing, no directory, not empty, a mount already, or overlaps the repository or a source is refused.
    public static func mount(
        _ tree: FolderTree, at path: String, _ options: MountOptions = MountOptions()
    ) throws(MountError) -> MountedFileSystem {
        let point = try MountPoint(checking: path, options)
        try checkDevice()
        if options.allowOther { try checkAllowOther() }
        return try MountedFileSystem(tree, point, options)
    }

    private init(_ tree: FolderTree, _ point: MountPoint, _ options: MountOptions) throws(MountError) {
        path = point.path
        server = Server(tree: tree, options: options)
        session = try FuseSession(server, at: point.path)
        refresher = Refresher(tree, session, server.reports, every: options.refreshInterval)
        device = MountTable.current().top(at: point.path)?.device
    }

    deinit {
        // Never served: nobody has answered a request, so nobody can be inside.
        guard state.withLock({ $0.phase }) == .mounted else { return }
        unmountOurs()
        session.destroy()
    }

    /// The requests made so far.
    public var statistics: MountStatistics { server.counters.snapshot }

    /// Looks for new snapshots now, on another thread, and shows them.
    public func refresh() { refresher.refreshSoon() }

    /// Unmounts, and lets `run` return. Returns at once; safe from any thread (not from within a signal handler), any number of times.
    public func requestStop() {
        let isFirst = state.withLock { state in
            defer { state.isStopping = true }
            return !state.isStopping && state.phase != .ended
        }
        if isFirst, !startThread({ [self] in stop() }) { stop() }
    }

    /// Serves the mount on the calling thread until it is unmounted. To be called once.
    @discardableResult
    public func run() throws(MountError) -> End {
        let isFirst = state.withLock { state in
            guard state.phase == .mounted else { return false }
            state.phase = .serving
            state.servingThread = pthread_self()
            return true
        }
        guard isFirst else { throw .notMounted(path: path) }
        installWakeSignal()
        refresher.start()
        let failure = session.serve { [self] in
            raiseReadAhead()
            server.startReadAhead(session)
        }
        let (isStopping, wasBusy) = state.withLock { state in
            state.phase = .ended
            state.servingThread = nil
            return (state.isStopping, state.wasBusy)
        }
        refresher.close()
        server.stopReadAhead()
        server.waiting.close()
        if !isStopping, failure != 0 { unmountOurs() }
        session.destroy()
        guard isStopping || failure == 0 || failure == ENODEV else {
            throw .servingFailed(path: path, errorNumber: failure)
        }
        return isStopping ? (wasBusy ? .detachedInUse : .stopped) : .unmounted
    }

    // MARK: Stopping

    /// What memory can answer is still answered while this unmounts; what waits for storage, perhaps for a minute, ends in EIO.
    private func stop() {
        server.waiting.close()
        session.closeNotifications()
        unmountOurs()
        session.stopServing()
        wakeServingThread()
    }

    private func unmountOurs() {
        // Already gone, or covered by somebody else's mount.
        guard let mount = MountTable.current().top(at: path), mount.device == device else { return }
        var outcome = detach(path, lazy: false)
        // Programs that have just been told of an error, or that end by the same signal as we, are about to leave.
        for _ in 0..<10 where outcome == .busy {
            usleep(20_000)
            outcome = detach(path, lazy: false)
        }
        guard outcome != .done else { return }
        if outcome == .busy {
            state.withLock { $0.wasBusy = true }
            server.options.log(
                "The mount at '\(path)' is in use; it is detached, and programs inside it get errors from now on.")
        }
        if case .failed(let words) = detach(path, lazy: true) {
            server.options.log("\(MountError.unmountFailed(path: path, words: words))")
        }
    }

    /// A thread that waits in read(2) is woken by a signal; one that is just about to wait is met by the next.
    private func wakeServingThread() {
        while true {
            let isServing = state.withLock { state in
                if let thread = state.servingThread { pthread_kill(thread, SIGURG) }
                return state.phase == .serving
            }
            guard isServing else { return }
            usleep(5000)
        }
    }

    // MARK: Checks and tuning

    private static func checkDevice() throws(MountError) {
        let descriptor = open("/dev/fuse", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            // fusermount3 opens it as root, so a user without permission may still succeed.
            guard errno == EACCES || errno == EPERM, geteuid() != 0 else {
                throw .deviceUnavailable(errorNumber: errno)
            }
            return
        }
        close(descriptor)
    }

    private static func checkAllowOther() throws(MountError) {
        guard geteuid() != 0 else { return }
        let configuration = "/etc/fuse.conf"
        let text = String(decoding: contents(ofSystemFile: configuration), as: UTF8.self)
        let isAllowed = text.split(separator: "\n").contains {
            $0.split(whereSeparator: \.isWhitespace).first == "user_allow_other"
        }
        guard isAllowed else { throw .allowOtherForbidden(configuration: configuration) }
    }

    /// The kernel reads ahead 128 KiB for a mount; root may raise that, and requests grow with it.
    private func raiseReadAhead() {
        guard geteuid() == 0, let device, server.options.readAheadWindow > 1 << 17 else { return }
        let descriptor = open("/sys/class/bdi/\(device)/read_ahead_kb", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        let text = Array("\(server.options.readAheadWindow / 1024)\n".utf8)
        // Without effect is no harm: the kernel's own window stays.
        _ = write(descriptor, text, text.count)
        close(descriptor)
    }
}

/// SIGURG, which nobody here uses and which is ignored by default, gets an empty handler, so that it interrupts read(2) in the calling thread.
private func installWakeSignal() {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGURG)
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
    var present = sigaction()
    guard sigaction(SIGURG, nil, &present) == 0, present.__sigaction_handler.sa_handler == nil else { return }
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in }
    sigaction(SIGURG, &action, nil)
}
