import Storage
import Synchronization

/// What one thread needs to read and write boxes under one key: contexts that are costly to make and cannot be shared.
package final class Toolbox {
    package let cipher: BoxCipher
    package let zstd: Zstd
    /// What is between a box and its plaintext lies here, so that it is in the processor's cache and takes no new memory.
    private var scratch = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    /// Most chunks are smaller.
    private static let scratchLimit = 2 << 20

    package init(_ key: BoxKey) throws(RepositoryError) {
        cipher = try BoxCipher(key)
        zstd = try Zstd()
    }

    deinit { scratch.deallocate() }

    /// Lends memory of some bytes, which is not cleared, for as long as `body` runs.
    func withScratch<Result>(
        _ count: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Damage) -> Result
    ) throws(Damage) -> Result {
        guard count <= Self.scratchLimit else {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
            defer { buffer.deallocate() }
            return try body(buffer)
        }
        if scratch.count < count {
            scratch.deallocate()
            scratch = .allocate(byteCount: min(max(count * 2, 64 << 10), Self.scratchLimit), alignment: 64)
        }
        return try body(UnsafeMutableRawBufferPointer(rebasing: scratch[..<count]))
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
