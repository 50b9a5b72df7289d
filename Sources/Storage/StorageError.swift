import Glibc

/// What a store was asked to do.
public enum StorageOperation: String, Sendable {
    case list, size, read, write, remove, create
}

/// What an operation was about.
public enum StorageSubject: Hashable, Sendable {
    /// One object.
    case object(ObjectName)
    /// The listing of a kind.
    case listing(ObjectKind)
    /// The store as a whole.
    case store
}

/// Why a store gave no answer.
public enum Silence: Hashable, Sendable {
    /// It took too long, or the connection broke.
    case noAnswer
    /// Its machine is there, and nothing listens at that port.
    case refused
    /// Its machine is not to be reached from here.
    case noRoute
    /// Its name cannot be looked up at the moment.
    case noAddress
}

extension Silence {
    /// What a system call's errno says of it.
    init(errno code: Int32) {
        self =
            switch code {
            case ECONNREFUSED: .refused
            case EHOSTUNREACH, EHOSTDOWN, ENETDOWN, ENETUNREACH: .noRoute
            default: .noAnswer
            }
    }
}

/// Why a store could not do what it was asked; every case says on what and where.
public enum StorageError: Error, Hashable, Sendable {
    /// There is no such object, and the store is sure of it.
    case notFound(StorageSubject, location: String)
    /// An object of that name is there and was left alone.
    case alreadyExists(StorageSubject, location: String)
    /// The object ends early; sizes in bytes.
    case truncated(StorageSubject, expected: Int, actual: Int, location: String)
    /// The store refuses.
    case permissionDenied(StorageSubject, StorageOperation, location: String)
    /// The store takes no writes.
    case readOnly(StorageSubject, location: String)
    /// The store is full.
    case noSpace(StorageSubject, location: String)
    /// No answer from the store.
    case unreachable(StorageSubject, StorageOperation, Silence = .noAnswer, location: String)
    /// The store has too much to do now; it may say when to come again.
    case busy(StorageSubject, StorageOperation, retryAfter: Duration?, location: String)
    /// The store said no in a way that no other case says: an HTTP status, and the store's own word for it or nothing.
    case answered(StorageSubject, StorageOperation, status: Int, code: String, location: String)
    /// What was sent or received is not what the other side says it is.
    case damaged(StorageSubject, location: String)
    /// The store does not accept the credentials, or they have expired.
    case badCredentials(location: String)
    /// No credentials were found.
    case noCredentials(location: String)
    /// There is no such bucket.
    case noBucket(location: String)
    /// No machine has the name.
    case unknownHost(location: String)
    /// The server speaks, but not TLS.
    case noTLS(location: String)
    /// The server's certificate is not one that this machine trusts.
    case untrusted(location: String)
    /// The file of certificates to trust cannot be used.
    case unusableCertificates(file: String)
    /// There is no such program, which the store is reached with.
    case noProgram(String, location: String)
    /// The program that the store is reached with ended before there was a connection: what it said, and whether the
    /// next attempt may end otherwise.
    case noSession(said: String, mayPass: Bool, location: String)
    /// It is not in the cache, and the network is not to be used.
    case offline(StorageSubject, location: String)
    /// Any other failure, with its errno.
    case failed(StorageSubject, StorageOperation, errno: Int32, location: String)

    /// The case that a system call's errno means.
    public init(errno code: Int32, _ operation: StorageOperation, _ subject: StorageSubject, location: String) {
        self =
            switch code {
            // What is to be made cannot be missing.
            case ENOENT where operation != .create, ENOTDIR where operation != .create:
                .notFound(subject, location: location)
            case EEXIST: .alreadyExists(subject, location: location)
            case EACCES, EPERM: .permissionDenied(subject, operation, location: location)
            case EROFS: .readOnly(subject, location: location)
            case ENOSPC, EDQUOT: .noSpace(subject, location: location)
            case ETIMEDOUT, EHOSTUNREACH, EHOSTDOWN, ENETDOWN, ENETUNREACH, ENOTCONN, ECONNREFUSED, ECONNRESET, ESTALE:
                .unreachable(subject, operation, Silence(errno: code), location: location)
            default: .failed(subject, operation, errno: code, location: location)
            }
    }

    /// Whether the error says that the object is not there.
    public var isNotFound: Bool {
        switch self {
        case .notFound, .noBucket: true
        default: false
        }
    }

