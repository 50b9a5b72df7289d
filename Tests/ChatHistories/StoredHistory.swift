internal import ChatArchive
package import ChatModel
package import ResticRepository
package import Storage

extension History {
    /// Makes a repository that opens quickly.
    package static func makeRepository(in store: any ObjectStore) throws -> Repository {
        guard let cheap = ScryptParameters(n: 1024, r: 8, p: 1) else { throw RepositoryError.libraryFailed("scrypt") }
        return try Repository.create(in: store, password: Password("secret"), keyParameters: cheap)
    }

    /// Opens what `makeRepository` made, as another program would: nothing is in memory.
    package static func openRepository(in store: any ObjectStore) throws -> Repository {
        try Repository.open(store, password: Password("secret"))
    }

    /// Backs the history up, a snapshot a backup; returns them in that order.
    package func store(in repository: Repository, original: TreeID? = nil) throws -> [SnapshotID] {
        let source = ArchiveSource(host: "here", path: "/export")
        var previous: [Archive] = []
        var lastRead: [ArchiveSource: Timestamp] = [:]
        var snapshots: [SnapshotID] = []
        for backup in backups {
            let writer = try repository.makeWriter()
            var builder = try ArchiveBuilder(continuing: previous, in: archiveZone)
            builder.begin(source)
            for person in people { try builder.add(person) }
            for conversation in conversations { builder.add(conversation) }
            for row in backup.rows { try builder.add(row.message, to: row.conversation) }
            let provider = HistoryFiles(writer: writer, contents: contents.filter { backup.files.contains($0.key) })
            let outcome = try builder.finish(
                attachments: provider, into: writer, repository, at: backup.time, lastRead: lastRead)
            var nodes = [Self.folder(ArchiveLayout.archive, outcome.tree)]
            if let original { nodes.append(Self.folder(ArchiveLayout.original, original)) }
            let root = try writer.saveTree(Tree(nodes))
            _ = try writer.finish()
            snapshots.append(try Self.save(root, at: backup.time, in: repository))
            lastRead[source] = backup.time
            previous = [try Archive(repository: repository, tree: outcome.tree)]
        }
        return snapshots
    }

    /// Stores a snapshot of a tree.
    package static func save(_ tree: TreeID, at time: Timestamp, in repository: Repository) throws -> SnapshotID {
        let seconds = time.seconds
        let nanoseconds = Int32((time.milliseconds - seconds * 1000) * 1_000_000)
        return try repository.saveSnapshot(
            Snapshot(
                time: GoTime(seconds: seconds, nanoseconds: nanoseconds), tree: tree, paths: ["/export"],
                hostname: "here"))
    }

    private static func folder(_ name: String, _ tree: TreeID) -> Node {
        var node = Node(name: Array(name.utf8), kind: .directory, mode: FileMode(unixMode: 0o040755), modified: .epoch)
        node.subtree = tree
        return node
    }
}

/// Gives attachments; those of an even length are stored in small pieces, so that reading them meets several blobs.
private struct HistoryFiles: AttachmentProvider {
    let writer: RepositoryWriter
    let contents: [String: [UInt8]]

    func file(at path: String, of source: ArchiveSource) throws(ArchiveError) -> FileContent? {
        guard let bytes = contents[path] else { return nil }
        let piece = bytes.count % 2 == 0 ? max(1, bytes.count / 7) : max(1, bytes.count)
        var blobs: [BlobID] = []
        do throws(RepositoryError) {
            for start in stride(from: 0, to: bytes.count, by: piece) {
                let chunk = Array(bytes[start..<min(start + piece, bytes.count)])
                blobs.append(try writer.save(chunk, .data, group: .media))
            }
        } catch { throw .repository(error) }
        return FileContent(blobs: blobs, size: UInt64(bytes.count), digest: SHA256Digest(hashing: bytes))
    }

    func entry(
        _ name: String, in container: String, of source: ArchiveSource,
        _ body: (UnsafeRawBufferPointer) throws(RepositoryError) -> Void
    ) throws(ArchiveError) -> Bool {
        guard let bytes = contents[name] else { return false }
        do throws(RepositoryError) {
            try bytes.withUnsafeBytes { bytes in Result { () throws(RepositoryError) in try body(bytes) } }.get()
        } catch { throw .repository(error) }
        return true
    }
}
