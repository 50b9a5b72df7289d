import Glibc

/// Which pieces were used since it was last written down: a write for every read would cost more than the read.
struct PendingUses: Sendable {
    /// After how many pieces it is time to write.
    static let limit = 1024

    private(set) var times: [Int64: Int64] = [:]
    private(set) var promoted: Set<Int64> = []

    var isDue: Bool { times.count >= Self.limit }
    var isEmpty: Bool { times.isEmpty }

    mutating func add(_ id: Int64, at time: Int64, isPromoted: Bool) {
        times[id] = time
        if isPromoted { promoted.insert(id) }
    }
}

/// The time of day, which all processes share.
enum WallTime {
    /// Microseconds since 1970.
    static func microseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
