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
    /// Paths that cannot be read, beside others that can, and why.
    let damaged: [String]

    var paths: [String] { all.map(\.path) }

    /// Looks at the paths. One that is not there, cannot be read or holds nothing that is known is passed over; throws when none
    /// is left, and for several that are to be called by one name.
    init(_ paths: [String], _ about: SourceOptions) throws {
        var all: [Source] = []
        var notes: [String] = []
        var damaged: [String] = []
        for given in paths {
            var path: String
            let formats: [SourceFormat]
            do {
                path = try Self.absolute(given)
                formats = try Self.formats(at: path, about.source)
                if formats.isEmpty { throw CommandError.unknownSource(given) }
            } catch  where damaged.count + 1 < paths.count {
                // One that is not there tonight must not keep the others from being saved.
                damaged.append("'\(given)' was passed over. \(error)")
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
