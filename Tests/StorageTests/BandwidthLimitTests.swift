import Storage
import Testing

@Suite struct BandwidthLimitTests {
    @Test("pieces wait for those before them, and none waits on an idle line")
    func queue() {
        let limit = BandwidthLimit(bytesPerSecond: 1000)
        let start = ContinuousClock.now
        #expect(limit.reserve(500, now: start) == .zero)
        #expect(limit.reserve(1000, now: start) == .milliseconds(500))
        #expect(limit.reserve(1, now: start + .seconds(1)) == .milliseconds(500))
        #expect(limit.reserve(1, now: start + .seconds(100)) == .zero)
    }
}
