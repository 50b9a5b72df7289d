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

    /// Password and place over a file descriptor: how a mount in the background gets them. Not for people.
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
        if let passwordDescriptor, let place = try Handover.read(passwordDescriptor).repository {
            return try RepositoryLocation(place)
        }
        return try RepositoryLocation(flag: repository, file: repositoryFile, environment: .process)
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

    /// Opens the repository and runs `body` while holding a shared lock, or without one when the user said so.
    func withReadableRepository<Value>(_ body: (Repository) throws -> Value) throws -> Value {
        // Without the network there is nobody to keep away.
        let isLocking = !noLock && !access.offline
        let repository = try open(locking: isLocking)
        return try repository.tellingOfLeftOut {
            guard isLocking else { return try body(repository) }
            return try repository.whileLocked(.shared) { _ in try body(repository) }
        }
    }
}

extension Repository {
    /// Says which damaged files were left out.
    func warnOfLeftOut() {
        for error in leftOut { Output.note("chatark: left out: \(error)") }
    }

    /// Runs `body`; when damaged files were left out, says which, and that not all of it was done.
    func tellingOfLeftOut<Value>(_ body: () throws -> Value) throws -> Value {
        defer { warnOfLeftOut() }
        let value = try body()
        guard leftOut.isEmpty else { throw CommandError.partial }
        return value
    }

    /// Runs `body` under a lock that is released however it ends, by a signal too.
    func whileLocked<Value>(_ mode: LockMode, _ body: (RepositoryLock) throws -> Value) throws -> Value {
        try whileLocking(mode) { lock in
            try lock.settle()
            return try body(lock)
        }
    }

    /// The same, but `body` begins while the lock settles: it has to wait for that before it writes anything.
    func whileLocking<Value>(_ mode: LockMode, _ body: (RepositoryLock) throws -> Value) throws -> Value {
        // Taking a lock takes a moment, in which its file is there already.
        Interruption.hold()
        let lock: RepositoryLock
        do throws(RepositoryError) {
            lock = try beginLock(mode)
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
