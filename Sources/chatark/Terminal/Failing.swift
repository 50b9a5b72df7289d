import ArgumentParser
import ChatArchive
import ChatImport
import JSON
import Mount
import ResticRepository
import Search
import Storage

/// Turns an error into words for the user and an exit status.
enum Failing {
    /// What the command line's parser says of an error.
    struct Usage {
        let text: String
        /// Help that was asked for, not a mistake.
        let isHelp: Bool
    }

    /// Prints what went wrong and ends the program.
    static func exit(with error: any Error, wantsJSON: Bool, usage: (any Error) -> Usage) -> Never {
        Progress.stopAll()
        guard let (status, words) = statusAndWords(of: error) else {
            let usage = usage(error)
            if usage.isHelp {
                Output.line(usage.text)
                Interruption.exit(.success)
            }
            if wantsJSON { Output.write(json(.failure, usage.text), to: 2) } else { Output.note(usage.text) }
            Interruption.exit(.failure)
        }
        if wantsJSON, !words.isEmpty {
            Output.write(json(status, words), to: 2)
        } else if !words.isEmpty {
            Output.note("chatark: \(words)")
        }
        Interruption.exit(status)
    }

    /// Exit status and words of the errors that the modules throw; nil for those of the command line's parser.
    static func statusAndWords(of error: any Error) -> (ExitStatus, String)? {
        switch error {
        case let error as CommandError: (error.status, error.description)
        case let error as RepositoryError: (status(of: error), error.description + hint(about: error))
        case let error as StorageError: (.failure, error.description)
        case let error as MountError: (.failure, error.description)
        case let error as FolderTreeError: (status(of: error), "\(error)")
        case let error as ArchiveError: (status(of: error), error.description)
        case .stopped(let inner) as ImportError: statusAndWords(of: inner) ?? (.failure, "\(inner)")
        case let error as ImportError: (.failure, "\(error.description) Nothing was stored.")
        case let error as FileFault: (.failure, error.words)
        case let error as QueryError: (.failure, error.description)
        default: nil
        }
    }

    /// What helps who may only read.
    private static func hint(about error: RepositoryError) -> String {
        switch error {
        case .storage(.readOnly(.object(let name), _)) where name.kind == .locks,
            .storage(.permissionDenied(.object(let name), .write, _)) where name.kind == .locks:
            " '--no-lock' reads without a lock."
        default: ""
        }
    }

    private static func status(of error: RepositoryError) -> ExitStatus {
        switch error {
        case .noRepository: .noRepository
        case .locked: .locked
        case .wrongPassword: .wrongPassword
        case .alreadyExists, .unsupportedVersion, .lockLost, .damaged, .damagedBlob, .missingBlob, .blobTooLarge,
            .noSuchSnapshot,
            .ambiguousSnapshot, .writerClosed, .libraryFailed, .storage:
            .failure
        }
    }

    private static func status(of error: FolderTreeError) -> ExitStatus {
        switch error {
        case .repository(let error): status(of: error)
        case .archive(let error): status(of: error)
        case .mustWait, .notFound, .notADirectory, .isADirectory, .notASymlink, .timedOut: .failure
        }
    }

    private static func status(of error: ArchiveError) -> ExitStatus {
        if case .repository(let error) = error { status(of: error) } else { .failure }
    }

    /// One line, as restic writes it.
    private static func json(_ status: ExitStatus, _ words: String) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("message_type")
        writer.string("exit_error")
        writer.key("code")
        writer.int(status.rawValue)
        writer.key("message")
        writer.string(words)
        writer.endObject()
        writer.newline()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
