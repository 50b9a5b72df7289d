public import JSON
public import ResticRepository

/// Why an archive could not be read or written.
public enum ArchiveError: Error, Sendable {
    case repository(RepositoryError)
    /// The snapshot has no archive; it was not written by this program.
    case notAnArchive
    /// The archive is of a later format.
    case unsupportedFormat(Int64)
    /// A file that every archive has is not there.
    case missingFile(String)
    /// A file of the archive is not what it should be, at a line.
    case damagedFile(String, line: Int, JSONError)
    /// The archive says a time zone that this machine does not know.
    case unknownZone(String)
    /// Stored media is shorter than its message or person says; named by its digest.
    case shortMedia(String)
    /// A month's messages and those that no source has any more do not fit the account.
    case accountDoesNotAddUp
    /// The temporary file for what does not fit in memory failed.
    case temporaryFile(errno: Int32)
    /// A container of the source could not be read while its attachments were stored.
    case source(String)
}

extension ArchiveError: CustomStringConvertible {
    /// The words for a person.
    public var description: String {
        switch self {
        case .repository(let error): error.description
        case .notAnArchive: "The snapshot holds no chat archive; it was not written by chatark."
        case .unsupportedFormat(let format):
            "The archive has format \(format); this version knows format 1. A newer chatark reads it."
        case .missingFile(let name): "The archive lacks '\(name)'. Run 'chatark check' to see what is affected."
        case .damagedFile(let name, let line, let error):
            "Line \(line) of the archive's '\(name)' cannot be read: \(error)."
        case .unknownZone(let name): "The archive's time zone '\(name)' is not known on this machine. Install tzdata."
        case .shortMedia(let digest):
            "The archive's media \(digest.prefix(8)) is shorter than what refers to it says. Run 'chatark check' to see what is damaged."
        case .accountDoesNotAddUp:
            "The rows that were read and the messages that were stored do not add up. Nothing was stored; please report this."
        case .temporaryFile(let errno):
            "A temporary file could not be used (system error \(errno)). Free some space in the temporary folder."
        case .source(let words): words
        }
    }
}
