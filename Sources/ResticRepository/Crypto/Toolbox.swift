import Storage
import Synchronization

/// What one thread needs to read and write boxes under one key: contexts that are costly to make and cannot be shared.
package final class Toolbox {
    package let cipher: BoxCipher
    package let zstd: Zstd

    package init(_ key: BoxKey) throws(RepositoryError) {
        cipher = try BoxCipher(key)
        zstd = try Zstd()
    }
}

/// Toolboxes that are not in use; it never holds more than there were threads at work at a time.
final class ToolboxPool: Sendable {
    private let key: BoxKey
    private let idle = Mutex<[Loan]>([])

    /// A toolbox on its way between threads: only one of them has it.
    private struct Loan: @unchecked Sendable {
        let toolbox: Toolbox
    }

    init(_ key: BoxKey) { self.key = key }

    /// Lends a toolbox.
    func use<Result, Failure: Error>(
        orFail failure: (RepositoryError) -> Failure, _ body: (Toolbox) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var loan = idle.withLock { $0.popLast() }
        if loan == nil {
            do throws(RepositoryError) {
                loan = Loan(toolbox: try Toolbox(key))
            } catch {
                throw failure(error)
            }
        }
        guard let loan else { throw failure(.libraryFailed("cipher")) }
        defer { idle.withLock { $0.append(loan) } }
        return try body(loan.toolbox)
    }

    /// Lends a toolbox.
    func use<Result>(_ body: (Toolbox) throws(RepositoryError) -> Result) throws(RepositoryError) -> Result {
        try use(orFail: { $0 }, body)
    }
}
