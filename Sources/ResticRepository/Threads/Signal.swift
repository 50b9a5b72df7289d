import Glibc

/// A lock with a condition to wait for: what `Mutex` cannot do.
package final class Signal: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    package init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs `body` alone.
    package func locked<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Inside `locked`: waits for `notify`, letting others in meanwhile. Wakes without cause too.
    package func wait() {
        pthread_cond_wait(condition, mutex)
    }

    /// Inside `locked`: as `wait`, at most until `deadline`; false when it has passed.
    func wait(until deadline: MonotonicTime) -> Bool {
        var time = timespec(
            tv_sec: Int(deadline.nanoseconds / 1_000_000_000), tv_nsec: Int(deadline.nanoseconds % 1_000_000_000))
        return pthread_cond_timedwait(condition, mutex, &time) == 0
    }

    /// Wakes all who wait.
    package func notify() {
        pthread_cond_broadcast(condition)
    }
}

/// A moment of the clock that nobody sets.
struct MonotonicTime: Comparable {
    let nanoseconds: Int64

    /// Of the clock that waiting goes by; it stands still while the machine sleeps.
    static var now: MonotonicTime { reading(CLOCK_MONOTONIC) }
    /// Of the clock that goes on while the machine sleeps: what others see.
    static var sinceBoot: MonotonicTime { reading(CLOCK_BOOTTIME) }

    private static func reading(_ clock: clockid_t) -> MonotonicTime {
        var time = timespec()
        clock_gettime(clock, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    func advanced(by duration: Duration) -> MonotonicTime {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !nanoseconds.overflow else { return MonotonicTime(nanoseconds: .max / 2) }
        return MonotonicTime(
            nanoseconds: self.nanoseconds &+ nanoseconds.partialValue &+ attoseconds / 1_000_000_000)
    }

    static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }
}
