import ChatModel
import ResticRepository

/// What a tree brings to this machine before anybody reads it, where the store keeps what it fetches.
public enum Prefetch: String, Sendable, CaseIterable {
    /// The media of a month that is looked into.
    case month
    /// All of a conversation that is looked into.
    case conversation
    /// All conversations of the newest snapshot, or of the one that is shown.
    case all
}

/// What fails here is met again, and told, by whoever reads it.
extension FolderTree {
    /// Starts to bring all conversations, if that is wanted. Returns at once.
    public func startPrefetch() {
        guard prefetch == .all else { return }
        prefetches.start { [self] in
            guard let number = isSingle ? 0 : registry.withLock({ $0.snapshots.newest }),
                let archive = try? view(ofSnapshot: number, .until(.now + .seconds(600))).archive,
                let folders = try? archive.folders(named: archive.conversations().map(\.folder))
            else { return }
            try? archive.fetch(folders, media: true)
        }
    }

    func prefetch(_ folder: ConversationFolder, of archive: Archive) {
        guard prefetch == .conversation else { return }
        prefetches.start { try? archive.fetch([folder], media: true) }
    }

    func prefetch(_ month: Month, _ shown: ShownConversation, of archive: Archive) {
        guard prefetch == .month else { return }
        let segments = shown.part(month, in: .conversations)?.segments ?? []
        let only = ConversationFolder(months: segments.map { shown.folder.months[$0] })
        prefetches.start { try? archive.fetch([only], media: true) }
    }
}
