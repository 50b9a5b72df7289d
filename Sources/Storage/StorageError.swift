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
    case unreachable(StorageSubject, StorageOperation, location: String)
    /// It is not in the cache, and the network is not to be used.
    case offline(StorageSubject, location: String)
    /// Any other failure, with its errno.
    case failed(StorageSubject, StorageOperation, errno: Int32, location: String)

    /// The case that a system call's errno means.
    public init(errno code: Int32, _ operation: StorageOperation, _ subject: StorageSubject, location: String) {
        self =
            switch code {
            case ENOENT, ENOTDIR: .notFound(subject, location: location)
            case EEXIST: .alreadyExists(subject, location: location)
            case EACCES, EPERM: .permissionDenied(subject, operation, location: location)
            case EROFS: .readOnly(subject, location: location)
            case ENOSPC, EDQUOT: .noSpace(subject, location: location)
            case ETIMEDOUT, EHOSTUNREACH, EHOSTDOWN, ENETDOWN, ENETUNREACH, ENOTCONN, ECONNREFUSED, ECONNRESET, ESTALE:
                .unreachable(subject, operation, location: location)
            default: .failed(subject, operation, errno: code, location: location)
            }
    }

    /// Whether the error says that the object is not there.
    public var isNotFound: Bool {
        if case .notFound = self { true } else { false }
    }
}

extension StorageError: CustomStringConvertible {
    /// The words for a person.
    public var description: String {
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
        case .unreachable(let subject, let operation, let location):
            "'\(location)' did not answer when asked to \(Self.words(operation)) the \(Self.words(subject)). "
                + "Try again when it can be reached."
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

    private static func words(_ operation: StorageOperation) -> String {
        operation == .size ? "look at" : operation.rawValue
    }
}
