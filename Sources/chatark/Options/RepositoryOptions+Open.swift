import ResticRepository
import Storage

/// How a repository is opened, and how much of what is kept on this machine is believed.
extension RepositoryOptions {
    /// Opens the repository without locking it, with `config` and keys as the store has them now. That there is one is
    /// looked at before anybody is asked for a password.
    ///
    /// - Parameters:
    ///   - keeping: whether what is kept on this machine may answer.
    ///   - anticipating: how much of the index is asked for at once, with the snapshots, because it will be read; nil for
    ///     nothing.
    ///   - locking: whether that will be done under a lock.
    ///   - inSession: whether a session may stand in for the password.
    func open(
        keeping: Bool = true, anticipating extent: IndexExtent? = nil, locking: Bool = false, inSession: Bool = true
    ) throws -> Repository {
        let opening = try Opening(self, keeping: keeping, inSession: inSession)
        return try opening.open(anticipating: extent, locking: locking) { try password(for: .opening) }
    }

    /// Opens the repository for one who only reads and takes no lock, with its snapshots and its index.
    ///
    /// Who was here before asks for two listings alone: what is kept opens what they name, which tells that the repository is
    /// still the same. When it opens nothing, there may be another one in its place, and the store is asked for all.
    func openForReading(_ extent: IndexExtent) throws -> (repository: Repository, snapshots: [StoredSnapshot]) {
        let opening = try Opening(self, keeping: true)
        var given: Password?
        func askOnce() throws -> Password {
            if let given { return given }
            let password = try password(for: .opening)
            given = password
            return password
        }
        if opening.mayTrustKept {
            do {
                let repository = try opening.open(trustsKept: true, askOnce)
                let snapshots = try repository.snapshotsWithIndex(extent)
                if !snapshots.isEmpty { return (repository, snapshots) }
            } catch let error as RepositoryError where error.mayTellOfAnotherRepository {}
        }
        let repository = try opening.open(anticipating: extent, askOnce)
        return (repository, try repository.snapshotsWithIndex(extent))
    }
}

extension RepositoryError {
    /// Whether what is kept may be of another repository than what the store has.
    fileprivate var mayTellOfAnotherRepository: Bool {
        switch self {
        case .damaged, .wrongPassword(keysTried: 0): true
        case .storage(let fault): fault.isNotFound
        default: false
        }
    }
}

/// A place, its store, and what is kept of the repository there.
private struct Opening {
    private let location: RepositoryLocation
    private let store: any ObjectStore
    private let files: RepositoryFiles?
    private let isOffline: Bool
    private let isInSession: Bool

    init(_ options: RepositoryOptions, keeping: Bool, inSession: Bool = true) throws {
        isInSession = inSession
        location = try options.location()
        store = try options.access.store(at: location, keeping: keeping)
        files = keeping && !options.access.noCache ? options.access.cache.files(of: location) : nil
        isOffline = options.access.offline && location.folder == nil
    }

    /// Whether what is kept may open a store on a network.
    var mayTrustKept: Bool { location.folder == nil && !isOffline && files?.lastKey != nil }

    func open(
        anticipating extent: IndexExtent? = nil, locking: Bool = false, trustsKept: Bool = false,
        _ password: () throws -> Password
    ) throws -> Repository {
        let trustsKept = trustsKept || isOffline
        var store = store
        if location.folder == nil, !trustsKept {
            // Who was here before has the index, and asks for snapshots and index files that are new.
            if let extent, files?.lastKey == nil {
                store = OpeningStore(store, locking: locking) { extent.files(of: $0) }
            } else {
                store = OpeningStore(store, locking: locking, indexes: nil)
            }
        }
        let config: [UInt8]
        do throws(StorageError) {
            config = try store.read(
                .config, range: nil, advice: ReadAdvice(retention: .metadata, isCurrent: !trustsKept))
        } catch {
            throw error.isNotFound ? RepositoryError.noRepository(location: location.words) : .storage(error)
        }
        if isInSession, let session = KernelKeyring.find(for: location.sessionName) {
            // A key that was taken back opens nothing, and the password is asked for as ever.
            let repository = try Repository.open(
                store, with: session.key, trustsKept: trustsKept, config: config, localIndex: files?.index)
            if let repository { return repository }
        }
        let repository = try Repository.open(
            store, password: try password(), keyHint: files?.lastKey.flatMap { KeyID(hex: $0) }, trustsKept: trustsKept,
            config: config, localIndex: files?.index)
        files?.noteKey(repository.keyID.hex)
        return repository
    }
}
