import ChatArchive
import ChatHistories
import ChatModel
import ResticRepository
import SeededRandom
import Storage

/// A repository in memory with a history that tests can reason about.
struct StoredChats {
    let store = MemoryStore()
    let repository: Repository
    var history: History
    private(set) var snapshots: [SnapshotID] = []

    /// A conversation `chat` of 30 messages in September and October 2021, one an hour, and pictures of several blobs.
    init(backups: Int = 1, original: Bool = false, names: [PersonID: String] = [:]) throws {
        repository = try History.makeRepository(in: store)
        history = History(archiveZone: .utc, viewZone: .utc)
        history.people = [Person(id: PersonID("p1"), name: "张伟"), Person(id: PersonID("p2"), name: "李雷")]
        history.conversations = [
            Conversation(id: ConversationID("c"), title: "chat", kind: .direct, app: "test", names: names),
            Conversation(id: ConversationID("e"), title: "empty", kind: .direct, app: "test"),
        ]
        var numbers = SeededGenerator(seed: 5)
        history.contents = ["one.jpg": numbers.bytes(700), "two.pdf": numbers.bytes(333)]
        let start = Timestamp(rfc3339: "2021-09-30T09:00:00Z") ?? Timestamp(milliseconds: 0)
        for index in 0..<backups {
            let rows = (0..<30 - index).map { number in
                var message = Message(
                    id: MessageID("m\(number)"),
                    time: Timestamp(milliseconds: start.milliseconds + Int64(number) * 3_600_000),
                    sender: PersonID(number % 2 == 0 ? "p1" : "p2"), text: "message \(number)")
                if number == 3 {
                    message.kind = .image
                    message.attachments = [ChatModel.Attachment(name: "one.jpg", content: .file(path: "one.jpg"))]
                }
                if number == 4 {
                    message.kind = .file
                    message.attachments = [
                        ChatModel.Attachment(name: "two.pdf", content: .file(path: "two.pdf")),
                        ChatModel.Attachment(name: "three.pdf", content: .file(path: "three.pdf")),
                    ]
                }
                return History.Row(conversation: ConversationID("c"), message: message)
            }
            history.backups.append(
                History.Backup(
                    time: Timestamp(milliseconds: 1_640_000_000_000 + Int64(index) * 86_400_000), rows: rows,
                    files: Set(history.contents.keys)))
        }
        var tree: TreeID?
        if original {
            let writer = try repository.makeWriter()
            tree = try Self.plainTree(writer)
            _ = try writer.finish()
        }
        snapshots = try history.store(in: repository, original: tree)
    }

    func tree(_ root: FolderTree.Root = .allSnapshots, memoryLimit: Int = 16 << 20) throws -> FolderTree {
        try FolderTree(
            repository: History.openRepository(in: store), root: root, zone: .utc, memoryLimit: memoryLimit,
            owner: (uid: 5, gid: 7))
    }

    /// What restic stores: files of several blobs, links, devices, names of raw bytes.
    static func plainTree(_ writer: RepositoryWriter) throws -> TreeID {
        let time = GoTime(seconds: 1_600_000_000, nanoseconds: 123_456_789)
        func node(_ name: [UInt8], _ kind: Node.Kind, _ mode: UInt32) -> Node {
            Node(name: name, kind: kind, mode: FileMode(unixMode: mode), modified: time, uid: 1000, gid: 100)
        }
        func file(_ name: [UInt8], _ pieces: [String]) throws -> Node {
            var file = node(name, .file, 0o100640)
            file.content = try pieces.map { try writer.save(Array($0.utf8), .data, group: .media) }
            file.size = UInt64(pieces.joined().utf8.count)
            file.links = 3
            return file
        }
        let inner = try Tree([file(Array("deep.txt".utf8), ["deep\n"])])
        let innerID = try writer.saveTree(inner)
        var folder = node(Array("folder".utf8), .directory, 0o040755)
        folder.subtree = innerID
        var twin = node(Array("twin".utf8), .directory, 0o040700)
        twin.subtree = innerID
        var link = node(Array("link".utf8), .symlink, 0o120777)
        link.linkTarget = Array("folder/deep.txt".utf8)
        var device = node(Array("null".utf8), .characterDevice, 0o020666)
        device.device = 0x103
        let nodes = try [
            file(Array("a b\n".utf8), ["first ", "second ", "third"]), device,
            node(Array("pipe".utf8), .fifo, 0o010600), file(Array("empty".utf8), []), folder, link, twin,
            file([0xD5, 0xC5, 0xCE, 0xB0], ["GBK"]),
        ]
        return try writer.saveTree(Tree(nodes))
    }
}

extension FolderTree {
    /// The inode at a path, by looking up each part.
    func find(_ path: String, waiting: Waiting = FolderWalk.patient) throws -> FileAttributes {
        var found = try attributes(of: .root, waiting: waiting)
        for part in path.split(separator: "/") {
            guard let next = try look(Array(part.utf8), in: found.inode, waiting: waiting) else {
                throw FolderTreeError.notFound
            }
            found = next.attributes
        }
        return found
    }

    func look(_ name: [UInt8], in folder: InodeNumber, waiting: Waiting = FolderWalk.patient) throws(FolderTreeError)
        -> FolderEntry?
    {
        try name.withUnsafeBytes { bytes in
            Result { () throws(FolderTreeError) in try entry(named: bytes, in: folder, waiting: waiting) }
        }.get()
    }

    func names(in folder: InodeNumber, waiting: Waiting = FolderWalk.patient) throws -> [String] {
        var names: [String] = []
        try list(folder, from: 2, waiting: waiting) { name, _, _ in
            names.append(String(decoding: name, as: UTF8.self))
            return true
        }
        return names
    }

    func content(of file: InodeNumber, waiting: Waiting = FolderWalk.patient) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try read(file, offset: 0, count: 1 << 24, waiting: waiting) { bytes += Array($0) }
        return bytes
    }
}
