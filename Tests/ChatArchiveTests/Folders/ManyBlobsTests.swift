import ChatArchive
import ChatHistories
import ChatModel
import ResticRepository
import SeededRandom
import Testing

/// Files under `original/` that are cut into many small blobs, as databases are.
struct ManyBlobsTests {
    private static let piece = 4096

    private static func stored(_ bytes: [UInt8]) throws -> (StoredChats, FolderTree) {
        let chats = try StoredChats()
        let writer = try chats.repository.makeWriter()
        var file = Node(
            name: Array("a.db".utf8), kind: .file, mode: FileMode(unixMode: 0o100640),
            modified: GoTime(seconds: 1_600_000_000, nanoseconds: 0))
        file.content = try stride(from: 0, to: bytes.count, by: piece).map { start in
            try writer.save(Array(bytes[start..<min(bytes.count, start + piece)]), .data, group: .media)
        }
        file.size = UInt64(bytes.count)
        let root = try writer.saveTree(Tree([file]))
        _ = try writer.finish()
        let snapshot = try History.save(root, at: Timestamp(milliseconds: 1000), in: chats.repository)
        return (chats, try chats.tree(.snapshot(snapshot)))
    }

    @Test func `every range of a file of many blobs reads as the file does`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var numbers = SeededGenerator(seed: seed)
        let bytes = numbers.bytes(100 * Self.piece + 77)
        let (_, tree) = try Self.stored(bytes)
        let file = try tree.find("a.db")
        #expect(file.size == UInt64(bytes.count))
        for _ in 0..<200 {
            let start = Int.random(in: 0...bytes.count, using: &numbers)
            let count = Int.random(in: 0...20 * Self.piece, using: &numbers)
            var read: [UInt8] = []
            try tree.read(file.inode, offset: UInt64(start), count: count, waiting: FolderWalk.patient) {
                read += Array($0)
            }
            #expect(read == Array(bytes[start..<min(bytes.count, start + count)]), "seed \(seed)")
        }
    }

    @Test func `neighbouring blobs come with one request`() throws {
        var numbers = SeededGenerator(seed: 9)
        let bytes = numbers.bytes(64 * Self.piece)
        let (chats, tree) = try Self.stored(bytes)
        let file = try tree.find("a.db")
        let before = chats.store.reads
        #expect(try tree.content(of: file.inode) == bytes)
        #expect(chats.store.reads - before == 1)
    }
}
