import ChatHistories
import ChatModel
import ResticRepository
import SeededRandom
import Storage
import Testing

@testable import ChatArchive

/// Pictures that are stored in disguise, from their backup to what the folders show.
struct DecodedMediaTests {
    private static let moment = Timestamp(rfc3339: "2021-09-04T15:03:55Z") ?? Timestamp(milliseconds: 0)

    private func message(_ number: Int, _ attachment: ChatModel.Attachment, kind: Message.Kind = .image) -> Message {
        Message(
            id: MessageID("\(number)"), time: Timestamp(milliseconds: Self.moment.milliseconds + Int64(number) * 1000),
            sender: PersonID("p"), kind: kind, attachments: [attachment])
    }

    private func given(_ messages: [Message], _ people: [Person] = []) -> [Bench.Given] {
        [.init(exports: [messages.map { ($0, "c") }], people: people)]
    }

    private func tree(_ bench: Bench, _ snapshot: SnapshotID) throws -> FolderTree {
        try FolderTree(repository: bench.repository, root: .snapshot(snapshot), zone: .utc, owner: (0, 0))
    }

    private func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    /// Reads as the kernel does, in pieces.
    private func content(_ tree: FolderTree, _ file: FileAttributes, piece: Int = 131_072) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < file.size {
            var more: [UInt8] = []
            try tree.read(file.inode, offset: UInt64(bytes.count), count: piece, waiting: FolderWalk.patient) {
                more = Array($0)
            }
            guard !more.isEmpty else { break }
            bytes += more
        }
        return bytes
    }

    @Test("a disguised picture is stored once as it is, and shown decoded, with its size, in both views")
    func shown() throws {
        let bench = try Bench()
        for count in [3000, 5_000_000] {
            let original = bytes(count, seed: UInt64(count))
            let stored = original.map { $0 ^ 0x5A }
            try bench.addFile("\(count).dat", stored)
            let decoding = try #require(ContentDecoding(text: "copy:0:0 xor:90:10:\(count - 10)"))
            let attachment = ChatModel.Attachment(
                name: "", mediaType: "image/png", content: .file(path: "\(count).dat"), decoding: decoding)
            let (archive, _) = try bench.backUp(given([message(1, attachment)]), at: 1000)
            let resolved = try #require(try archive.allLines(of: "c").first?.message.attachments.first)
            let digest = SHA256Digest(hashing: stored).hex
            #expect(resolved.content == .stored(sha256: digest, size: Int64(count)))
            #expect(resolved.decoding == decoding)
            let node = try #require(try archive.mediaNode(sha256: digest))
            #expect(String(decoding: node.name, as: UTF8.self) == "\(digest).dat")
            #expect(node.content == bench.files.files["\(count).dat"]?.blobs, "no content is stored twice")
            let tree = try tree(bench, bench.saveSnapshot(archive, at: 1000))
            for view in ["conversations", "media"] {
                let file = try tree.find("\(view)/c/2021-09/2021-09-04_15-03-56_p.png")
                #expect(file.size == UInt64(count - 10))
                #expect(try content(tree, file) == Array(original[10...]))
                #expect(try content(tree, file, piece: count / 7 + 1) == Array(original[10...]))
            }
            let transcript = try content(tree, tree.find("transcripts/c/2021-09.txt"))
            #expect(String(decoding: transcript, as: UTF8.self).contains(count == 3000 ? "2,990 bytes" : "4,999,990"))
        }
    }

    @Test("the same content decoded, otherwise decoded and as it is has a number each, the same in every snapshot")
    func inodes() throws {
        let bench = try Bench()
        try bench.addFile("a.dat", bytes(100, seed: 1))
        let messages = [nil, "xor:1:0:100", "xor:2:0:100"].enumerated().map { number, text in
            message(
                number,
                ChatModel.Attachment(
                    name: "a.jpg", content: .file(path: "a.dat"), decoding: text.flatMap { ContentDecoding(text: $0) }))
        }
        var shown: [[InodeNumber]] = []
        let first = try bench.backUp(given(messages), at: 1000).archive
        let second = try bench.backUp(given(messages), continuing: [first], at: 2000).archive
        let ids = try [bench.saveSnapshot(first, at: 1000), bench.saveSnapshot(second, at: 2000)]
        let tree = try FolderTree(repository: bench.repository, root: .allSnapshots, zone: .utc, owner: (0, 0))
        #expect(ids.count == 2)
        for snapshot in try tree.names(in: tree.find("snapshots").inode) {
            shown.append(
                try (55...57).map {
                    try tree.find("snapshots/\(snapshot)/conversations/c/2021-09/2021-09-04_15-03-\($0)_p.jpg").inode
                })
        }
        #expect(shown.count == 2)
        #expect(shown[0] == shown[1])
        #expect(Set(shown[0]).count == 3)
    }

    @Test("a decoding that reaches beyond its file makes the picture a missing one, with the reason")
    func tooShort() throws {
        let bench = try Bench()
        try bench.addFile("a.dat", bytes(99, seed: 1))
        let attachment = ChatModel.Attachment(
            name: "a.jpg", content: .file(path: "a.dat"), decoding: ContentDecoding(text: "xor:1:0:100"))
        let (archive, account) = try bench.backUp(given([message(1, attachment)]), at: 1000)
        #expect(account.attachmentsMissing.values.reduce(0, +) == 1)
        let tree = try tree(bench, bench.saveSnapshot(archive, at: 1000))
        let file = try tree.find("conversations/c/2021-09/2021-09-04_15-03-56_p_a.jpg.missing.txt")
        #expect(String(decoding: try content(tree, file), as: UTF8.self).contains("shorter"))
    }

    @Test("a segment that says more of a file than is stored gives an error when it is read")
    func hostile() throws {
        let bench = try Bench()
        try bench.addFile("a.dat", bytes(100, seed: 1))
        let attachment = ChatModel.Attachment(name: "a.jpg", content: .file(path: "a.dat"))
        let (archive, _) = try bench.backUp(given([message(1, attachment)]), at: 1000)
        let digest = SHA256Digest(hashing: bytes(100, seed: 1)).hex
        let lying = ChatModel.Attachment(
            name: "a.jpg", content: .stored(sha256: digest, size: 1 << 40),
            decoding: ContentDecoding(text: "xor:1:0:\(1 << 40)"))
        let tree = try tree(bench, bench.saveSnapshot(archive, at: 1000))
        let node = try tree.mediaFile(digest, in: [], FolderWalk.patient)
        let decoding = try #require(lying.decoding)
        for offset in [0, 50, 99, 100, 1 << 39] as [UInt64] {
            #expect(throws: FolderTreeError.self) {
                try tree.read(node, decoding: decoding, digest, offset, 4096, FolderWalk.patient) { _ in }
            }
        }
    }

    @Test("bytes from inside of a database are stored under their digest, once")
    func contained() throws {
        let bench = try Bench()
        let voice = bytes(2000, seed: 3)
        let messages = (1...3).map {
            message(
                $0, ChatModel.Attachment(name: "", mediaType: "audio/silk", content: .contained(voice)), kind: .voice)
        }
        let (archive, account) = try bench.backUp(given(messages), at: 1000, bucketLimit: 100)
        #expect(account.attachmentsStored == 1)
        let content = try archive.allLines(of: "c").flatMap(\.message.attachments).map(\.content)
        #expect(content == Array(repeating: .stored(sha256: SHA256Digest(hashing: voice).hex, size: 2000), count: 3))
        let tree = try tree(bench, bench.saveSnapshot(archive, at: 1000))
        let file = try tree.find("conversations/c/2021-09/2021-09-04_15-03-57_p.silk")
        #expect(try self.content(tree, file) == voice)
        let again = try bench.backUp(given(messages), continuing: [archive], at: 2000)
        #expect(again.archive.tree == archive.tree, "nothing new is stored")
    }

    @Test("a thumbnail says so in its name, and gives way to the picture when that comes")
    func thumbnail() throws {
        let bench = try Bench()
        try bench.addFile("small.jpg", [1])
        try bench.addFile("large.png", [2, 2])
        let small = ChatModel.Attachment(
            name: "", mediaType: "image/jpeg", content: .file(path: "small.jpg"), isThumbnail: true)
        let large = ChatModel.Attachment(name: "", mediaType: "image/png", content: .file(path: "large.png"))
        let named = ChatModel.Attachment(
            name: "trip.mp4", content: .file(path: "small.jpg"), isThumbnail: true)
        let first = try bench.backUp(
            given([message(1, small), message(2, small, kind: .video), message(3, named, kind: .file)]), at: 1000
        ).archive
        let folder = "conversations/c/2021-09"
        var tree = try tree(bench, bench.saveSnapshot(first, at: 1000))
        #expect(
            try tree.names(in: tree.find(folder).inode) == [
                "2021-09-04_15-03-56_p_thumbnail.jpg", "2021-09-04_15-03-57_p_thumbnail.jpg",
                "2021-09-04_15-03-58_p_trip.mp4_thumbnail.jpg",
            ])
        let (second, account) = try bench.backUp(
            given([message(1, large), message(2, small, kind: .video), message(3, named, kind: .file)]),
            continuing: [first], at: 2000)
        #expect(account.stored == 0 && account.edited == 0)
        tree = try self.tree(bench, bench.saveSnapshot(second, at: 2000))
        #expect(try content(tree, tree.find("\(folder)/2021-09-04_15-03-56_p.png")) == [2, 2])
        // The other way round, the picture stays.
        let third = try bench.backUp(
            given([message(1, small), message(2, small, kind: .video), message(3, named, kind: .file)]),
            continuing: [second], at: 3000
        ).archive
        tree = try self.tree(bench, bench.saveSnapshot(third, at: 3000))
        #expect(try content(tree, tree.find("\(folder)/2021-09-04_15-03-56_p.png")) == [2, 2])
    }

    @Test("a picture that could not be decoded is, once a later backup knows how; it is no edit")
    func decodedLater() throws {
        let bench = try Bench()
        try bench.addFile("a.dat", [1, 2, 3])
        var attachment = ChatModel.Attachment(name: "a.jpg", content: .file(path: "a.dat"))
        let first = try bench.backUp(given([message(1, attachment)]), at: 1000).archive
        attachment.decoding = ContentDecoding(text: "xor:1:0:3")
        let (second, account) = try bench.backUp(given([message(1, attachment)]), continuing: [first], at: 2000)
        #expect(account.edited == 0 && account.stored == 0)
        let tree = try tree(bench, bench.saveSnapshot(second, at: 2000))
        let file = try tree.find("conversations/c/2021-09/2021-09-04_15-03-56_p.jpg")
        #expect(try content(tree, file) == [0, 3, 2])
    }
}
