/// How long the calls of a benchmark took: samples of equally many calls, each long enough for the clock.
struct Measurement {
    /// Operations that were timed, over all samples.
    let iterations: Int
    let samples: Int
    /// Nanoseconds of an operation in the middle sample, and in the fastest.
    let median: Double
    let minimum: Double
    /// Bytes of plaintext an operation, where it is a pass over bytes.
    let bytes: Int?
    /// Of all that was computed.
    let checksum: Int

    /// Operations or bytes a second at the median.
    var rate: Double { Double(bytes ?? 1) / median * 1e9 }

    /// A sample takes at least this long, so that the clock's own cost (some 50 ns) does not show.
    private static let sampleTime = Duration.milliseconds(5)
    /// Fewer have no middle worth the name.
    private static let fewestSamples = 7

    /// Calls until `minimumTime` has passed; what warms caches is not counted.
    init(of work: Benchmark.Work, minimumTime: Duration) throws {
        let clock = ContinuousClock()
        var checksum = 0
        func sample(_ calls: Int) throws -> Duration {
            try clock.measure { for _ in 0..<calls { checksum &+= try work.call() } }
        }
        var calls = 1
        while try sample(calls) < Self.sampleTime { calls *= 2 }

        var times: [Duration] = []
        var total = Duration.zero
        while total < minimumTime || times.count < Self.fewestSamples {
            let time = try sample(calls)
            times.append(time)
            total += time
        }
        times.sort()
        let (operations, bytes): (Int, Int?) =
            switch work.amount {
            case .operations(let count): (calls * count, nil)
            case .bytes(let count): (calls, count)
            }
        func nanoseconds(_ time: Duration) -> Double { time / .nanoseconds(1) / Double(operations) }
        iterations = operations * times.count
        samples = times.count
        median = nanoseconds(times[times.count / 2])
        minimum = nanoseconds(times[0])
        self.bytes = bytes
        self.checksum = checksum
    }
}
