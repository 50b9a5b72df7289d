import CSQLite
import Foundation
import SQLite
import Testing

/// Databases that are not trusted, in bytes that are no file.
struct GuardedDatabaseTests {
    private final class Bytes {
        var bytes: [UInt8]
        var reads = 0
        init(_ bytes: [UInt8]) { self.bytes = bytes }
    }

    private struct Broken: Error {}

    /// The bytes of a database with the tables that some SQL makes.
    private func bytes(_ sql: String) throws -> [UInt8] {
        let path = FileManager.default.temporaryDirectory.path + "/chatark-\(UUID().uuidString).db"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let database = try Database(path: path, mode: .readWrite)
        try database.execute(sql)
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private func file(_ bytes: [UInt8]) -> VirtualFile {
        VirtualFile(size: Int64(bytes.count)) { buffer, offset in
            buffer.copyBytes(from: bytes[Int(offset)..<Int(offset) + buffer.count])
        }
    }

    private let plenty = WorkLimit(steps: 1 << 40, pageVisits: 1 << 40)

    private func guarding(_ sql: String, _ limit: WorkLimit? = nil) throws -> Database {
        try Database(guarding: file(bytes(sql)), limit: limit ?? plenty)
    }

    /// A table of some hundred rows.
    private let rows = """
        CREATE TABLE t(a INTEGER PRIMARY KEY, b);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
        INSERT INTO t SELECT i, 'text ' || i FROM n;
        """

    @Test("rows are read from bytes that are no file, in several connections at once")
    func rowsOfBytes() throws {
        let first = try guarding(rows)
        let second = try guarding("CREATE TABLE t(a, b); INSERT INTO t VALUES (7, 'x')")
        let one = try first.prepare("SELECT sum(a), max(b) FROM t WHERE a > ?")
        let two = try second.prepare("SELECT a, b FROM t")
        try one.bind(498, at: 1)
        #expect(try one.step() && two.step())
        #expect(one.int64(0) == 999 && one.text(1) == "text 500" && two.int64(0) == 7)
    }

    @Test(
        "nothing but reading plain tables is possible",
        arguments: [
            "INSERT INTO t VALUES (1000, 1)", "CREATE TABLE u(a)", "CREATE TEMP TABLE u(a)", "DROP TABLE t",
            "ATTACH '/tmp/other.db' AS other", "PRAGMA writable_schema = ON", "PRAGMA journal_mode = WAL", "VACUUM",
            "SELECT * FROM v", "SELECT * FROM f", "SELECT count(*) FROM t", "SELECT randomblob(10)",
            "SELECT load_extension('x')", "SELECT * FROM pragma_table_info('t')", "SELECT * FROM json_each('[1]')",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT * FROM n",
            "SELECT readfile('/etc/passwd')", "SELECT fts3_tokenizer('x')", "BEGIN IMMEDIATE",
        ])
    func forbidden(sql: String) throws {
        let database = try guarding(
            rows + "CREATE VIEW v AS SELECT 1; CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f VALUES ('x')")
        #expect(throws: SQLiteError.self) { try database.prepare(sql).run() }
        let still = try database.prepare("SELECT length(b) FROM t WHERE a = 500")
        #expect(try still.step())
        #expect(still.int64(0) == 8)
    }

    @Test("a statement that does more than it may is interrupted, and the next is not")
    func work() throws {
        let database = try guarding(rows, WorkLimit(steps: 5000, pageVisits: 1 << 30))
        let product = try database.prepare("SELECT sum(x.a) FROM t AS x, t AS y, t AS z")
        #expect(try #require(throws: SQLiteError.self) { try product.run() }.kind == .interrupted)
        database.restartWork()
        let sum = try database.prepare("SELECT sum(a) FROM t")
        #expect(try sum.step())
        let visited = try guarding(rows, WorkLimit(steps: 1 << 30, pageVisits: 100))
        let again = try visited.prepare("SELECT sum(x.a) FROM t AS x, t AS y WHERE y.a = 501 - x.a")
        #expect(try #require(throws: SQLiteError.self) { try again.run() }.kind == .interrupted)
    }

    @Test("a value of a hundred million bytes is refused")
    func large() throws {
        let database = try guarding("CREATE TABLE t(a); INSERT INTO t VALUES (1), (zeroblob(100000000)), (3)")
        let statement = try database.prepare("SELECT a FROM t")
        #expect(try statement.step())
        #expect(try #require(throws: SQLiteError.self) { _ = try statement.step() }.kind == .tooBig)
    }

    @Test("what a read throws is kept, and the statement fails")
    func failingRead() throws {
        let bytes = try bytes(rows)
        let file = VirtualFile(size: Int64(bytes.count)) { buffer, offset in
            if offset >= 4096 { throw Broken() }
            buffer.copyBytes(from: bytes[Int(offset)..<Int(offset) + buffer.count])
        }
        let database = try Database(guarding: file, limit: plenty)
        let statement = try database.prepare("SELECT a FROM t")
        #expect(try #require(throws: SQLiteError.self) { _ = try statement.step() }.kind == .inputOutput)
        #expect(file.failure is Broken)
    }

    @Test("sorting is done in memory, without a file")
    func sorting() throws {
        let database = try guarding(rows)
        let statement = try database.prepare("SELECT b FROM t ORDER BY b DESC")
        #expect(try statement.step())
        #expect(statement.text(0) == "text 99")
    }
}
