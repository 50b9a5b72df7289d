import ResticRepository
import Storage

/// What several benchmarks share, made when the first of them asks.
final class Fixtures {
    private var madeHistory: SampleHistory?
    private var madeIndex: SampleIndex?

    /// A repository with a conversation of some months.
    func history() throws -> SampleHistory {
        if let madeHistory { return madeHistory }
        let history = try SampleHistory()
        madeHistory = history
        return history
    }

    /// A repository whose index knows a million blobs.
    func index() throws -> SampleIndex {
        if let madeIndex { return madeIndex }
        let index = try SampleIndex()
        madeIndex = index
        return index
    }

    /// An empty repository in memory, whose password costs nothing to try.
    static func makeRepository(in store: MemoryStore) throws -> Repository {
        guard let cheap = ScryptParameters(n: 1024, r: 8, p: 1) else { throw RepositoryError.libraryFailed("scrypt") }
        return try Repository.create(in: store, password: Self.password, keyParameters: cheap)
    }

    /// Of the repositories.
    static let password = Password("benchmark")
}
