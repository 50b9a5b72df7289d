import ArgumentParser
import ChatImport
import Glibc

/// What `--source` may say.
enum SourceKind: ExpressibleByArgument {
    case auto
    case format(SourceFormat)

    init?(argument: String) {
        if argument == "auto" {
            self = .auto
        } else {
            guard let format = SourceFormat(rawValue: argument) else { return nil }
            self = .format(format)
        }
    }

    var defaultValueDescription: String { "auto" }

    static var allValueStrings: [String] { ["auto"] + SourceFormat.allCases.map(\.rawValue) }
}

/// The paths of a backup and what kinds of exports lie in them.
struct BackupSources {
    /// A path that was given.
    struct Source {
        /// Absolute, without links.
        let path: String
        /// More than one for a folder with exports of several programs.
        let formats: [SourceFormat]

        /// The last component.
        var name: String { String(path.split(separator: "/").last ?? "") }
    }

    /// Without repetitions.
    let all: [Source]
    /// What the user should know of how the paths were taken.
    let notes: [String]
    /// Paths that are damaged, beside others that are not, and why.
    let damaged: [String]

    var paths: [String] { all.map(\.path) }

    /// Looks at the paths. Throws for one that is not there, cannot be read or holds nothing that is known, and for
    /// several that are to be called by one name.
    init(_ paths: [String], _ about: SourceOptions) throws {
        var all: [Source] = []
        var notes: [String] = []
        var damaged: [String] = []
        for given in paths {
            var path = try Self.absolute(given)
            let formats: [SourceFormat]
            do {
                formats = try Self.formats(at: path, about.source)
            } catch let error as ImportError where paths.count > 1 && damaged.count + 1 < paths.count {
                damaged.append("'\(path)' was passed over. \(error)")
                continue
            }
            guard let format = formats.first else { throw CommandError.unknownSource(given) }
            if formats.count == 1, let folder = exportFolder(ofFile: path, format: format) {
                notes.append("'\(given)' has its media beside it; the folder '\(folder)' is backed up.")
                path = folder
            }
            if !all.contains(where: { $0.path == path }) { all.append(Source(path: path, formats: formats)) }
        }
        guard about.sourceName == nil || all.count == 1 else { throw CommandError.sourceNameForSeveral }
        self.all = all
        self.notes = notes
        self.damaged = damaged
    }

    private static func formats(at path: String, _ kind: SourceKind) throws -> [SourceFormat] {
        if case .format(let format) = kind { return [format] }
        do {
            guard let format = try recognise(path) else { return [] }
            return [format]
        } catch {
            guard case .severalFormats(_, let formats) = error else { throw error }
            return formats
        }
    }

    /// The path from the root without links, so that a source is known again wherever the program is started.
    private static func absolute(_ given: String) throws(CommandError) -> String {
        guard let resolved = realpath(given, nil) else {
            if errno == ENOENT || errno == ENOTDIR { throw .sourceMissing(given) }
            throw .sourceUnreadable(given, FileFault(errno: errno))
        }
        defer { free(resolved) }
        let path = String(cString: resolved)
        guard access(path, R_OK) == 0 else { throw .sourceUnreadable(given, FileFault(errno: errno)) }
        return path
    }
}
