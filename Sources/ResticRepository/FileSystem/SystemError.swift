import Glibc

/// A call to the local file system that failed.
public struct SystemError: Error, Hashable, Sendable {
    /// What was asked of the system.
    public enum Operation: String, Sendable {
        case open, status, list, read, readLink, write, create, link, metadata, attributes
    }

    /// What was tried.
    public let operation: Operation
    /// The system's reason.
    public let code: Int32

    /// Makes an error.
    public init(_ operation: Operation, _ code: Int32) {
        self.operation = operation
        self.code = code
    }
}

extension SystemError: CustomStringConvertible {
    /// The words for a person.
    public var description: String {
        let doing =
            switch operation {
            case .open: "opened"
            case .status: "looked at"
            case .list: "listed"
            case .read, .readLink: "read"
            case .write: "written"
            case .create: "created"
            case .link: "linked"
            case .metadata: "given its mode, times or owner"
            case .attributes: "given all its extended attributes"
            }
        return "could not be \(doing): \(String(cString: strerror(code)))"
    }
}
