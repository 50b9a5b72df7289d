import Glibc

/// Who is at work: what key files, locks and snapshots say about their maker.
public struct Maker: Hashable, Sendable {
    /// The machine's name.
    public let hostname: String
    /// The user's login name, or the number when it has none.
    public let username: String
    /// The user's number.
    public let uid: UInt32
    /// The group's number.
    public let gid: UInt32
    /// The process.
    public let pid: Int32

    /// This process.
    public static let current = Maker()

    private init() {
        let capacity = 256
        hostname = withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
            buffer.initialize(repeating: 0)
            guard let start = buffer.baseAddress, gethostname(start, capacity - 1) == 0 else { return "" }
            return String(cString: start)
        }
        uid = getuid()
        gid = getgid()
        pid = getpid()
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        let user = uid
        username = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 << 10) { buffer in
            guard let start = buffer.baseAddress, getpwuid_r(user, &entry, start, buffer.count, &found) == 0,
                found != nil,
                let name = entry.pw_name
            else { return String(user) }
            return String(cString: name)
        }
    }
}
