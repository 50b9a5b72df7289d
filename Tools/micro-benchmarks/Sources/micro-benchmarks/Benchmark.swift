/// One thing that is measured.
struct Benchmark: Sendable {
    /// What a call does, however often.
    enum Amount {
        /// So many operations of one kind, which are told one by one.
        case operations(Int)
        /// One pass over so many bytes of plaintext.
        case bytes(Int)
    }

    /// What is timed.
    struct Work {
        let amount: Amount
        /// Gives a number that depends on what was computed, so that nothing of it can be left out.
        let call: () throws -> Int
    }

    let name: String
    /// What is inside the time, in a line.
    let about: String
    /// Makes what is measured; not timed.
    let prepare: @Sendable (Fixtures) throws -> Work
}

/// What was to be measured does not work as it should.
enum BenchmarkFault: Error, CustomStringConvertible {
    case unexpected(String)

    var description: String {
        switch self {
        case .unexpected(let what): "Nothing was measured: \(what)."
        }
    }
}

/// Throws unless what a benchmark relies on holds.
func check(_ holds: Bool, _ otherwise: String) throws {
    guard holds else { throw BenchmarkFault.unexpected(otherwise) }
}
