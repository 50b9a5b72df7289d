import ChatArchive
import ChatHistories
import ChatModel
import Dispatch
import Glibc
import ResticRepository
import SeededRandom
import Storage
import Synchronization
import Testing

/// What a tree reads from storage, when, for whom, and how often.
struct FolderTreeReadsTests {
    private static let picture = "snapshots/2021-12-20_11-33-20/conversations/chat/2021-09/2021-09-30_12-00-00_李雷.jpg"

    private func isMustWait(_ error: any Error) -> Bool {
        if case FolderTreeError.mustWait = error { true } else { false }
    }

    @Test("who must not wait never reaches storage, and gets what others have loaded")
    func neverWaiting() throws {
        let chats = try StoredChats()
        let warm = try chats.tree()
        let walk = FolderWalk(warm, numbers: SeededGenerator(seed: 1))
        #expect(walk.problems == [])
        let cold = try chats.tree()
        for step in ["cold", "warm"] {
            let tree = step == "cold" ? cold : warm
            let before = chats.store.reads
            var refusals = 0
            for inode in walk.inodes.values {
                for body in [
                    { _ = try tree.attributes(of: inode, waiting: .never) },
                    { _ = try tree.look(Array("chat".utf8), in: inode, waiting: .never) },
                    { _ = try tree.names(in: inode, waiting: .never) },
                    { _ = try tree.content(of: inode, waiting: .never) },
                    { _ = try tree.target(of: inode, waiting: .never) },
                    { _ = try tree.extendedAttributes(of: inode, waiting: .never) },
                ] as [() throws -> Void] {
                    do { try body() } catch  where isMustWait(error) { refusals += 1 } catch {}
                }
            }
            #expect(chats.store.reads == before, "\(step)")
            #expect(step == "cold" ? refusals > 0 : refusals == 0, "\(step)")
        }
    }

    @Test("a folder of transcripts is listed without reading a month, and with the sizes of those that were read")
    func transcriptsAreListedLazily() throws {
        let chats = try StoredChats()
        let tree = try chats.tree(.snapshot(chats.snapshots[0]))
        let folder = try tree.find("transcripts/chat").inode
        func sizes() throws -> [String: String] {
            var sizes: [String: String] = [:]
            try tree.list(folder, from: 2, waiting: .until(.now + .seconds(60))) { name, attributes, _ in
                #expect(attributes.kind == .file && attributes.permissions == 0o644)
                sizes[String(decoding: name, as: UTF8.self)] = attributes.isComplete ? "\(attributes.size)" : "?"
                return true
            }
            return sizes
        }
        _ = try sizes()
        let before = chats.store.reads
        #expect(try sizes() == ["2021-09.txt": "?", "2021-10.txt": "?"])
        #expect(chats.store.reads == before)
        let text = try tree.content(of: tree.find("transcripts/chat/2021-10.txt").inode)
        #expect(!text.isEmpty)
        #expect(try sizes() == ["2021-09.txt": "?", "2021-10.txt": "\(text.count)"])
    }

    @Test("of the files of a listed month it is known which are texts")
    func textsAreToldFromMedia() throws {
        let chats = try StoredChats()
        let tree = try chats.tree(.snapshot(chats.snapshots[0]))
        let month = try tree.find("conversations/chat/2021-09").inode
        let names = try tree.names(in: month)
        let listing = try #require(tree.listing(of: month))
        #expect(listing.count == names.count && names.contains { !$0.hasSuffix(".txt") })
        for (index, name) in names.enumerated() {
            let file = try #require(tree.file(at: index, in: listing.listing))
            // A medium that the source lacks is a text about it, and is made as media are.
            #expect(file.isText == (name.hasSuffix(".txt") && !name.hasSuffix(".missing.txt")), "\(name)")
        }
    }

    @Test("a listing needs three small reads, and a message its segment only")
    func laziness() throws {
        let chats = try StoredChats()
        let tree = try chats.tree(.snapshot(chats.snapshots[0]))
        var reads = chats.store.reads
        func cost(_ body: () throws -> Void) rethrows -> Int {
            reads = chats.store.reads
            try body()
            return chats.store.reads - reads
        }
        // Two trees to see that it is ours, its manifest, people and conversations, and the archive's tree again.
        #expect(try cost { _ = try tree.names(in: tree.find("conversations").inode) } <= 6)
        // The folder's way through two trees, and its months.
        #expect(try cost { _ = try tree.names(in: tree.find("conversations/chat").inode) } <= 3)
        #expect(try cost { _ = try tree.names(in: tree.find("conversations/chat/2021-09").inode) } == 1)
        #expect(
            try cost {
                _ = try tree.content(of: tree.find("conversations/chat/2021-09/2021-09-30_09-00-00_张伟.txt").inode)
            } == 0)
    }

    @Test("storage that fails is an error, not an absence, and is asked again")
    func failures() throws {
        let chats = try StoredChats()
        let tree = try chats.tree()
        chats.store.setFault { name throws(StorageError) in throw .unreachable(.object(name), .read, location: "memory")
        }
        #expect {
            _ = try tree.find(Self.picture)
        } throws: { error in
            if case FolderTreeError.repository(.storage(.unreachable)) = error { true } else { false }
        }
        chats.store.setFault(nil)
        #expect(try tree.content(of: tree.find(Self.picture).inode) == chats.history.contents["one.jpg"])
    }

    @Test("many readers of one file make storage read it once")
    func singleFlight() throws {
        let chats = try StoredChats()
        let tree = try chats.tree()
        let file = try tree.find(Self.picture)
        let before = chats.store.reads
        chats.store.setFault { _ throws(StorageError) in usleep(20_000) }
        let results = Mutex<[[UInt8]]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            let bytes = try? tree.content(of: file.inode)
            results.withLock { $0.append(bytes ?? []) }
        }
        let expected = try #require(chats.history.contents["one.jpg"])
        #expect(results.withLock { $0 } == Array(repeating: expected, count: 8))
        // Seven blobs, two trees of the media folder.
        #expect(chats.store.reads - before <= 9)
    }

    @Test("what many threads see at once in too little memory is what one sees")
    func threads() throws {
        let chats = try StoredChats(backups: 2)
        let expected = FolderWalk(try chats.tree(), numbers: SeededGenerator(seed: 1)).shown
        for limit in [0, 5000, 1 << 24] {
            let tree = try chats.tree(memoryLimit: limit)
            let outcomes = Mutex<[Bool]>([])
            DispatchQueue.concurrentPerform(iterations: 4) { index in
                let walk = FolderWalk(tree, numbers: SeededGenerator(seed: UInt64(index)))
                outcomes.withLock { $0.append(walk.problems.isEmpty && walk.shown == expected) }
            }
            #expect(outcomes.withLock { $0 } == [true, true, true, true], "limit \(limit)")
        }
    }
}
