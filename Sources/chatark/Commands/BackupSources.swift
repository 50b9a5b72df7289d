import ArgumentParser
import ChatImport
import ChatModel
import Glibc

/// What `--source` may say.
enum SourceKind: String, ExpressibleByArgument, CaseIterable {
    case auto, telegram, whatsapp, jsonl

    /// The format; nil when it is to be found out.
    var format: SourceFormat? {
        switch self {
        case .auto: nil
        case .telegram: .telegram
        case .whatsapp: .whatsapp
        case .jsonl: .jsonl
        }
    }
}

/// The paths of a backup and the exports that lie in them.
struct BackupSources {
    /// An export: all of a source, or a part of a folder that holds several.
    struct Export {
        let path: String
        let format: SourceFormat
        /// The path from the source to the export, empty when they are the same.
        let prefix: String

        /// A message whose attachments are named from the source's root instead of the export's.
        func placed(_ message: Message) -> Message {
            guard !prefix.isEmpty, !message.attachments.isEmpty else { return message }
            var message = message
            for index in message.attachments.indices {
                switch message.attachments[index].content {
                case .file(let path):
                    message.attachments[index].content = .file(path: path.isEmpty ? prefix : "\(prefix)/\(path)")
                case .entry(let container, let name):
                    message.attachments[index].content = .entry(
                        container: container.isEmpty ? prefix : "\(prefix)/\(container)", name: name)
                case .stored, .missing: break
                }
            }
            return message
        }
    }

    /// A path that was given.
    struct Source {
        /// Absolute.
        let path: String
        let exports: [Export]
    }

    let all: [Source]
    /// What a user should know about what was found.
    private(set) var notes: [String] = []

    var paths: [String] { all.map(\.path) }

    /// Looks at the paths. Throws for one that is not there, cannot be read or holds nothing that is known.
    init(_ paths: [String], _ options: SourceOptions) throws {
        all = try paths.map { given in
            let path = try Self.absolute(given)
            if let format = options.source.format {
                return Source(path: path, exports: [Export(path: path, format: format, prefix: "")])
            }
            let exports = try Self.exports(in: path)
            guard !exports.isEmpty else { throw CommandError.unknownSource(given) }
            return Source(path: path, exports: exports)
        }
        for source in all where source.exports.first?.prefix.isEmpty == false {
            let names = source.exports.map { "\($0.prefix) (\($0.format))" }
            notes.append(
                "'\(source.path)' holds \(Words.count(names.count, "export")): \(names.joined(separator: ", ")).")
        }
    }

    /// The path itself when it is an export, else the exports directly in it.
    private static func exports(in path: String) throws -> [Export] {
        if let format = try recognise(path) { return [Export(path: path, format: format, prefix: "")] }
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return try names.sorted().compactMap { name in
            try recognise("\(path)/\(name)").map { Export(path: "\(path)/\(name)", format: $0, prefix: name) }
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
