import ChatHistories
import ChatModel
import Storage
import Testing

@testable import ChatArchive

/// Months that are made ready before somebody who goes through them comes to them.
struct MonthsAheadTests {
    /// A conversation of a message a day in each of so many months.
    private static func tree(months: Int) throws -> FolderTree {
        let store = MemoryStore()
        let repository = try History.makeRepository(in: store)
        var history = History(archiveZone: .utc, viewZone: .utc)
        let id = ConversationID("c")
        history.conversations = [Conversation(id: id, title: "chat", kind: .direct, app: "test")]
        let start = Timestamp(rfc3339: "2015-01-01T12:00:00Z") ?? Timestamp(milliseconds: 0)
        history.backups = [
            History.Backup(
                time: Timestamp(rfc3339: "2024-01-01T00:00:00Z") ?? start,
                rows: (0..<months * 30).map { day in
                    let time = Timestamp(milliseconds: start.milliseconds + Int64(day) * 86_400_000)
                    return History.Row(conversation: id, message: Message(time: time, text: "day \(day)"))
                }, files: [])
        ]
        let snapshot = try #require(try history.store(in: repository).first)
        return try FolderTree(
            repository: History.openRepository(in: store), root: .snapshot(snapshot), zone: .utc,
            memoryLimit: 16 << 20, owner: (uid: 5, gid: 7))
    }

    /// The names in a folder once they can be told at once.
    private static func namesAtOnce(in folder: InodeNumber, of tree: FolderTree) throws -> [String] {
        while true {
            do { return try tree.names(in: folder, waiting: .never) } catch FolderTreeError.mustWait {}
        }
    }

    @Test("who goes through months finds each of them ready, with all its files", .timeLimit(.minutes(2)))
    func walk() throws {
        let tree = try Self.tree(months: 60)
        let folder = try tree.find("conversations/chat").inode
        var files = 0
        for (position, name) in try tree.names(in: folder).enumerated() {
            let month = try tree.find("conversations/chat/\(name)").inode
            // Two in a row begin a walk.
            let names = position < 2 ? try tree.names(in: month) : try Self.namesAtOnce(in: month, of: tree)
            #expect(names.allSatisfy { $0.hasPrefix(name) })
            files += names.count
        }
        #expect(files == 1800)
    }

    @Test("of a long conversation as much is loaded as there is memory for, and at least a month where there is any")
    func longConversation() {
        var left = 12
        #expect(FolderTree.count(of: [5, 5, 5, 5, 5], within: &left) == 3)
        #expect(FolderTree.count(of: [1], within: &left) == 0)
        left = 1
        #expect(FolderTree.count(of: [100, 100], within: &left) == 1)
        #expect(FolderTree.count(of: [], within: &left) == 0)
    }
}
