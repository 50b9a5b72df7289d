import Glibc
import ResticRepository
import Storage

/// Where a repository lies.
struct RepositoryLocation {
    /// A folder's absolute path, or a place on a network.
    enum Place {
        case folder(String)
        case s3(S3Location)
        case rest(RESTLocation)
        case sftp(SFTPLocation)
    }

    let place: Place

    /// The first that is given: the flag, the file, CHATARK_REPOSITORY, CHATARK_REPOSITORY_FILE.
    init(flag: String?, file: String?, environment: Environment) throws(CommandError) {
        if flag != nil, file != nil { throw .twoRepositories }
        if let flag {
            try self.init(flag, environment)
        } else if let file {
            try self.init(try Self.read(file), environment)
        } else {
            switch environment.first(of: ["REPOSITORY", "REPOSITORY_FILE"]) {
            case ("REPOSITORY", let text)?: try self.init(text, environment)
            case (_, let file)?: try self.init(try Self.read(file), environment)
            case nil: throw .noRepositoryGiven
            }
        }
    }

    /// Reads a path (without a colon before its first slash), `local:PATH`, `s3:…`, `rest:…` or `sftp:…`, written as restic writes them.
    init(_ text: String, _ environment: Environment = .process) throws(CommandError) {
        let scheme = text.prefix { $0 != ":" && $0 != "/" }
        var path = text[...]
        if scheme.endIndex < text.endIndex, text[scheme.endIndex] == ":" {
            switch scheme.lowercased() {
            case "local": path = text[text.index(after: scheme.endIndex)...]
            case "s3":
                do throws(LocationFault) { place = .s3(try S3Location(parsing: text)) } catch {
                    throw .badLocation(scheme: "s3", error)
                }
                return
            case "rest":
                do throws(LocationFault) {
                    place = .rest(try RESTLocation(parsing: text, environment: environment.all))
                } catch {
                    throw .badLocation(scheme: "rest", error)
                }
                return
            case "sftp":
                do throws(LocationFault) { place = .sftp(try SFTPLocation(parsing: text)) } catch {
                    throw .badLocation(scheme: "sftp", error)
                }
                return
            // Also `user@nas:/backup`: a folder that is made here would be taken for one there.
            default: throw .unsupportedScheme(String(scheme))
            }
        }
        guard !path.isEmpty else { throw .noRepositoryGiven }
        place = .folder(path.hasPrefix("/") ? String(path) : Self.currentDirectory + "/" + path)
    }

    /// The folder, when it lies on this machine.
    var folder: String? {
        if case .folder(let path) = place { path } else { nil }
    }

    /// For messages; without credentials.
    var words: String {
        switch place {
        case .folder(let path): path
        case .s3(let location): location.description
        case .rest(let location): location.description
        case .sftp(let location): location.description
        }
    }

    /// Whether a path, of which the end need not be there yet, lies in the repository's folder.
    func contains(_ path: String) -> Bool {
        guard let folder, let identity = FileIdentity(path: folder) else { return false }
        var ancestor = path.hasPrefix("/") ? path : Self.currentDirectory + "/" + path
        while true {
            if let real = realpath(ancestor, nil) {
                defer { free(real) }
                ancestor = String(cString: real)
                break
            }
            guard let end = ancestor.lastIndex(of: "/"), end > ancestor.startIndex else { return false }
            ancestor = String(ancestor[..<end])
        }
        while let end = ancestor.lastIndex(of: "/") {
            if FileIdentity(path: ancestor) == identity { return true }
            ancestor = String(ancestor[..<end])
        }
        return false
    }

    /// What a session of it is known by: of a folder its real path, by whichever way it was named.
    var sessionName: String {
        guard let folder, let path = realpath(folder, nil) else { return words }
        defer { free(path) }
        return String(cString: path)
    }

    /// Absolute, so that a process in the background may leave its directory.
    static var currentDirectory: String {
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
