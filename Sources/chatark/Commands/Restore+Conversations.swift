import ChatArchive
import ChatModel
import Glibc
import ResticRepository

extension Restore {
    /// Writes a choice of conversations as the mount shows them: a folder a conversation and month, a file a message.
    func restoreConversations(_ repository: Repository, _ stored: StoredSnapshot, _ span: DateSpan, _ zone: Zone) throws
    {
        guard try SnapshotLayout(of: stored.snapshot.tree, in: repository) != nil else {
            throw CommandError.noArchive(snapshot: stored.id.short)
        }
        let tree = try FolderTree(
            repository: repository, root: .snapshot(stored.id), zone: zone, memoryLimit: 64 << 20,
            owner: (getuid(), getgid()))
        let copy = ViewCopy(
            tree, to: target, .init(span: span, keepsExisting: keepExisting, verifies: verify))
        try Progress.showing(!options.quiet && !options.json) { [counts = copy.counts] in
            let counts = counts.values
            return Progress.Reading(
                words: "restoring: \(Words.count(counts.files, "file")), \(Words.bytes(counts.bytes))")
        } _: {
            try copy.run(conversation)
        }
        let counts = copy.counts.values
        report(files: counts.files, bytes: counts.bytes, failures: counts.failures, from: stored)
        if counts.failures > 0 { throw CommandError.partial }
    }
}
