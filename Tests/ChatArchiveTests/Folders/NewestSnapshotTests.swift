import ChatModel
import ResticRepository
import Storage
import Testing

@testable import ChatArchive

/// What `latest` and a date mean.
struct NewestSnapshotTests {
    private func snapshot(_ seconds: Int64, by program: String) -> StoredSnapshot {
        let id = SnapshotID(SHA256Digest(hashing: Array("\(seconds)".utf8)))
        let tree = TreeID(SHA256Digest(hashing: []))
        return StoredSnapshot(
            id: id,
            snapshot: Snapshot(
                time: GoTime(seconds: seconds), tree: tree, paths: ["/a"], hostname: "h", programVersion: program))
    }

    @Test("a snapshot of chats comes before those of other programs, one of the past before one of the future")
    func newest() {
        let (old, chats, files) = (
            snapshot(1_600_000_000, by: "chatark 1"), snapshot(1_600_000_100, by: "chatark 1"),
            snapshot(1_600_000_200, by: "restic 0.14")
        )
        let future = snapshot(40_000_000_000, by: "chatark 1")
        let all = [old, chats, files, future]
        #expect(all.newest(ofChats: true) == chats)
        #expect(all.newest(ofChats: false) == files)
        #expect([files, future].newest(ofChats: true) == future)
        #expect([future].newest(ofChats: false) == future)
        #expect([files].newest(ofChats: true) == files)
        #expect([StoredSnapshot]().newest(ofChats: true) == nil)
        let moment = Timestamp(milliseconds: 1_600_000_250_000)
        #expect(all.newest(notAfter: moment, ofChats: true) == chats)
        #expect(all.newest(notAfter: moment, ofChats: false) == files)
        #expect(all.newest(notAfter: Timestamp(milliseconds: 1_600_000_050_000), ofChats: true) == old)
        #expect(all.newest(notAfter: Timestamp(milliseconds: 1), ofChats: true) == nil)
        #expect([files].newest(notAfter: moment, ofChats: true) == files)
    }
}
