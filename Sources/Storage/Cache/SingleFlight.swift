import Synchronization

/// The requests that are under way, so that readers of the same bytes wait for one instead of making their own.
final class SingleFlight: Sendable {
    /// One request for bytes of an object, all of it when there is no range. Its outcome is set once.
    final class Flight: Sendable {
        let name: ObjectName
        let range: Range<Int>?
        private let outcome = Mutex<Result<[UInt8], StorageError>?>(nil)
        private let landed = Gate()

        init(_ name: ObjectName, _ range: Range<Int>?) {
            self.name = name
            self.range = range
        }

        /// The positions that it will bring, as far as the object has them.
        var target: Range<Int> { range ?? 0..<Int.max }

        func land(_ result: Result<[UInt8], StorageError>) {
            outcome.withLock { $0 = result }
            landed.open()
        }

        /// Waits for the bytes.
        func bytes() throws(StorageError) -> [UInt8] {
            landed.wait()
            guard let outcome = outcome.withLock({ $0 }) else { return [] }
            return try outcome.get()
        }
    }

    private struct State {
        var flights: [ObjectName: [Flight]] = [:]
        /// How many have landed, by the names' hashes: who has looked into the cache before one landed must look again.
        var landings = [Int](repeating: 0, count: 64)
    }

    private let state = Mutex(State())

    /// To be taken before looking into the cache and given to `plan`.
    func landings(_ name: ObjectName) -> Int { state.withLock { $0.landings[name.hashValue & 63] } }

    /// Lets a body decide, given the requests under way for an object, which more to make; these are under way then, and
    /// who gets them must land each.
    func plan(
        _ name: ObjectName, _ body: ([Flight]) -> [Range<Int>?]
    ) -> (mine: [Flight], others: [Flight]) {
        state.withLock { Self.plan(name, &$0, body) }
    }

    /// As above, but nil when one has landed since `landings` was taken.
    func plan(
        _ name: ObjectName, since landings: Int, _ body: ([Flight]) -> [Range<Int>?]
    ) -> (mine: [Flight], others: [Flight])? {
        state.withLock { state in
            state.landings[name.hashValue & 63] == landings ? Self.plan(name, &state, body) : nil
        }
    }

    private static func plan(
        _ name: ObjectName, _ state: inout State, _ body: ([Flight]) -> [Range<Int>?]
    ) -> (mine: [Flight], others: [Flight]) {
        let others = state.flights[name] ?? []
        let mine = body(others).map { Flight(name, $0) }
        if !mine.isEmpty { state.flights[name] = others + mine }
        return (mine, others)
    }

    /// Whether nobody has said meanwhile that what is there is not to be trusted.
    func isTrusted(_ flight: Flight) -> Bool {
        state.withLock { $0.flights[flight.name]?.contains { $0 === flight } ?? false }
    }

    /// Ends a request.
    func land(_ flight: Flight, _ result: Result<[UInt8], StorageError>) {
        state.withLock { state in
            state.landings[flight.name.hashValue & 63] += 1
            state.flights[flight.name]?.removeAll { $0 === flight }
            if state.flights[flight.name]?.isEmpty == true { state.flights[flight.name] = nil }
        }
        flight.land(result)
    }

    /// Takes the requests for an object off the list: who comes from now on makes another.
    func abandon(_ name: ObjectName) { state.withLock { $0.flights[name] = nil } }
}
