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
        let archive = try Archive(repository: repository, snapshotTree: stored.snapshot.tree)
        let chosen = try ConversationChoice.records(named: conversation, among: try archive.conversations())
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
            let copied = try copy.run(chosen.map(\.folder))
            guard !copied.isEmpty || copy.counts.values.failures > 0 else {
                throw CommandError.nothingChosen(snapshot: stored.id.short)
            }
            if !copied.isEmpty {
                let others = try copy.otherFiles()
                note(others)
                let account = CopyAccount(
                    repository: repository.id, stored: stored, manifest: archive.manifest, zone: zone,
                    chosen: conversation.isEmpty ? nil : chosen, span: span, copied: copied,
                    counts: copy.counts.values, others: others.count)
                try copy.finish(try account.text(chosen, try archive.people(), tree))
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

    /// Says that there are files in the target that are not of the copy.
    private func note(_ others: [[UInt8]]) {
        guard let first = others.first else { return }
        let name = Table.printable(String(decoding: first, as: UTF8.self))
        Output.note(
            "The target was not empty: \(Words.count(others.count, "file")) in it, '\(name)' for one, \(others.count == 1 ? "is" : "are") not of "
                + "this copy, and SHA256SUMS does not have \(others.count == 1 ? "it" : "them").")
    }
}
