import Glibc
import ResticRepository
import Storage

/// Where a repository lies. This version knows folders of this machine.
struct RepositoryLocation {
    /// The folder's absolute path.
    let path: String

    /// Schemes that restic has and this version has not.
    private static let remoteSchemes: Set<String> = [
        "s3", "sftp", "rest", "rclone", "b2", "azure", "gs", "swift", "http", "https",
    ]

    /// The first that is given: the flag, the file, CHATARK_REPOSITORY, CHATARK_REPOSITORY_FILE.
    init(flag: String?, file: String?, environment: Environment) throws(CommandError) {
        if flag != nil, file != nil { throw .twoRepositories }
        if let flag {
            try self.init(flag)
        } else if let file {
            try self.init(try Self.read(file))
        } else if let text = environment["REPOSITORY"] {
            try self.init(text)
        } else if let file = environment["REPOSITORY_FILE"] {
            try self.init(try Self.read(file))
        } else {
            throw .noRepositoryGiven
        }
    }

    /// Reads `local:PATH` or a path.
    init(_ text: String) throws(CommandError) {
        let scheme = text.prefix { $0 != ":" && $0 != "/" }
        var path = text[...]
        if scheme.endIndex < text.endIndex, text[scheme.endIndex] == ":" {
            if scheme == "local" {
                path = text[text.index(after: scheme.endIndex)...]
            } else if Self.remoteSchemes.contains(scheme.lowercased()) {
                throw .unsupportedScheme(String(scheme))
            }
        }
        guard !path.isEmpty else { throw .noRepositoryGiven }
        self.path = path.hasPrefix("/") ? String(path) : Self.currentDirectory + "/" + path
    }

    /// The store behind the location.
    var store: LocalStore { LocalStore(path: path) }

    /// Opens the repository. That there is one is looked at before anybody is asked for a password.
    func opened(with options: RepositoryOptions) throws -> Repository {
        let store = store
        do throws(StorageError) {
            _ = try store.size(of: .config)
        } catch {
            throw error.isNotFound ? RepositoryError.noRepository(location: path) : RepositoryError.storage(error)
        }
        return try Repository.open(store, password: try options.password(for: .opening), keyHint: nil)
    }

    /// Absolute, so that a process in the background may leave its directory.
    private static var currentDirectory: String {
        guard let path = getcwd(nil, 0) else { return "." }
        defer { free(path) }
        return String(cString: path)
    }

    private static func read(_ file: String) throws(CommandError) -> String {
        let bytes: [UInt8]
        do throws(FileFault) { bytes = try SmallFile.read(file) } catch {
            throw .unreadableFile(file, .repositoryFile, error)
        }
        let line = SmallFile.firstLine(bytes)
        guard !line.isEmpty else { throw .noRepositoryGiven }
        return String(decoding: line, as: UTF8.self)
    }
}
