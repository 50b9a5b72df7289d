import ChatArchive
import ChatModel
import Glibc
import ResticRepository

extension Restore {
    /// Writes a choice of conversations as the mount shows them, with an account of what they are and the digests of all files.
    func restoreConversations(_ repository: Repository, _ stored: StoredSnapshot, _ span: DateSpan, _ zone: Zone) throws
    {
        guard try SnapshotLayout(of: stored.snapshot.tree, in: repository) != nil else {
            throw CommandError.noArchive(snapshot: stored.id.short)
        }
        let tree = try FolderTree(
            repository: repository, root: .snapshot(stored.id), zone: zone, memoryLimit: 64 << 20,
            owner: (getuid(), getgid()))
        let copy = ViewCopy(
            tree, zone: zone, to: target, .init(span: span, keepsExisting: keepExisting, verifies: verify))
        let copied = try Progress.showing(!options.quiet && !options.json) { [counts = copy.counts] in
            let counts = counts.values
            return Progress.Reading(
                words: "restoring: \(Words.count(counts.files, "file")), \(Words.bytes(counts.bytes))")
        } _: {
            let copied = try copy.run(conversation)
            guard !copied.isEmpty || copy.counts.values.failures > 0 else {
                throw CommandError.nothingChosen(snapshot: stored.id.short)
            }
            if !copied.isEmpty {
                let archive = try Archive(repository: repository, snapshotTree: stored.snapshot.tree)
                let account = CopyAccount(
                    repository: repository.id, stored: stored, zone: zone, names: conversation, since: since,
                    until: until, copied: copied, counts: copy.counts.values)
                try copy.finish(account.text(try archive.conversations(), try archive.people()))
            }
            return copied
        }
        let counts = copy.counts.values
        report(files: counts.files, bytes: counts.bytes, failures: counts.failures, from: stored)
        if !options.quiet, !options.json, !copied.isEmpty {
            Output.line("ABOUT.txt says what it is; 'sha256sum -c SHA256SUMS' in that folder checks it.")
        }
        if counts.failures > 0 { throw CommandError.partial }
    }
}
