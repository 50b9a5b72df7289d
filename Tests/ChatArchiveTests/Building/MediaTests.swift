import ChatModel
import ResticRepository
import SeededRandom
import Storage
import Testing

@testable import ChatArchive

struct MediaTests {
    private func given(_ messages: [Message]) -> [Bench.Given] { [.init(exports: [messages.map { ($0, "c") }])] }

    private func content(_ archive: Archive, _ attachment: ChatModel.Attachment) throws -> [UInt8]? {
        guard case .stored(let sha256, _) = attachment.content, let node = try archive.mediaNode(sha256: sha256) else {
            return nil
        }
        return try archive.repository.content(of: node)
    }

    @Test("an attachment is stored under its digest, pointing at the blobs of the source's own file")
    func stored() throws {
        let bench = try Bench()
        try bench.addFile("photo.jpg", [1, 2, 3])
        let (archive, account) = try bench.backUp(given([picture(.file(path: "photo.jpg"))]), at: 1000)
        let attachment = try #require(try archive.allLines(of: "c").first?.message.attachments.first)
        let digest = SHA256Digest(hashing: [1, 2, 3]).hex
        #expect(attachment.content == .stored(sha256: digest, size: 3))
        let node = try #require(try archive.mediaNode(sha256: digest))
        #expect(String(decoding: node.name, as: UTF8.self) == "\(digest).jpg")
        #expect(node.content == bench.files.files["photo.jpg"]?.blobs)
        #expect(account.attachmentsStored == 1)
    }

    @Test("an attachment of many chunks, an empty one and one inside of a container are all there")
    func shapes() throws {
        let bench = try Bench()
        var random = SeededGenerator(seed: 1)
        let large = (0..<9_000_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        try bench.addFile("large.mp4", large)
        try bench.addFile("empty.txt", [])
        bench.files.entries["inside.jpg"] = [9, 9]
        let messages = [
            picture(.file(path: "large.mp4"), id: "1", name: "large.mp4"),
            picture(.file(path: "empty.txt"), id: "2", name: "empty.txt"),
            picture(.entry(container: "chat.zip", name: "inside.jpg"), id: "3"),
        ]
        let (archive, account) = try bench.backUp(given(messages), at: 1000)
        let attachments = try archive.allLines(of: "c").flatMap(\.message.attachments)
        #expect((bench.files.files["large.mp4"]?.blobs.count ?? 0) > 1)
        #expect(try content(archive, attachments[0]) == large)
        #expect(try content(archive, attachments[1]) == [])
        #expect(try content(archive, attachments[2]) == [9, 9])
        #expect(account.attachmentsStored == 3 && account.attachmentsMissing.isEmpty)
    }

    @Test("what the source does not have is missing, counted by its reason, and the message stays")
    func missing() throws {
        let bench = try Bench()
        let messages = [
            picture(.file(path: "absent.jpg"), id: "1"), picture(.entry(container: "", name: "absent.jpg"), id: "2"),
            picture(.missing(reason: "not exported"), id: "3"),
            picture(.stored(sha256: String(repeating: "f", count: 64), size: 5), id: "4"),
        ]
        let (archive, account) = try bench.backUp(given(messages), at: 1000)
        #expect(try archive.allLines(of: "c").count == 4)
        #expect(account.attachmentsMissing == ["not exported": 1, "the export does not contain the file": 3])
        #expect(account.attachmentsStored == 0)
    }

    @Test("a file that left the source stays in the archive, and its message is not edited")
    func fileLeaves() throws {
        let bench = try Bench()
        try bench.addFile("photo.jpg", [1, 2, 3])
        let messages = [picture(.file(path: "photo.jpg"))]
        let (first, _) = try bench.backUp(given(messages), at: 1000)
        bench.files.files = [:]
        let (second, account) = try bench.backUp(given(messages), continuing: [first], at: 2000)
        #expect(try second.allLines(of: "c") == first.allLines(of: "c"))
        #expect(account.edited == 0 && account.stored == 0 && account.nowGone == 0)
        let (third, _) = try bench.backUp(given([]), continuing: [second], at: 3000)
        let attachment = try #require(try third.allLines(of: "c").first?.message.attachments.first)
        #expect(try content(third, attachment) == [1, 2, 3])
    }

    @Test("a file that comes later completes its message")
    func fileComes() throws {
        let bench = try Bench()
        let messages = [picture(.file(path: "photo.jpg"))]
        let (first, _) = try bench.backUp(given(messages), at: 1000)
        try bench.addFile("photo.jpg", [1])
        let (second, account) = try bench.backUp(given(messages), continuing: [first], at: 2000)
        let lines = try second.allLines(of: "c")
        #expect(lines.count == 1)
        #expect(try content(second, try #require(lines.first?.message.attachments.first)) == [1])
        #expect(account.edited == 0 && account.attachmentsStored == 1)
    }

    @Test("only the fan-out folders that get something new are written anew")
    func fanOut() throws {
        let bench = try Bench()
        for number in 0..<40 { try bench.addFile("\(number).jpg", [UInt8(number)]) }
        let messages = (0..<40).map { picture(.file(path: "\($0).jpg"), id: "\($0)") }
        let (first, _) = try bench.backUp(given(Array(messages.dropLast())), at: 1000)
        let (second, _) = try bench.backUp(given(messages), continuing: [first], at: 2000)
        let folders = try [first, second].map { archive in
            try #require(try archive.subtree(of: archive.root, named: ArchiveLayout.media)).nodes
        }
        let changed = folders[1].filter { !folders[0].contains($0) }
        #expect(
            changed.map { String(decoding: $0.name, as: UTF8.self) } == [
                String(SHA256Digest(hashing: [39]).hex.prefix(2))
            ])
    }

    @Test("a segment that is fed back keeps the files that the archive has")
    func fedBack() throws {
        let bench = try Bench()
        try bench.addFile("photo.jpg", [1, 2, 3])
        let (first, _) = try bench.backUp(given([picture(.file(path: "photo.jpg"))]), at: 1000)
        let line = try #require(try first.allLines(of: "c").first)
        let (second, account) = try bench.backUp(
            [.init(source: Bench.phone, exports: [[(line.message, "c")]])], continuing: [first], at: 2000)
        #expect(try second.allLines(of: "c") == [MessageLine(line.message, sources: [0, 1])])
        #expect(account.attachmentsMissing.isEmpty)
    }
}
