import CFuse
import ChatArchive
import Glibc
import Synchronization

/// Answers the kernel's requests from a folder tree.
///
///     kernel ── /dev/fuse ──> serving thread ── in memory ──────────────────────> answer
///                                 └── must wait ──> WaitingRequests ── worker ──> answer, or EIO by the deadline
///
/// One thread reads requests and answers what memory can answer, without allocating; nothing on it touches storage. Operations are in
/// Server+Directories and Server+Files, the table of callbacks in Operations.
final class Server: @unchecked Sendable {
    // What is not constant below is touched by the serving thread only, after `init`.
    let tree: FolderTree
    let options: MountOptions
    let counters = Counters()
    let waiting: WaitingRequests
    let reports: Reports
    private(set) var directoryBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    /// Whether the kernel stops asking once open, and opendir, have been answered with ENOSYS.
    private(set) var mayOmitOpen = false
    private(set) var mayOmitOpenDirectory = false
    private(set) var isConnected = false
    var siblings: SiblingPusher?

    /// A name or attributes that never change. libfuse converts it to whole seconds: 31 years.
    static let endless = 1e9

    init(tree: FolderTree, options: MountOptions) {
        self.tree = tree
        self.options = options
        let counters = counters
        let reports = Reports(options.log)
        self.reports = reports
        waiting = WaitingRequests(workers: options.workers, deadline: options.deadline) {
            counters.failed.add()
            reports.failed(.timedOut)
        }
    }

    deinit { directoryBuffer.deallocate() }

    /// What the kernel is asked for at the start (DESIGN: the requests that are not made).
    func connect(_ connection: UnsafeMutablePointer<fuse_conn_info>) {
        let capable = connection.pointee.capable
        var want = connection.pointee.want
        // Attributes come with every listing, from the first batch to the last; contents never change by themselves.
        for flag in [
            FUSE_CAP_READDIRPLUS, FUSE_CAP_EXPLICIT_INVAL_DATA, FUSE_CAP_CACHE_SYMLINKS, FUSE_CAP_PARALLEL_DIROPS,
            FUSE_CAP_ASYNC_READ,
        ] where capable & UInt32(flag) != 0 {
            want |= UInt32(flag)
        }
        for flag in [
            FUSE_CAP_READDIRPLUS_AUTO, FUSE_CAP_AUTO_INVAL_DATA, FUSE_CAP_ATOMIC_O_TRUNC, FUSE_CAP_WRITEBACK_CACHE,
        ] {
            want &= ~UInt32(flag)
        }
        connection.pointee.want = want
        // The kernel's default of 12 throttles read-ahead of several readers.
        connection.pointee.max_background = 64
        connection.pointee.congestion_threshold = 48
        mayOmitOpen = capable & UInt32(FUSE_CAP_NO_OPEN_SUPPORT) != 0
        mayOmitOpenDirectory = capable & UInt32(FUSE_CAP_NO_OPENDIR_SUPPORT) != 0
        isConnected = true
    }

    /// Answers with the error number of an error, and reports what a user cannot see from it.
    func fail(_ reply: Reply, _ error: FolderTreeError) {
        let number = error.errorNumber
        reply.send { request in
            if number == EIO {
                counters.failed.add()
                reports.failed(error)
            }
            return fuse_reply_err(request, number)
        }
    }

    /// Runs an operation now if memory can answer it, else hands it to a worker.
    @inline(__always)
    func answer(
        _ request: OpaquePointer, _ now: (Reply) throws(FolderTreeError) -> Void,
        later: () -> @Sendable (Reply, Waiting) throws(FolderTreeError) -> Void
    ) {
        let reply = Reply(request: request, ticket: 0, waiting: waiting)
        do throws(FolderTreeError) {
            try now(reply)
        } catch .mustWait {
            counters.waited.add()
            let work = later()
            waiting.postpone(request) { [self] reply, waiting in
                do throws(FolderTreeError) {
                    try work(reply, waiting)
                } catch {
                    fail(reply, error)
                }
            }
        } catch {
            fail(reply, error)
        }
    }
}

/// Says each thing once, however often it happens.
final class Reports: Sendable {
    private let said = Mutex<Set<String>>([])
    private let log: @Sendable (String) -> Void
    /// Enough for a person; a damaged repository may have millions of unreadable files.
    private let limit = 200

    init(_ log: @escaping @Sendable (String) -> Void) { self.log = log }

    /// A request that ended in EIO. What is late is said in the same words whoever notices it first.
    func failed(_ error: FolderTreeError) { report("A read ended in an error: \(error)") }

    func report(_ line: String) {
        let isNew = said.withLock { $0.count < limit && $0.insert(line).inserted }
        if isNew { log(line) }
    }
}
