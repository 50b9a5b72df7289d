import ChatArchive
import ChatImport
import Glibc
import ResticRepository

/// The files of the sources, as they were just stored, for the attachments of messages.
struct OriginalFiles: AttachmentProvider {
    /// A source, and its name under `original/` when it could be stored.
    struct Place {
        let source: BackupSources.Source
        let stored: String?
        private let isFolder: Bool

        init(source: BackupSources.Source, stored: String?) {
            self.source = source
            self.stored = stored
            var status = stat()
            isFolder = stat(source.path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        }

        /// The path under `original/` of a path that an importer gave: below the source when it is a folder, else below the
        /// folder in which it lies.
        func stored(_ path: String) -> String? {
            guard let stored else { return nil }
            if path.isEmpty { return stored }
            return isFolder ? "\(stored)/\(path)" : path == source.name ? stored : nil
        }

        /// The same on this machine.
        func local(_ path: String) -> String {
            isFolder && !path.isEmpty ? "\(source.path)/\(path)" : source.path
        }
    }

    let contents: SourceContents
    let places: [ArchiveSource: Place]

    func file(at path: String, of source: ArchiveSource) throws(ArchiveError) -> FileContent? {
        guard let stored = places[source]?.stored(path) else { return nil }
        do throws(RepositoryError) {
            return try contents.file(at: stored)
        } catch {
            throw .repository(error)
        }
    }

    func entry(
        _ name: String, in container: String, of source: ArchiveSource,
        _ body: (UnsafeRawBufferPointer) throws(RepositoryError) -> Void
    ) throws(ArchiveError) -> Bool {
        guard let place = places[source] else { return false }
        do {
            return try readEntry(container: place.local(container), name: name) { try body($0) }
        } catch {
            guard case .stopped(let error as RepositoryError) = error else { throw .source("\(error)") }
            throw .repository(error)
        }
    }
}
