import Glibc

extension GoTime {
    /// The time of the system's clock, in UTC.
    public static func now() -> GoTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return GoTime(seconds: Int64(time.tv_sec), nanoseconds: Int32(truncatingIfNeeded: time.tv_nsec))
    }

    /// A time that no file has which was written before now. Files are stamped by a clock that stands still between two
    /// ticks, of 10 ms at the most.
    public static func lastFileTime() -> GoTime {
        let (now, tick) = (now(), Int32(10_000_000))
        guard now.nanoseconds < tick else {
            return GoTime(seconds: now.seconds, nanoseconds: now.nanoseconds - tick)
        }
        return GoTime(seconds: now.seconds - 1, nanoseconds: now.nanoseconds + (1_000_000_000 - tick))
    }
}
