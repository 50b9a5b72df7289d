import CSQLite
import Foundation
import SQLite
import Testing

struct DatabaseTests {
    private func table() throws -> Database {
        let database = try Database(path: ":memory:", mode: .readWrite)
        try database.execute("CREATE TABLE t(a, b); CREATE UNIQUE INDEX i ON t(a)")
        return database
    }

    @Test("what is bound comes back with its type")
    func roundTrip() throws {
        let database = try Database(path: ":memory:", mode: .readWrite)
        let statement = try database.prepare("SELECT ?, ?, ?, ?, ?, ?, ?, ?")
        try statement.bind(Int64.min, at: 1)
        try statement.bind(-0.5, at: 2)
        try statement.bind("张伟\0x", at: 3)
        try statement.bind([0, 255] as [UInt8], at: 4)
        try statement.bindNull(at: 5)
        try statement.bind("", at: 6)
        try statement.bind([] as [UInt8], at: 7)
        try statement.bind(nil as String?, at: 8)
        #expect(try statement.step())
        #expect(statement.columnCount == 8)
        #expect((0..<8).map { statement.type($0) } == [.integer, .real, .text, .bytes, .null, .text, .bytes, .null])
        #expect(statement.int64(0) == .min)
        #expect(statement.double(1) == -0.5)
        #expect(statement.text(2) == "张伟\0x")
        #expect(statement.bytes(3) == [0, 255])
        #expect(statement.withBytes(2) { $0.count } == 8)
        #expect(statement.text(4) == nil && statement.bytes(4) == nil && statement.isNull(4))
        #expect(statement.text(5) == "")
        #expect(statement.bytes(6) == [])
        #expect(statement.isNull(99) && statement.text(99) == nil)
        #expect(try !statement.step())
    }

    @Test("text that is not UTF-8 is repaired, and its bytes are still there")
    func invalidText() throws {
        let database = try Database(path: ":memory:", mode: .readWrite)
        let statement = try database.prepare("SELECT CAST(x'41FF42E5BC' AS TEXT)")
        #expect(try statement.step())
        #expect(statement.bytes(0) == [0x41, 0xFF, 0x42, 0xE5, 0xBC])
        #expect(statement.text(0) == "A\u{FFFD}B\u{FFFD}")
    }

    @Test("the bytes of a text are UTF-8 whatever the database's encoding")
    func otherEncoding() throws {
        let database = try Database(path: ":memory:", mode: .readWrite)
        try database.execute("PRAGMA encoding = 'UTF-16be'; CREATE TABLE t(a); INSERT INTO t VALUES ('é')")
        let statement = try database.prepare("SELECT a FROM t")
        #expect(try statement.step())
        #expect(statement.bytes(0) == [0xC3, 0xA9])
    }

    @Test("a statement runs again after a reset")
    func again() throws {
        let database = try table()
        let insert = try database.prepare("INSERT INTO t VALUES (?, ?)")
        for number in 1...3 {
            try insert.bind(number, at: 1)
            try insert.run()
        }
        #expect(database.changes == 1 && database.lastInsertedRow == 3)
        let sum = try database.prepare("SELECT sum(a) AS total FROM t WHERE b IS NULL")
        #expect(try sum.step())
        #expect(sum.int64(0) == 6 && sum.columnName(0) == "total")
    }

    @Test("a transaction that throws leaves nothing behind")
    func rollback() throws {
        struct Stop: Error {}
        let database = try table()
        try database.transaction { try database.execute("INSERT INTO t VALUES (1, 1)") }
        #expect(throws: Stop.self) {
            try database.transaction {
                try database.execute("INSERT INTO t VALUES (2, 2)")
                throw Stop()
            }
        }
        #expect(throws: SQLiteError.self) {
            try database.transaction { try database.execute("INSERT INTO t VALUES (1, 3)") }
        }
        try database.transaction { try database.execute("INSERT INTO t VALUES (4, 4)") }
        let rows = try database.prepare("SELECT group_concat(a) FROM t")
        #expect(try rows.step())
        #expect(rows.text(0) == "1,4")
    }

    @Test("errors have SQLite's codes and no content")
    func errors() throws {
        let database = try table()
        try database.execute("INSERT INTO t VALUES ('secret', 1)")
        let insert = try database.prepare("INSERT INTO t VALUES ('secret', 2)")
        let error = try #require(throws: SQLiteError.self) { try insert.run() }
        #expect(error.code == SQLITE_CONSTRAINT && error.extendedCode == SQLITE_CONSTRAINT | 8 << 8)
        #expect(error.kind == .constraint && error.operation == .step)
        #expect(!error.description.contains("secret"))
        let wrong = try #require(throws: SQLiteError.self) { _ = try database.prepare("SELECT secret FROM nowhere") }
        #expect(wrong.operation == .prepare && wrong.kind == .other && !wrong.description.contains("nowhere"))
        #expect(throws: SQLiteError(.prepare, extendedCode: SQLITE_MISUSE)) { try database.prepare(" -- nothing") }
        #expect(throws: SQLiteError(.bind, extendedCode: SQLITE_RANGE)) { try insert.bind(1, at: 1) }
    }

    @Test("a database that may only be read is not made and not changed")
    func readOnly() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/chatark-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/a.db"
        #expect(throws: SQLiteError.self) { try Database(path: path, mode: .readOnly) }
        #expect(!FileManager.default.fileExists(atPath: path))
        try Database(path: path, mode: .readWrite).execute("CREATE TABLE t(a)")
        let database = try Database(path: path, mode: .readOnly)
        let error = try #require(throws: SQLiteError.self) { try database.execute("INSERT INTO t VALUES (1)") }
        #expect(error.kind == .forbidden)
    }

    @Test("a locked database is busy, at once or after the time-out")
    func busy() throws {
        let path = FileManager.default.temporaryDirectory.path + "/chatark-\(UUID().uuidString).db"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let first = try Database(path: path, mode: .readWrite)
        let second = try Database(path: path, mode: .readWrite)
        try first.execute("CREATE TABLE t(a); BEGIN IMMEDIATE")
        #expect(try #require(throws: SQLiteError.self) { try second.execute("BEGIN IMMEDIATE") }.kind == .busy)
        second.busyTimeout = 20
        #expect(try #require(throws: SQLiteError.self) { try second.execute("BEGIN IMMEDIATE") }.kind == .busy)
        try first.execute("COMMIT")
        try second.execute("BEGIN IMMEDIATE; COMMIT")
    }

    @Test("a file that is no database is damaged")
    func noDatabase() throws {
        let path = FileManager.default.temporaryDirectory.path + "/chatark-\(UUID().uuidString).db"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(repeating: 0x41, count: 4096).write(to: URL(fileURLWithPath: path))
        let database = try Database(path: path, mode: .readOnly)
        let error = try #require(throws: SQLiteError.self) { _ = try database.prepare("SELECT * FROM t") }
        #expect(error.kind == .damaged)
    }
}
