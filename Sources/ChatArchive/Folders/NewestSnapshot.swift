public import ChatModel
import Glibc
public import ResticRepository

extension StoredSnapshot {
    /// Whether this program wrote it, so that it has conversations.
    public var isOfChats: Bool { snapshot.programVersion.hasPrefix("chatark") }

    /// When it was made, as it says.
    public var moment: Timestamp {
        Timestamp(milliseconds: snapshot.time.seconds * 1000 + Int64(snapshot.time.nanoseconds) / 1_000_000)
    }
}

extension Collection<StoredSnapshot> where Self: BidirectionalCollection {
    /// The newest one, of snapshots in the order of their times.
    ///
    /// One that is dated in the future, by a clock that was wrong, hides no other: it is taken when there is nothing else.
    ///
    /// - Parameter ofChats: whether snapshots of other programs are passed over, where there are any of this one.
    public func newest(ofChats: Bool) -> StoredSnapshot? {
        newest(notAfter: .now, ofChats: ofChats) ?? last { !ofChats || $0.isOfChats } ?? last
    }

    /// The newest one that is not later than a moment.
    public func newest(notAfter moment: Timestamp, ofChats: Bool) -> StoredSnapshot? {
        let found = last { $0.moment <= moment && (!ofChats || $0.isOfChats) }
        return found ?? (ofChats && !contains(where: \.isOfChats) ? last { $0.moment <= moment } : nil)
    }
}

extension Timestamp {
    /// The time of this machine's clock.
    static var now: Timestamp {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Timestamp(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
    }
}
