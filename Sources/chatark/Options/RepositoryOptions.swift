import ArgumentParser
import ResticRepository
import Storage

/// Which repository, how it is opened, and how much is said. The same flags as restic's.
struct RepositoryOptions: ParsableArguments {
    @Option(
        name: [.customShort("r"), .customLong("repo")],
        help: ArgumentHelp(
            "The repository: a folder, s3:https://HOST/BUCKET/PREFIX, rest:https://HOST/PATH or sftp:USER@HOST:PATH "
                + "(or CHATARK_REPOSITORY).",
            valueName: "place"),
        completion: .directory)
    var repository: String?

    @Option(
        help: ArgumentHelp(
            "A file whose first line is the repository's place (or CHATARK_REPOSITORY_FILE).", valueName: "file"),
        completion: .file())
    var repositoryFile: String?

    @Option(
        name: [.customShort("p"), .long],
        help: ArgumentHelp("A file whose first line is the password (or CHATARK_PASSWORD_FILE).", valueName: "file"),
        completion: .file())
    var passwordFile: String?

    @Option(
        help: ArgumentHelp(
            "A shell command that prints the password (or CHATARK_PASSWORD_COMMAND).", valueName: "command"),
        completion: .shellCommand("compgen -c"))
    var passwordCommand: String?

    /// The password over a file descriptor: how a mount in the background gets it. Not for people.
    @Option(help: .private)
    var passwordDescriptor: Int32?

    @OptionGroup var access: StoreOptions

    @Flag(help: "Print JSON for programs to read.")
    var json = false

    @Flag(help: "Do not lock the repository: for media that cannot be written. Commands that write always lock.")
    var noLock = false

    @Flag(name: .shortAndLong, help: "Print no progress and no summary.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Print more.")
    var verbose = false

    /// Where the repository is, from the flag, the file or the environment.
    func location() throws(CommandError) -> RepositoryLocation {
        try RepositoryLocation(flag: repository, file: repositoryFile, environment: .process)
    }

    /// The password of the repository.
    func password(for purpose: PasswordSource.Purpose) throws(CommandError) -> Password {
        var bytes = try passwordBytes(for: purpose)
        defer { bytes.wipe() }
        return Password(copying: bytes)
    }

    /// The password as bytes, which the caller wipes.
    func passwordBytes(for purpose: PasswordSource.Purpose) throws(CommandError) -> [UInt8] {
        if let passwordDescriptor { return try PasswordSource.descriptor(passwordDescriptor).read(for: purpose) }
        return try PasswordSource(file: passwordFile, command: passwordCommand, environment: .process).read(
            for: purpose)
    }

    /// Opens the repository without locking it. That there is one is looked at before anybody is asked for a password.
    ///
    /// - Parameters:
    ///   - keeping: whether what is kept on this machine may answer.
    ///   - anticipating: how much of the index is asked for at once, with the snapshots, because it will be read; nil for
    ///     nothing.
    ///   - locking: whether that will be done under a lock.
    func open(
        keeping: Bool = true, anticipating extent: IndexExtent? = nil, locking: Bool = false
    ) throws -> Repository {
        let location = try location()
        let files = keeping && !access.noCache ? access.cache.files(of: location) : nil
        var store = try access.store(at: location, keeping: keeping)
        // Who was here before has the key and the index, and asks for two listings alone.
        if let extent, location.folder == nil, !access.offline, files?.lastKey == nil {
            store = OpeningStore(store, locking: locking) { extent.files(of: $0) }
        }
        do throws(StorageError) {
            _ = try store.read(.config, range: nil, advice: ReadAdvice(retention: .metadata))
        } catch {
            throw error.isNotFound ? RepositoryError.noRepository(location: location.words) : .storage(error)
        }
        let repository = try Repository.open(
            store, password: try password(for: .opening), keyHint: files?.lastKey.flatMap { KeyID(hex: $0) },
            localIndex: files?.index)
        files?.noteKey(repository.keyID.hex)
        return repository
    }

    /// Opens the repository and runs `body` while holding a shared lock, or without one when the user said so.
    func withReadableRepository<Value>(_ body: (Repository) throws -> Value) throws -> Value {
        let repository = try open()
        // Without the network there is nobody to keep away.
        guard !noLock, !access.offline else { return try body(repository) }
        return try repository.whileLocked(.shared) { _ in try body(repository) }
    }
}

extension Repository {
    /// Runs `body` under a lock that is released however it ends, by a signal too. `meanwhile` reads while it is taken.
    func whileLocked<Value>(
        _ mode: LockMode, meanwhile: @escaping @Sendable () throws(RepositoryError) -> Void = {},
        _ body: (RepositoryLock) throws -> Value
    ) throws -> Value {
        // Taking a lock takes a moment, in which its file is there already.
        Interruption.hold()
        let lock: RepositoryLock
        do throws(RepositoryError) {
            lock = try self.lock(mode, meanwhile: meanwhile)
        } catch {
            Interruption.letGo()
            throw error
        }
        return try Interruption.cleaningUp(by: { lock.release() }) {
            Interruption.letGo()
            return try body(lock)
        }
    }
}
