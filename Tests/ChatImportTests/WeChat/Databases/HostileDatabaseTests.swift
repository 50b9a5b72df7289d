import Foundation
import SeededRandom
import Testing

@testable import ChatImport

/// Databases that were damaged, or made to do harm.
struct HostileDatabaseTests {
    private func sample(_ sql: String, in folder: TemporaryFolder) throws -> String {
        let path = folder.path + "/sample.db"
        try Programs.run("sqlite3", [path], input: sql)
        return path
    }

    /// Reads all plain tables; returns the rows that there were before a fault, and the fault.
    private func readAll(_ path: String) throws -> (rows: Int, fault: DatabaseFault?) {
        var rows = 0
        do {
            let database = try ForeignDatabase(path: path)
            for table in database.tables {
                guard let columns = try database.columns(of: table) else { continue }
                try database.rows(of: table, columns) { row in
                    for column in columns.indices { _ = (row.text(column), row.bytes(column)) }
                    rows += 1
                    return true
                }
            }
        } catch let fault as DatabaseFault {
            return (rows, fault)
        }
        return (rows, nil)
    }

    @Test("a database that was cut off anywhere is read up to there, or refused")
    func truncated() throws {
        let folder = try TemporaryFolder()
        let path = try sample("PRAGMA page_size = 1024;" + SampleDatabase.sql(), in: folder)
        let original = try Data(contentsOf: URL(fileURLWithPath: path))
        var generator = SeededGenerator.printed("a database that was cut off anywhere")
        var lengths = [0, 1, 15, 16, 99, 100, 511, 512, 1023, 1024, original.count - 1]
        for _ in 0..<40 { lengths.append(Int.random(in: 0..<original.count, using: &generator)) }
        for length in lengths {
            try original.prefix(length).writeAsOlder(to: path)
            let (rows, fault) = try readAll(path)
            let missing = DatabaseFault.missingPage(UInt32(length / 1024 + 1))
            switch length {
            case 0: #expect(fault == .empty)
            case ..<100: #expect(fault == .notADatabase)
            case ..<1024: #expect(fault == missing)
            default:
                // Pages of the index may be those that are missing.
                if case .missingPage(let page)? = fault {
                    #expect(Int(page) > length / 1024)
                } else {
                    #expect(fault == nil && rows == 401)
                }
            }
        }
    }

    @Test("a database with changed bytes is read, or refused with a reason")
    func changed() throws {
        let folder = try TemporaryFolder()
        let path = try sample("PRAGMA page_size = 512;" + SampleDatabase.sql(rows: 300), in: folder)
        let original = try Data(contentsOf: URL(fileURLWithPath: path))
        var generator = SeededGenerator.printed("a database with changed bytes")
        var faults = 0
        for round in 0..<150 {
            var changed = original
            for _ in 0...round % 8 {
                // The header and the heads of pages are where it hurts.
                let page = Int.random(in: 0..<original.count / 512, using: &generator) * (round % 3 == 0 ? 0 : 512)
                let offset = page + Int.random(in: 0..<(round % 2 == 0 ? 40 : 512), using: &generator)
                changed[offset] = UInt8.random(in: 0...255, using: &generator)
            }
            try changed.writeAsOlder(to: path)
            if try readAll(path).fault != nil { faults += 1 }
            do {
                var last = Int64.min
                _ = try ForeignDatabase(path: path).readableRows(of: "message", ["id", "body"]) { row in
                    // The row's number, which comes after the columns: a changed schema may have no id.
                    #expect(row.int64(2) > last)
                    last = row.int64(2)
                    return true
                }
            } catch is DatabaseFault {}
        }
        #expect(faults > 0)
    }

