import CFuse
import Glibc
import Synchronization

/// A libfuse session: made, mounted, read from by one thread, notified through by others, destroyed once.
final class FuseSession: @unchecked Sendable {
    private let session: OpaquePointer
    private let server: Server
    private let use = Mutex((notifications: 0, isClosed: false, isDestroyed: false))

    /// Makes a session and mounts it at a checked path. The kernel's requests wait until `serve`.
    init(_ server: Server, at path: String) throws(MountError) {
        self.server = server
        LibraryLog.install()
        var arguments = fuse_args(argc: 0, argv: nil, allocated: 0)
        defer { fuse_opt_free_args(&arguments) }
        for word in ["chatark", "-o", server.options.arguments] {
            guard fuse_opt_add_arg(&arguments, word) == 0 else { throw .refused(path: path, words: words(of: ENOMEM)) }
        }
        var table = operations()
        let data = Unmanaged.passUnretained(server).toOpaque()
        guard let session = fuse_session_new(&arguments, &table, MemoryLayout<fuse_lowlevel_ops>.size, data) else {
            throw .refused(path: path, words: LibraryLog.take() ?? "libfuse made no session")
        }
        self.session = session
        guard fuse_session_mount(session, path) == 0 else {
            let said = LibraryLog.take()
            fuse_session_destroy(session)
            throw .refused(path: path, words: said ?? "libfuse could not mount it")
        }
    }

    /// After the serving thread and all workers have ended. Closing the device ends what the kernel still has for us.
    func destroy() {
        closeNotifications()
        use.withLock { use in
            guard !use.isDestroyed else { return }
            use.isDestroyed = true
            fuse_session_destroy(session)
        }
    }

    /// Reads and answers requests until the mount is gone or `stopServing` has been called and the thread has been woken.
    /// - Parameter connected: called once, when the kernel and we have agreed on how to speak.
    /// - Returns: 0, or the error number of a failed read.
    func serve(connected: () -> Void) -> Int32 {
        var buffer = fuse_buf()
        defer { free(buffer.mem) }
        var wasConnected = false
        while fuse_session_exited(session) == 0 {
            let count = fuse_session_receive_buf(session, &buffer)
            if count == -EINTR || count == -EAGAIN { continue }
            guard count > 0 else { return -count }
            fuse_session_process_buf(session, &buffer)
            if !wasConnected, server.isConnected {
                wasConnected = true
                connected()
            }
        }
        return 0
    }

    /// From any thread, also when serving has ended.
    func stopServing() {
        use.withLock { use in
            if !use.isDestroyed { fuse_session_exit(session) }
        }
    }

    // MARK: What the kernel is told unasked. Never from within a request, and from any thread: the kernel may first wait for requests to be answered.

    /// Lets the kernel forget a directory's listing and a name in it, or only the attributes and content of an inode.
    func invalidate(_ inode: UInt64, name: [UInt8]? = nil) {
        guard let name else {
            notify { fuse_lowlevel_notify_inval_inode($0, inode, 0, 0) }
            return
        }
        name.withUnsafeBytes { bytes in
            guard let text = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return }
            notify { fuse_lowlevel_notify_inval_entry($0, inode, text, bytes.count) }
        }
    }

    /// Puts a whole file into the kernel's page cache. False when the kernel does not know the inode (or is gone).
    func store(_ inode: UInt64, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress else { return true }
        var vector = fuse_bufvec()
        vector.count = 1
        vector.buf.size = bytes.count
        vector.buf.mem = UnsafeMutableRawPointer(mutating: start)
        return notify { fuse_lowlevel_notify_store($0, inode, 0, &vector, fuse_buf_copy_flags(rawValue: 0)) } == 0
    }

    @discardableResult
    private func notify(_ body: (OpaquePointer) -> Int32) -> Int32 {
        let isOpen = use.withLock { use in
            if !use.isClosed { use.notifications += 1 }
            return !use.isClosed
        }
        guard isOpen else { return -ENOTCONN }
        defer { use.withLock { $0.notifications -= 1 } }
        return body(session)
    }

    /// Waits for notifications under way; they end while requests are being answered or when the mount is gone.
    func closeNotifications() {
        use.withLock { $0.isClosed = true }
        while use.withLock({ $0.notifications > 0 }) { usleep(1000) }
    }
}

/// What libfuse would print: the last line is the reason for a failure.
private enum LibraryLog {
    private static let last = Mutex<String?>(nil)

    static func install() {
        last.withLock { $0 = nil }
        fuse_set_log_func { _, format, arguments in
            guard let format else { return }
            var line = [CChar](repeating: 0, count: 512)
            guard let arguments else { return }
            vsnprintf(&line, line.count, format, arguments)
            let text = line.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            LibraryLog.last.withLock { $0 = text }
        }
    }

    static func take() -> String? {
        last.withLock { text in
            defer { text = nil }
            return text?.split(separator: "\n").last.map {
                $0.hasPrefix("fuse: ") ? String($0.dropFirst(6)) : String($0)
            }
        }
    }
}
