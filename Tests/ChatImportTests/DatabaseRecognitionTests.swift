import ChatImport
import Testing

struct DatabaseRecognitionTests {
    @Test func `databases and their logs are known by their first bytes, whatever they are called`() {
        #expect(isDatabase(name: "0a1b2c".utf8, head: Array("SQLite format 3\0".utf8)))
        #expect(isDatabase(name: "0a1b2c".utf8, head: [0x37, 0x7F, 0x06, 0x82, 0, 0x2D, 0xE2, 0x18]))
        #expect(isDatabase(name: "0a1b2c".utf8, head: [0x37, 0x7F, 0x06, 0x83, 0, 0x2D, 0xE2, 0x18]))
        #expect(!isDatabase(name: "0a1b2c".utf8, head: Array("SQLite format 4\0".utf8)))
        #expect(!isDatabase(name: "0a1b2c".utf8, head: []))
    }

    @Test(arguments: ["EnMicroMsg.db", "message_0.db", "MM.sqlite", "MSG0.db-wal", "MM.sqlite-wal"])
    func `encrypted databases are known by their names`(name: String) {
        #expect(isDatabase(name: name.utf8, head: [1, 2, 3]))
    }

    @Test(arguments: ["picture.jpg", "db", ".db", "a.db.txt", "a.sqlite-shm", ""])
    func `other files are no databases`(name: String) {
        #expect(!isDatabase(name: name.utf8, head: [1, 2, 3]))
    }
}