    @Test("a table without end is given up")
    func cyclic() throws {
        let folder = try TemporaryFolder()
        let path = try sample(
            "PRAGMA page_size = 512; CREATE TABLE t(a); INSERT INTO t VALUES ('x'), ('y');"
                + "CREATE TABLE filling(a); INSERT INTO filling VALUES (zeroblob(20000));", in: folder)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        // Page 2, the root of t, becomes the first of 16 levels of inner pages; each refers to the next 60 times.
        let leaf = bytes.subdata(in: 512..<1024)
        for level in 0..<16 {
            let page = level == 0 ? 2 : level + 3
            let next = level + 4
            var content = [UInt8](repeating: 0, count: 512)
            content.replaceSubrange(0..<5, with: [5, 0, 0, 0, 60])
            let child: [UInt8] = [0, 0, 0, UInt8(next)]
            content.replaceSubrange(8..<12, with: child)
            for cell in 0..<60 {
                let place = 512 - (cell + 1) * 5
                content.replaceSubrange(place..<place + 5, with: child + [1])
                content[12 + cell * 2] = UInt8(place >> 8)
                content[13 + cell * 2] = UInt8(place & 255)
            }
            let first = 512 - 60 * 5
            content[5] = UInt8(first >> 8)
            content[6] = UInt8(first & 255)
            bytes.replaceSubrange((page - 1) * 512..<page * 512, with: content)
        }
        bytes.replaceSubrange(18 * 512..<19 * 512, with: leaf)
        try bytes.writeAsOlder(to: path)
        let database = try ForeignDatabase(path: path)
        var rows = 0
        #expect(throws: DatabaseFault.endless) {
            try database.rows(of: "t", ["a"]) { _ in
                rows += 1
                return true
            }
        }
        #expect(rows > 1000)
        // The next table has its own limit.
        var others = 0
        try? database.rows(of: "filling", ["rowid"]) { _ in
            others += 1
            return true
        }
        #expect(others == 1)
        // A page that is its own child ends sooner.
        bytes.replaceSubrange(512 + 8..<512 + 12, with: [0, 0, 0, 2])
        for cell in 0..<60 {
            bytes.replaceSubrange(1024 - (cell + 1) * 5..<1024 - (cell + 1) * 5 + 4, with: [0, 0, 0, 2])
        }
        try bytes.writeAsOlder(to: path)
        let fault = try #require(try readAll(path).fault)
        guard case .refused(let error) = fault else {
            Issue.record("\(fault)")
            return
        }
        #expect(error.kind == .damaged)
    }

    @Test("values whose pages run in a circle are no longer than they say")
    func sharedChains() throws {
        let folder = try TemporaryFolder()
        // All chains of pages become one that runs in a circle of two.
        let path = try sample(
            "PRAGMA page_size = 512; CREATE TABLE t(a, b); WITH RECURSIVE n(i) AS "
                + "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 80) INSERT INTO t SELECT zeroblob(40000), i FROM n;",
            in: folder)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let pages = bytes.count / 512
        for page in 3...pages where bytes[(page - 1) * 512 + 8] == 0 && bytes[(page - 1) * 512 + 4] == 0 {
            let next = page == pages ? pages - 1 : pages
            let number = [UInt8(0), UInt8(next >> 16), UInt8(next >> 8 & 255), UInt8(next & 255)]
            bytes.replaceSubrange((page - 1) * 512..<(page - 1) * 512 + 4, with: number)
        }
        try bytes.writeAsOlder(to: path)
        let database = try ForeignDatabase(path: path)
        var sum = 0
        let damaged = try database.readableRows(of: "t", ["a", "b"]) { row in
            sum += row.withBytes(0) { $0.count }
            return true
        }
        // Either all rows, each as long as it says, or damage; never more.
        #expect(sum <= 80 * 40_000 && damaged.rows + damaged.gaps <= 80)
    }

    @Test("pages that were decrypted to nonsense are read or a fault", .enabled(if: Programs.haveSQLCipher))
    func nonsense() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/encrypted.db"
        try Programs.run(
            "sqlcipher", [path],
            input:
                "PRAGMA key = 'k'; PRAGMA cipher_use_hmac = OFF; PRAGMA cipher_page_size = 1024; PRAGMA kdf_iter = 2;\n"
                + SampleDatabase.sql())
        let parameters = CipherParameters(pageSize: 1024, derivation: .sha1, rounds: 2, authentication: nil)
        let key = try #require(DatabaseKey(Array("k".utf8)))
        let original = try Data(contentsOf: URL(fileURLWithPath: path))
        var generator = SeededGenerator.printed("pages that were decrypted to nonsense")
        var complete = 0
        for _ in 0..<60 {
            var changed = original
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                // Behind the first blocks of page 1, by which a key is known to be right.
                let offset = Int.random(in: 64..<original.count, using: &generator)
                changed[offset] ^= UInt8.random(in: 1...255, using: &generator)
            }
            try changed.writeAsOlder(to: path)
            do {
                let database = try ForeignDatabase(path: path, keys: [key], parameters: [parameters])
                let damaged = try database.readableRows(of: "message", ["id", "talker", "content", "body"]) { row in
                    _ = (row.text(1), row.text(2), row.bytes(3))
                    return true
                }
                if damaged == DamagedRows() { complete += 1 }
            } catch is DatabaseFault {}
        }
        #expect(complete < 60)
    }

    @Test("a value of a hundred million bytes is refused")
    func largeValue() throws {
        let folder = try TemporaryFolder()
        let path = try sample("CREATE TABLE t(a); INSERT INTO t VALUES (1), (zeroblob(100000000));", in: folder)
        let (rows, fault) = try readAll(path)
        guard rows == 1, case .refused(let error)? = fault else {
            Issue.record("\(rows) rows, \(String(describing: fault))")
            return
        }
        #expect(error.kind == .tooBig)
    }

    @Test("rows beside one that is too large are read, and it is counted")
    func besideLargeValue() throws {
        let folder = try TemporaryFolder()
        let path = try sample("CREATE TABLE t(a); INSERT INTO t VALUES (1), (zeroblob(100000000)), (3);", in: folder)
        var values: [Int64] = []
        let damaged = try ForeignDatabase(path: path).readableRows(of: "t", ["a"]) { row in
            values.append(row.int64(0))
            return true
        }
        #expect(values == [1, 3] && damaged.rows == 1 && damaged.gaps == 0)
    }

    @Test("rows on both sides of a damaged page are read")
    func besideDamage() throws {
        let folder = try TemporaryFolder()
        let path = try sample("PRAGMA page_size = 512;" + SampleDatabase.sql(), in: folder)
        let whole = try SampleDatabase.rows(try ForeignDatabase(path: path)).count
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        var generator = SeededGenerator.printed("rows on both sides of a damaged page")
        var gaps = 0
        for page in stride(from: 20, to: bytes.count / 512, by: 25) {
            let page = page + Int.random(in: 0..<10, using: &generator)
            guard page < bytes.count / 512 else { continue }
            bytes.replaceSubrange(page * 512..<page * 512 + 8, with: [UInt8](repeating: 0xEE, count: 8))
        }
        try bytes.writeAsOlder(to: path)
        var numbers: [Int64] = []
        let damaged = try ForeignDatabase(path: path).readableRows(of: "message", ["id", "body"]) { row in
            numbers.append(row.int64(0))
            return true
        }
        gaps += damaged.gaps
        #expect(gaps > 0 && damaged.firstFault != nil)
        #expect(numbers.count < whole && numbers.count > whole / 4)
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
    }

    @Test("what the receiver of rows throws comes through")
    func throwingReceiver() throws {
        let folder = try TemporaryFolder()
        let path = try sample(SampleDatabase.sql(rows: 3), in: folder)
        let database = try ForeignDatabase(path: path)
        #expect(throws: DatabaseFault.missingPage(7)) {
            _ = try database.readableRows(of: "message", ["id"]) { _ in throw DatabaseFault.missingPage(7) }
        }
        var count = 0
        _ = try database.readableRows(of: "message", ["id"]) { _ in
            count += 1
            return count < 2
        }
        #expect(count == 2)
    }

    @Test("views, virtual tables and tables with computed columns are not read")
    func notPlain() throws {
        let folder = try TemporaryFolder()
        let path = try sample(
            "CREATE TABLE t(a); CREATE VIEW message AS SELECT 1 AS a; CREATE VIRTUAL TABLE f USING fts5(a);"
                + "CREATE TABLE computed(a, b AS (hex(zeroblob(60000000))));", in: folder)
        let database = try ForeignDatabase(path: path)
        #expect(database.tables.contains("t") && !database.tables.contains("message") && !database.tables.contains("f"))
        for table in ["message", "f", "computed", "absent", "sqlite_master"] {
            #expect(throws: DatabaseFault.noSuchTable) { try database.rows(of: table, ["a"]) { _ in true } }
        }
        #expect(try database.columns(of: "t") == ["a"])
    }

    @Test("text that is not UTF-8 is repaired, in every column")
    func invalidText() throws {
        let folder = try TemporaryFolder()
        let path = try sample(
            "CREATE TABLE t(a TEXT, b TEXT); INSERT INTO t VALUES (CAST(x'41FF' AS TEXT), CAST(x'E5BC' AS TEXT));",
            in: folder)
        var texts: [String?] = []
        try ForeignDatabase(path: path).rows(of: "t", ["a", "b", "c"]) { row in
            texts = (0..<3).map { row.text($0) }
            return true
        }
        #expect(texts == ["A\u{FFFD}", "\u{FFFD}", nil])
    }

    @Test("a transaction that was not finished is refused")
    func hotJournal() throws {
        let folder = try TemporaryFolder()
        let path = try sample("CREATE TABLE t(a);", in: folder)
        try folder.write("sample.db-journal", [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7, 0, 0, 0, 1])
        #expect(throws: DatabaseFault.unfinishedTransaction) { try ForeignDatabase(path: path) }
        try folder.write("sample.db-journal", [UInt8](repeating: 0, count: 512))
        #expect(try ForeignDatabase(path: path).tables == ["t"])
    }

    @Test("a database that another program goes on writing to is refused")
    func beingWritten() throws {
        let folder = try TemporaryFolder()
        let path = try sample("CREATE TABLE t(a); INSERT INTO t VALUES (1);", in: folder)
        let database = try ForeignDatabase(path: path)
        try database.checkUnchanged()
        try Programs.run("sqlite3", [path], input: "INSERT INTO t VALUES (2);")
        #expect(throws: DatabaseFault.changedMeanwhile) { try database.checkUnchanged() }
        let writer = Process()
        writer.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        writer.arguments = [
            "python3", "-c",
            """
            import sys, os
            while os.path.exists(sys.argv[1]):
                os.utime(sys.argv[1])
                open(sys.argv[1] + '.started', 'w').close()
            """, path,
        ]
        try writer.run()
        while !FileManager.default.fileExists(atPath: path + ".started") { usleep(1000) }
        #expect(throws: DatabaseFault.keepsChanging(attempts: 5)) { try ForeignDatabase(path: path) }
        try FileManager.default.removeItem(atPath: path)
        writer.waitUntilExit()
    }
}
