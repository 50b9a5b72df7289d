import Glibc
import JSON
import Storage

/// How a repository is locked.
public enum LockMode: Sendable {
    /// With others who read or add.
    case shared
    /// Alone.
    case exclusive
}

/// A file under `locks/`: a box of `{time,exclusive,hostname,username,pid,uid?,gid?}`.
public struct LockFile: Equatable, Sendable {
    /// When it was written; a lock in use is written anew every five minutes.
    public let time: GoTime
    /// Whether nobody else may work.
    public let isExclusive: Bool
    /// Where the holder runs.
    public let hostname: String
    /// Who runs it.
    public let username: String
    /// Its process.
    public let pid: Int
    let uid: Int
    let gid: Int

    /// A lock of this age, in seconds, is nobody's any more (restic's `staleLockTimeout`).
    static let staleAge: Int64 = 30 * 60

    /// A lock of this age, in seconds, is nobody's whatever the clocks of two machines say.
    private static let forgottenAge: Int64 = 24 * 3600

    /// A lock of this process.
    init(_ mode: LockMode, time: GoTime, maker: Maker = .current) {
        self.time = time
        isExclusive = mode == .exclusive
        hostname = maker.hostname
        username = maker.username
        pid = Int(maker.pid)
        uid = Int(maker.uid)
        gid = Int(maker.gid)
    }

    /// Reads the text.
    package init(parsing text: [UInt8]) throws(Damage) {
        var (time, isExclusive, hostname, username) = ("", false, "", "")
        var (pid, uid, gid): (Int64, Int64, Int64) = (0, 0, 0)
        try parseJSON(text) { (reader) throws(JSONError) in
            try reader.beginObject()
            while let key = try reader.nextKey() {
                switch key {
                case "time": time = try reader.readString()
                case "exclusive": isExclusive = try reader.readBool()
                case "hostname": hostname = try reader.readString()
                case "username": username = try reader.readString()
                case "pid": pid = try reader.readInt64()
                case "uid": uid = try reader.readInt64()
                case "gid": gid = try reader.readInt64()
                default: try reader.skipValue()
                }
            }
        }
        guard let time = GoTime(time) else { throw .badField("time") }
        self.time = time
        self.isExclusive = isExclusive
        self.hostname = hostname
        self.username = username
        self.pid = Int(pid)
        self.uid = Int(uid)
        self.gid = Int(gid)
    }

    /// The text.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter(escaping: .go)
        writer.beginObject()
        writer.key("time")
        writer.string(time.text)
        writer.key("exclusive")
        writer.bool(isExclusive)
        writer.key("hostname")
        writer.string(hostname)
        writer.key("username")
        writer.string(username)
        writer.key("pid")
        writer.int(pid)
        if uid != 0 {
            writer.key("uid")
            writer.int(uid)
        }
        if gid != 0 {
            writer.key("gid")
            writer.int(gid)
        }
        writer.endObject()
        return writer.bytes
    }

    /// Whether its holder seems to be gone: older than half an hour, or a process of this machine that is no more.
    func isStale(now: GoTime) -> Bool {
        if now.seconds - time.seconds > Self.staleAge { return true }
        guard hostname == Maker.current.hostname, let process = Int32(exactly: pid), process > 0 else { return false }
        return kill(process, 0) != 0 && errno == ESRCH
    }

    /// Whether it may be removed without being asked: a process that is not seen here may run in a container of the same host
    /// name, and clocks differ, but not by a day.
    package func isForgotten(now: GoTime = .now()) -> Bool { now.seconds - time.seconds > Self.forgottenAge }

    /// What a conflict says about the holder.
    func holder(_ id: LockID, now: GoTime) -> LockHolder {
        LockHolder(
            id: id, hostname: hostname, username: username, pid: pid, isExclusive: isExclusive,
            age: .seconds(max(0, now.seconds - time.seconds)))
    }
}

/// Who holds the lock that is in the way.
public struct LockHolder: Equatable, Sendable {
    /// The lock.
    public let id: LockID
    /// Where the holder runs.
    public let hostname: String
    /// Who runs it.
    public let username: String
    /// Its process.
    public let pid: Int
    /// Whether it wants to be alone.
    public let isExclusive: Bool
    /// Since its lock was written last.
    public let age: Duration
}

extension LockHolder: CustomStringConvertible {
    /// `by process 4711 on laptop, exclusively, for 3 minutes (lock 3fa91c02)`: follows "The repository is locked".
    public var description: String {
        let seconds = age.components.seconds
        let time: String
        switch seconds {
        case ..<120: time = "\(seconds) seconds"
        case ..<7200: time = "\(seconds / 60) minutes"
        default: time = "\(seconds / 3600) hours"
        }
        return "by process \(pid) on \(hostname)\(isExclusive ? ", exclusively," : "") for \(time) (lock \(id.short))"
    }
}
