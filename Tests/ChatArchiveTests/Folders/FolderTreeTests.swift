import ChatArchive
import ChatHistories
import ChatModel
import ResticRepository
import SeededRandom
import Storage
import Testing

struct FolderTreeTests {
    private static let picture = "snapshots/2021-12-20_11-33-20/conversations/chat/2021-09/2021-09-30_12-00-00_李雷.jpg"

    private func isNotFound(_ error: any Error) -> Bool {
        if case FolderTreeError.notFound = error { true } else { false }
    }

    @Test("a member is called what the conversation says, elsewhere by the own name")
    func namesInConversation() throws {
        let chats = try StoredChats(names: [PersonID("p2"): "班长"])
        let walk = FolderWalk(try chats.tree(.snapshot(chats.snapshots[0])), numbers: SeededGenerator(seed: 1))
        #expect(walk.inodes[Array("conversations/chat/2021-09/2021-09-30_12-00-00_班长.jpg".utf8)] != nil)
        #expect(walk.inodes[Array("conversations/chat/2021-09/2021-09-30_13-00-00_张伟_two.pdf".utf8)] != nil)
        #expect(walk.inodes[Array("contacts/李雷.vcf".utf8)] != nil)
    }

    // MARK: Snapshots

    @Test("dates, latest and snapshots lead to the newest that is not later")
    func dates() throws {
        let chats = try StoredChats(backups: 3)
        let tree = try chats.tree()
        func target(_ path: String) throws -> String {
            String(decoding: try tree.target(of: tree.find(path).inode, waiting: .never), as: UTF8.self)
        }
        #expect(
            try tree.names(in: tree.find("snapshots").inode) == [
                "2021-12-20_11-33-20", "2021-12-21_11-33-20", "2021-12-22_11-33-20",
            ])
        #expect(try target("latest") == "snapshots/2021-12-22_11-33-20")
        for (date, name) in [
            ("2021-12-20", "2021-12-20"), ("2021-12-21T11:33", "2021-12-21"), ("2021-12-21 11:32", "2021-12-20"),
            ("2021-12-21_11-33-20", "2021-12-21"), ("2030-01-01", "2021-12-22"), ("now", "2021-12-22"),
        ] {
            #expect(try target("at/\(date)") == "../snapshots/\(name)_11-33-20", "\(date)")
        }
        for date in ["2021-12-19", "soon", "2021-12-20T11:32"] {
            #expect(throws: FolderTreeError.self) { try tree.find("at/\(date)") }
        }
        #expect(try tree.names(in: tree.find("at").inode).isEmpty)
        #expect(try tree.look(Array("2030-01-01".utf8), in: tree.find("at").inode)?.lifetime != .endless)
        #expect(try tree.look(Array("latest".utf8), in: .root)?.lifetime != .endless)
        #expect(
            try tree.look(Array("conversations".utf8), in: tree.find("snapshots/2021-12-20_11-33-20").inode)?.lifetime
                == .endless)
    }

    @Test("snapshots that come and go are told, and what was open stays readable")
    func refresh() throws {
        let chats = try StoredChats(backups: 2)
        let tree = try chats.tree()
        #expect(try tree.refresh().isEmpty)
        let file = try tree.find(Self.picture)
        let newer = try History.save(
            repositorySnapshot(chats.repository, chats.snapshots[1]), at: Timestamp(milliseconds: 1_650_000_000_000),
            in: chats.repository)
        let reads = chats.store.reads
        var changes = try tree.refresh()
        #expect(chats.store.reads - reads <= 4, "known snapshots are not read again")
        #expect(changes.map(\.name) == ["2022-04-15_05-20-00", "latest"])
        #expect(changes.map(\.directory) == [try tree.find("snapshots").inode, .root])
        #expect(
            try tree.content(
                of: tree.find("snapshots/2022-04-15_05-20-00/conversations/chat/2021-09/2021-09-30_12-00-00_李雷.jpg")
                    .inode
            ).count == 700)
        try chats.store.remove(ObjectName(.snapshots, newer.digest))
        try chats.store.remove(ObjectName(.snapshots, chats.snapshots[0].digest))
        changes = try tree.refresh()
        #expect(changes.map(\.name) == ["2021-12-20_11-33-20", "2022-04-15_05-20-00", "latest"])
        #expect(try tree.names(in: tree.find("snapshots").inode) == ["2021-12-21_11-33-20"])
        #expect(throws: FolderTreeError.self) { try tree.find(Self.picture) }
        #expect(try tree.content(of: file.inode).count == 700)
    }

    private func repositorySnapshot(_ repository: Repository, _ id: SnapshotID) throws -> TreeID {
        try repository.snapshot(id).snapshot.tree
    }

    @Test("snapshots of one second have names that differ")
    func equalNames() throws {
        let chats = try StoredChats()
        let root = try repositorySnapshot(chats.repository, chats.snapshots[0])
        for milliseconds in [1, 2] as [Int64] {
            _ = try History.save(
                root, at: Timestamp(milliseconds: 1_640_000_000_000 + milliseconds), in: chats.repository)
        }
        let tree = try chats.tree()
        #expect(
            try tree.names(in: tree.find("snapshots").inode) == [
                "2021-12-20_11-33-20", "2021-12-20_11-33-20-2", "2021-12-20_11-33-20-3",
            ])
        #expect(
            try tree.target(of: tree.find("latest").inode, waiting: .never)
                == Array("snapshots/2021-12-20_11-33-20-3".utf8))
    }

    @Test("a repository without snapshots is an empty tree")
    func noSnapshots() throws {
        let store = MemoryStore()
        let repository = try History.makeRepository(in: store)
        let tree = try FolderTree(repository: repository, root: .allSnapshots, zone: .utc, owner: (uid: 0, gid: 0))
        #expect(try tree.names(in: .root) == ["at", "snapshots"])
        #expect(FolderWalk(tree, numbers: SeededGenerator(seed: 1)).problems == [])
        #expect(try tree.look(Array("now".utf8), in: tree.find("at").inode) == nil)
    }

    // MARK: Content that moved

    @Test("packs that were written anew elsewhere while a tree is in use are found")
    func repacked() throws {
        let chats = try StoredChats()
        let tree = try chats.tree()
        _ = try tree.find(Self.picture)
        // Another program repacks: the same blobs in other packs, the old ones gone.
        let old = try chats.store.list(.data).map(\.name) + chats.store.list(.index).map(\.name)
        var blobs: [(BlobKind, [UInt8])] = []
        try chats.repository.loadIndex()
        for kind in [BlobKind.data, .tree] {
            for name in try chats.store.list(.data) {
                for entry in try chats.repository.packEntries(PackID(try #require(name.name.digest)), size: name.size)
                where entry.kind == kind {
                    blobs.append((kind, try chats.repository.blob(entry.id, kind)))
                }
            }
        }
        for name in old where name.kind == .index { try chats.store.remove(name) }
        let other = try History.openRepository(in: chats.store)
        let writer = try other.makeWriter()
        for (kind, bytes) in blobs.reversed() {
            _ = try writer.save(bytes, kind, group: kind == .tree ? .tree : .records)
        }
        _ = try writer.finish()
        for name in old where name.kind == .data { try? chats.store.remove(name) }
        #expect(try tree.content(of: tree.find(Self.picture).inode) == chats.history.contents["one.jpg"])
        let walk = FolderWalk(tree, numbers: SeededGenerator(seed: 1))
        #expect(walk.problems == [])
    }

    @Test("a pack that is gone for good is an error, and other files are not affected")
    func missingPack() throws {
        let chats = try StoredChats()
        let tree = try chats.tree()
        let picture = try tree.find(Self.picture)
        let text = try tree.find(
            "snapshots/2021-12-20_11-33-20/conversations/chat/2021-10/2021-10-01_00-00-00_李雷.txt")
        _ = try tree.content(of: text.inode)
        for object in try chats.store.list(.data) { try chats.store.remove(object.name) }
        #expect {
            _ = try tree.content(of: picture.inode)
        } throws: { error in
            if case FolderTreeError.repository = error { true } else { false }
        }
        #expect(try tree.content(of: text.inode) == Array("message 15\n".utf8))
    }

    // MARK: Stored trees

    @Test(
        "a snapshot of another program is shown as the files it holds, and so is original/", arguments: [false, true])
    func plainTrees(asOriginal: Bool) throws {
        let chats = try StoredChats(original: true)
        let tree: FolderTree
        var prefix = ""
        if asOriginal {
            tree = try chats.tree(.snapshot(chats.snapshots[0]))
            prefix = "original/"
        } else {
            let writer = try chats.repository.makeWriter()
            let root = try StoredChats.plainTree(writer)
            _ = try writer.finish()
            tree = try chats.tree(
                .snapshot(History.save(root, at: Timestamp(milliseconds: 1000), in: chats.repository)))
        }
        let walk = FolderWalk(tree, numbers: SeededGenerator(seed: 3))
        #expect(walk.problems == [])
        func shown(_ name: [UInt8]) throws -> Shown { try #require(walk.shown[Array(prefix.utf8) + name]) }
        #expect(try shown(Array("a b\n".utf8)).content == Array("first second third".utf8))
        #expect(try shown(Array("a b\n".utf8)).permissions == 0o640)
        #expect(try shown(Array("a b\n".utf8)).nanoseconds == 123_456_789)
        #expect(try shown(Array("empty".utf8)).content.isEmpty)
        #expect(try shown(Array("folder/deep.txt".utf8)).content == Array("deep\n".utf8))
        #expect(try shown(Array("twin/deep.txt".utf8)).content == Array("deep\n".utf8))
        #expect(
            try shown(Array("link".utf8))
                == Shown(
                    kind: .link, size: 15, seconds: 1_600_000_000, nanoseconds: 123_456_789, permissions: 0o777,
                    content: Array("folder/deep.txt".utf8)))
        #expect(try shown([0xD5, 0xC5, 0xCE, 0xB0]).content == Array("GBK".utf8))
        let device = try tree.find(prefix + "null")
        #expect(device.kind == .other(mode: 0o020000) && device.deviceNumber == 0x103 && device.uid == 1000)
        #expect(try tree.find(prefix + "pipe").kind == .other(mode: 0o010000))
        #expect(
            walk.inodes[Array((prefix + "folder").utf8)] != walk.inodes[Array((prefix + "twin").utf8)],
            "folders do not alias")
        #expect(
            walk.inodes[Array((prefix + "folder/deep.txt").utf8)]
                == walk.inodes[Array((prefix + "twin/deep.txt").utf8)], "files do")
        #expect(walk.shown.count { $0.key.starts(with: Array(prefix.utf8)) } == 10)
    }

    @Test("a stored folder's number lives as long as the kernel remembers it")
    func forget() throws {
        let chats = try StoredChats(original: true)
        let tree = try chats.tree(.snapshot(chats.snapshots[0]))
        let folder = try tree.find("original/folder").inode
        tree.remember(folder)
        tree.remember(folder)
        tree.forget(folder, lookups: 1)
        #expect(try tree.names(in: folder) == ["deep.txt"])
        #expect(try tree.find("original/folder").inode == folder)
        tree.forget(folder, lookups: 1)
        #expect(throws: FolderTreeError.self) { try tree.names(in: folder) }
        #expect(try tree.names(in: tree.find("original/folder").inode) == ["deep.txt"])
        tree.forget(InodeNumber(rawValue: 12345), lookups: 3)
        tree.forget(try tree.find("conversations/chat").inode, lookups: .max)
        #expect(try tree.names(in: tree.find("conversations/chat").inode) == ["2021-09", "2021-10"])
    }

    // MARK: Numbers and attributes

    @Test("numbers that were never given are not found, and never trap")
    func unknownNumbers() throws {
        let chats = try StoredChats(original: true)
        let seed = UInt64.random(in: 1...1 << 60)
        var numbers = SeededGenerator(seed: seed)
        for root in [FolderTree.Root.allSnapshots, .snapshot(chats.snapshots[0])] {
            let tree = try chats.tree(root)
            let walk = FolderWalk(tree, numbers: numbers)
            let known = Set(walk.inodes.values)
            var candidates: [UInt64] = []
            for _ in 0..<2000 { candidates.append(numbers.next() >> UInt64.random(in: 0..<64, using: &numbers)) }
            for inode in known {
                for _ in 0..<20 { candidates.append(inode.rawValue ^ 1 << UInt64.random(in: 0..<64, using: &numbers)) }
                candidates.append(inode.rawValue &+ 1)
            }
            for inode in candidates.map(InodeNumber.init(rawValue:)) where !known.contains(inode) && inode != .root {
                do {
                    let attributes = try tree.attributes(of: inode, waiting: FolderWalk.patient)
                    // What can be shown though nobody listed it: links below at/, the snapshot's own number, trees met on the way.
                    #expect(attributes.inode == inode || attributes.inode == .root, "seed \(seed)")
                } catch {
                    #expect(isNotFound(error), "seed \(seed), \(inode): \(error)")
                }
                _ = try? tree.look(Array("x".utf8), in: inode)
                _ = try? tree.names(in: inode)
                _ = try? tree.content(of: inode)
                _ = try? tree.target(of: inode, waiting: FolderWalk.patient)
                _ = try? tree.extendedAttributes(of: inode, waiting: FolderWalk.patient)
            }
        }
    }

    @Test("a message says its identity, sender, kind and digest, and when one that is gone was last seen")
    func extendedAttributes() throws {
        let chats = try StoredChats(backups: 2)
        let tree = try chats.tree(.snapshot(chats.snapshots[1]))
        func values(_ path: String) throws -> [String: String] {
            Dictionary(
                uniqueKeysWithValues: try tree.extendedAttributes(
                    of: tree.find(path).inode, waiting: FolderWalk.patient
                )
                .map { ($0.name, String(decoding: $0.value, as: UTF8.self)) })
        }
        let month = "conversations/chat/2021-09/2021-09-30_"
        #expect(
            try values(month + "09-00-00_张伟.txt")
                == ["user.chatark.id": "m0", "user.chatark.sender": "p1", "user.chatark.type": "text"])
        let picture = try #require(chats.history.contents["one.jpg"])
        #expect(try values(month + "12-00-00_李雷.jpg")["user.chatark.sha256"] == SHA256Digest(hashing: picture).hex)
        #expect(try values(month + "12-00-00_李雷.jpg")["user.chatark.type"] == "image")
        #expect(
            try values("conversations/chat/2021-10/2021-10-01_14-00-00_李雷.txt")["user.chatark.last-seen"]
                == "2021-12-20T11:33:20Z")
        #expect(try values("conversations/chat").isEmpty && values("").isEmpty)
    }

    @Test("a wording says whether a later one has taken its place, or it has taken an earlier one's")
    func wordings() throws {
        var numbers = SeededGenerator(seed: 7)
        var history = History.random(using: &numbers, size: 0)
        let store = MemoryStore()
        let repository = try History.makeRepository(in: store)
        history.conversations = [
            Conversation(id: ConversationID("c"), title: "chat", kind: .direct, app: "test")
        ]
        history.backups = ["old", "new"].enumerated().map { index, text in
            let message = Message(id: MessageID("1"), time: Timestamp(seconds: 1_630_738_800), text: text)
            return History.Backup(
                time: Timestamp(seconds: 1_640_000_000 + Int64(index)),
                rows: [History.Row(conversation: ConversationID("c"), message: message)], files: [])
        }
        let snapshots = try history.store(in: repository)
        let tree = try FolderTree(
            repository: History.openRepository(in: store), root: .snapshot(try #require(snapshots.last)), zone: .utc,
            owner: (uid: 5, gid: 7))
        for (number, wording) in ["earlier", "later"].enumerated() {
            let path = "conversations/chat/2021-09/2021-09-04_07-00-00-0\(number + 1).txt"
            let values = try tree.extendedAttributes(of: tree.find(path).inode, waiting: FolderWalk.patient)
            #expect(values.filter { $0.name == "user.chatark.wording" }.map(\.value) == [Array(wording.utf8)])
        }
    }

    @Test("a file's number is the same in every snapshot that has its segment")
    func sharedNumbers() throws {
        let chats = try StoredChats(backups: 2)
        let tree = try chats.tree()
        let months = try ["2021-12-20", "2021-12-21"].map { day in
            try tree.find("snapshots/\(day)_11-33-20/conversations/chat/2021-09/2021-09-30_12-00-00_李雷.jpg").inode
        }
        #expect(months[0] == months[1])
        let media = try tree.find("snapshots/2021-12-20_11-33-20/media/chat/2021-09/2021-09-30_12-00-00_李雷.jpg").inode
        #expect(media == months[0])
    }

    @Test("the tree counts what its snapshots say they hold")
    func totals() throws {
        let chats = try StoredChats(backups: 2)
        #expect(try chats.tree().totals.files == 0)
    }
}
