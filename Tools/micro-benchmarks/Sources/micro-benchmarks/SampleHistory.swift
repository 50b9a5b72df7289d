import ChatArchive
import ChatModel
import ResticRepository
import Storage

/// A repository in memory with one snapshot: a conversation of two months, 10,000 messages each, every twentieth a picture.
///
/// Texts are Chinese and English by turns, some 67 bytes long.
struct SampleHistory {
    static let messagesPerMonth = 10_000

    let repository: Repository
    let archive: Archive
    /// The months' segments, as stored.
    let segments: [Node]

    init() throws {
        repository = try Fixtures.makeRepository(in: MemoryStore())
        let writer = try repository.makeWriter()
        var builder = try ArchiveBuilder(continuing: [], in: .utc)
        builder.begin(ArchiveSource(host: "here", path: "/export"))
        let conversation = ConversationID("张伟")
        for (id, name) in [("wxid_me", "我"), ("wxid_zhangwei", "张伟")] {
            try builder.add(Person(id: PersonID(id), name: name, isSelf: id == "wxid_me"))
        }
        builder.add(Conversation(id: conversation, title: "张伟", kind: .direct, app: "wechat"))
        var numbers = SeededNumbers(seed: 5)
        for month in 7...8 {
            guard let start = CivilTime(year: 2021, month: month, day: 1)?.secondsSince1970 else { continue }
            for index in 0..<Self.messagesPerMonth {
                try builder.add(
                    Self.message(index, at: start + Int64(index) * 260, in: month, &numbers), to: conversation)
            }
        }
        let outcome = try builder.finish(
            attachments: UnstoredPictures(), into: writer, repository, at: Timestamp(seconds: 1_631_000_000),
            lastRead: [:])
        var folder = Node(
            name: Array(ArchiveLayout.archive.utf8), kind: .directory, mode: FileMode(unixMode: 0o040755),
            modified: .epoch)
        folder.subtree = outcome.tree
        let root = try writer.saveTree(Tree([folder]))
        _ = try writer.finish()
        _ = try repository.saveSnapshot(
            Snapshot(time: GoTime(seconds: 1_631_000_000), tree: root, paths: ["/export"], hostname: "here"))
        archive = try Archive(repository: repository, tree: outcome.tree)
        let name = try archive.conversations().first?.folder ?? ""
        let shown = try archive.folder(named: name)
        segments = shown.months.compactMap { shown.node(of: $0.month) }
        try check(segments.count == 2, "the history has \(segments.count) months, not 2")
    }

    /// The tree that a mount would show.
    func tree(memoryLimit: Int = 256 << 20) throws -> FolderTree {
        try FolderTree(
            repository: repository, root: .allSnapshots, zone: .utc, memoryLimit: memoryLimit, owner: (1000, 1000))
    }

    /// A month's lines of JSON.
    func segmentText(_ month: Int = 0) throws -> [UInt8] { try archive.segment(segments[month]) }

    private static let phrases = [
        "明天下午三点在西湖边见面吧，", "好的，我知道了。", "合同已经发到你邮箱了，请查收！", "See you at the station, ", "哈哈哈😂",
        "The meeting was moved to Tuesday; ", "妈妈说周末回家吃饭。", "I'll send you the pictures tonight. ", "没问题",
        "天气不错，出去走走？", "ok ", "\"quoted\"\n", "上次那家餐厅叫什么名字来着？", "路上堵车，晚十分钟到。",
    ]

    private static func message(
        _ index: Int, at seconds: Int64, in month: Int, _ numbers: inout SeededNumbers
    ) -> Message {
        let sender = PersonID(Bool.random(using: &numbers) ? "wxid_me" : "wxid_zhangwei")
        let id = MessageID("wechat:\(7_000_000_000 + Int64(month) * 1_000_000 + Int64(index))")
        if index % 20 == 7 {
            let picture = Attachment(
                name: "", mediaType: "image/jpeg", content: .file(path: "image/\(month)/\(index).jpg"))
            return Message(
                id: id, time: Timestamp(seconds: seconds), sender: sender, kind: .image, attachments: [picture])
        }
        var text = ""
        for _ in 0..<Int.random(in: 1...4, using: &numbers) { text += phrases.randomElement(using: &numbers) ?? "" }
        return Message(id: id, time: Timestamp(seconds: seconds), sender: sender, text: text)
    }
}

/// Pictures that are said to be stored: nothing that is measured reads them.
private struct UnstoredPictures: AttachmentProvider {
    func file(at path: String, of source: ArchiveSource) throws(ArchiveError) -> FileContent? {
        let digest = SHA256Digest(hashing: Array(path.utf8))
        return FileContent(blobs: [BlobID(digest)], size: 200_000, digest: digest)
    }

    func entry(
        _ name: String, in container: String, of source: ArchiveSource,
        _ body: (UnsafeRawBufferPointer) throws(RepositoryError) -> Void
    ) throws(ArchiveError) -> Bool { false }
}
