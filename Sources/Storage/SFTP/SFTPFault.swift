import Glibc

/// Why a server behind SFTP did not do what it was asked.
enum SFTPFault: Error, Hashable, Sendable {
    /// There is no such program to carry the connection.
    case noProgram(String)
    /// The program could not be started.
    case notStarted(errno: Int32)
    /// The program ended before the server said anything: what it said instead, if it did, and whether trying again
    /// may help.
    case noSession(said: String, mayPass: Bool)
    /// The program ended, or closed its ends.
    case closed
    /// No answer in time.
    case timedOut
    /// What came is not the protocol.
    case malformed
    /// The server's own word.
    case status(SFTPStatus)

    /// As the store's callers know it.
    func storageError(
        _ subject: StorageSubject, _ operation: StorageOperation, _ location: String
    ) -> StorageError {
        switch self {
        case .noProgram(let name): .noProgram(name, location: location)
        case .notStarted(let code): .failed(subject, operation, errno: code, location: location)
        case .noSession(let said, let mayPass):
            said.isEmpty && mayPass
                ? .unreachable(subject, operation, location: location)
                : .noSession(said: said, mayPass: mayPass, location: location)
        case .closed, .timedOut, .status(.noConnection), .status(.connectionLost):
            .unreachable(subject, operation, location: location)
        case .malformed: .failed(subject, operation, errno: EPROTO, location: location)
        case .status(.noSuchFile): .notFound(subject, location: location)
        case .status(.permissionDenied): .permissionDenied(subject, operation, location: location)
        case .status(.unsupported): .failed(subject, operation, errno: ENOTSUP, location: location)
        // Version 3 has no word for a full disk, a file that is there or a broken disk: all are "failure".
        case .status: .failed(subject, operation, errno: EIO, location: location)
        }
    }
}

/// What a program wrote to its standard error, for a message: its last lines, without what a terminal would act on.
struct SFTPWords {
    /// As much as is kept.
    static let limit = 4096

    let text: String

    init(_ bytes: [UInt8]) {
        let lines = bytes.split { $0 == 10 || $0 == 13 }.map { line in
            String(decoding: line.prefix(300), as: UTF8.self).unicodeScalars
                .filter { $0.value >= 0x20 && !(0x7f..<0xa0).contains($0.value) && !Self.turnsText($0) }
                .reduce(into: "") { $0.unicodeScalars.append($1) }
        }
        let told = lines.filter { !$0.allSatisfy { " @".contains($0) } && !$0.hasPrefix("Warning: Permanently added") }
        text = told.suffix(2).joined(separator: " ")
    }

    /// Whether ssh says that the next attempt would end the same way: there is nobody to ask, or nothing to ask for.
    var isFinal: Bool {
        [
            "Permission denied", "Host key verification failed", "Too many authentication failures",
            "subsystem request failed", "Bad configuration option", "terminating, ", "command not found",
        ].contains { text.contains($0) }
    }

    private static func turnsText(_ scalar: Unicode.Scalar) -> Bool {
        (0x202a...0x202e).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }
}
