import Testing

@testable import Storage

@Suite struct RetryPolicyTests {
    let policy = RetryPolicy()

    @Test func `an answer that makes no sense is worth asking for again, a refusal is not`() {
        func answered(_ status: Int) -> StorageError {
            .answered(.listing(.index), .list, status: status, code: "Unreadable", location: "here")
        }
        #expect(answered(200).isWorthRetrying && answered(500).isWorthRetrying)
        #expect(!answered(400).isWorthRetrying && !answered(501).isWorthRetrying)
    }

    private func pause(
        after attempt: Int, elapsed: Duration = .zero, limit: Duration = .seconds(10_000), retryAfter: Duration? = nil,
        random: Double = 1
    ) -> Duration? {
        policy.pause(after: attempt, elapsed: elapsed, limit: limit, retryAfter: retryAfter, random: random)
    }

    @Test func `the longest pause doubles up to its limit`() {
        let pauses = (1...10).map { pause(after: $0) }
        let expected: [Duration] = [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30].map { .seconds($0) }
        #expect(pauses == expected)
        #expect(pause(after: .max) == .seconds(30) && pause(after: 0) == .seconds(0.5))
    }

    @Test func `a pause is anything from nothing to the longest`() {
        #expect(pause(after: 3, random: 0) == .zero)
        #expect(pause(after: 3, random: 0.5) == .seconds(1))
    }

    @Test func `after the limit there is no further attempt, and the last one is made at it`() {
        #expect(pause(after: 9, elapsed: .seconds(50), limit: .seconds(60)) == .seconds(10))
        #expect(pause(after: 9, elapsed: .seconds(60), limit: .seconds(60)) == nil)
        #expect(pause(after: 9, elapsed: .seconds(61), limit: .seconds(60)) == nil)
    }

    @Test func `what the store asks for is waited for, unless it is beyond the limit`() {
        #expect(pause(after: 1, limit: .seconds(60), retryAfter: .seconds(40), random: 0) == .seconds(40))
        #expect(pause(after: 1, limit: .seconds(60), retryAfter: .seconds(40)) == .seconds(40.5))
        #expect(pause(after: 1, limit: .seconds(60), retryAfter: .seconds(61)) == nil)
    }
}