    /// Whether the same call may succeed when made again soon.
    public var isWorthRetrying: Bool {
        switch self {
        case .unreachable, .busy, .damaged: true
        // 501 and 505: never will; 507: full.
        case .answered(_, _, let status, _, _):
            // 200 with a body that makes no sense: it was changed on the way.
            status == 200 || status == 408 || status == 425
                || (500...599).contains(status) && ![501, 505, 507].contains(status)
        case .noSession(_, let mayPass, _): mayPass
        case .notFound, .alreadyExists, .truncated, .permissionDenied, .readOnly, .noSpace, .badCredentials,
            .noCredentials, .noBucket, .unknownHost, .noTLS, .untrusted, .unusableCertificates, .noProgram, .offline,
            .failed:
            false
        }
    }
}

extension StorageError: CustomStringConvertible {
    /// The words for a person.
    public var description: String { advice.isEmpty ? fact : "\(fact) \(advice)" }

    /// What to do about it, of errors that may pass by themselves; else it is part of the fact, or empty.
    private var advice: String {
        switch self {
        case .unreachable: "Try again when it can be reached."
        case .busy: "Try again later."
        default: ""
        }
    }

    /// The words without what to do, for one who is doing it already.
    public var fact: String {
        switch self {
        case .notFound(let subject, let location): "There is no \(Self.words(subject)) in '\(location)'."
        case .alreadyExists(let subject, let location):
            "There already is a \(Self.words(subject)) in '\(location)'; it was left as it is."
        case .truncated(let subject, let expected, let actual, let location):
            "The \(Self.words(subject)) in '\(location)' is \(actual) bytes; at least \(expected) were expected. "
                + "Run 'chatark check' to see what is affected."
        case .permissionDenied(let subject, let operation, let location):
            "Not allowed to \(Self.words(operation)) the \(Self.words(subject)) in '\(location)'."
        case .readOnly(let subject, let location):
            "Cannot change the \(Self.words(subject)): '\(location)' is read-only."
        case .noSpace(let subject, let location): "No space left in '\(location)' for the \(Self.words(subject))."
        case .unreachable(let subject, let operation, let silence, let location):
            "'\(location)' \(Self.words(silence)) when asked to \(Self.words(operation)) the \(Self.words(subject))."
        case .busy(let subject, let operation, _, let location):
            "'\(location)' is too busy to \(Self.words(operation)) the \(Self.words(subject))."
        case .answered(let subject, let operation, let status, let code, let location):
            "'\(location)' answered \(code.isEmpty ? "" : "\(code), ")status \(status), "
                + "when asked to \(Self.words(operation)) the \(Self.words(subject))."
        case .damaged(let subject, let location):
            "The \(Self.words(subject)) was changed on the way to or from '\(location)'."
        case .badCredentials(let location):
            "'\(location)' does not accept the credentials. Check that they are right and have not expired."
        case .noCredentials(let location):
            "No credentials were found for '\(location)'. "
                + "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."
        case .noBucket(let location): "There is no such bucket: '\(location)'."
        case .unknownHost(let location):
            "There is no machine of the name that '\(location)' gives. Check how it is written, and whether this machine is on "
                + "the network."
        case .noTLS(let location):
            "The server at '\(location)' does not speak TLS. If that is as it should be, write 'http:' instead of 'https:'."
        case .untrusted(let location):
            "The certificate of '\(location)' is not trusted. If it is yours, name its authority with --cacert."
        case .unusableCertificates(let file): "No certificates can be read from '\(file)'."
        case .noProgram(let name, let location):
            "'\(location)' is reached with the program '\(name)', which is not there. "
                + "Install it (Debian: openssh-client), or name another with --sftp-command."
        case .noSession(let said, _, let location):
            "No connection to '\(location)'" + (said.isEmpty ? "." : "; the program for it says: \(said)")
        case .offline(let subject, let location):
            "The \(Self.words(subject)) of '\(location)' is not in the cache, and the network is not to be used. "
                + "Try again without '--offline'."
        case .failed(let subject, let operation, let errno, let location):
            "Could not \(Self.words(operation)) the \(Self.words(subject)) in '\(location)': "
                + "\(String(cString: strerror(errno))) (errno \(errno))."
        }
    }

    private static func words(_ subject: StorageSubject) -> String {
        switch subject {
        case .object(let name): name.description
        case .listing(let kind): "folder '\(kind.rawValue)'"
        case .store: "repository folder"
        }
    }

    private static func words(_ silence: Silence) -> String {
        switch silence {
        case .noAnswer: "did not answer"
        case .refused: "refused the connection (nothing listens there)"
        case .noRoute: "could not be reached from this machine (there is no route)"
        case .noAddress: "could not be looked up by its name (the name service does not answer)"
        }
    }

    private static func words(_ operation: StorageOperation) -> String {
        operation == .size ? "look at" : operation.rawValue
    }
}
