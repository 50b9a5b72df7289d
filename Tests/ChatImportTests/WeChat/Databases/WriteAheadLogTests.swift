import Foundation
import SeededRandom
import Testing

@testable import ChatImport

/// Logs that SQLite itself wrote, and what SQLite itself reads of them.
struct WriteAheadLogTests {
    /// Python's sqlite3 writes a database and its log; both are copied while the writer has not closed them.
    private func write(_ body: String, module: String = "sqlite3", to folder: TemporaryFolder) throws {
        let script = """
            import sys, shutil, os, \(module) as database
            folder = sys.argv[1]
            path = folder + '/writing.db'
            c = database.connect(path, isolation_level=None)
            def keep(name='kept.db'):
                for end in ('', '-wal'):
                    if os.path.exists(path + end): shutil.copyfile(path + end, folder + '/' + name + end)
            def rows(first, last, words='text'):
                c.execute('BEGIN')
                for i in range(first, last + 1):
                    c.execute('INSERT OR REPLACE INTO message VALUES (?,?,?,?,?,?)',
                        (i, 'wxid_%d' % (i % 7), '%s %d' % (words, i) * (i % 20), i, i / 8, b'b' * (i % 3000)))
                c.execute('COMMIT')
            \(body)
            """
        try Programs.run("python3", ["-c", script, folder.path])
        for end in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: folder.path + "/writing.db" + end)
        }
    }

    private static let start = """
        c.execute('PRAGMA journal_mode=WAL'); c.execute('PRAGMA wal_autocheckpoint=0')
        c.execute('CREATE TABLE message'
            '(id INTEGER PRIMARY KEY, talker TEXT, content TEXT, time INT, weight REAL, body BLOB)')

        """

    private static func checkpoint(_ mode: String) -> String {
        "c.execute('PRAGMA wal_checkpoint(\(mode))').fetchall()"
    }

    /// What SQLite reads of copies of the two files.
    private func oracle(_ folder: TemporaryFolder) throws -> [String]? {
        let copy = try TemporaryFolder()
        for end in ["", "-wal"] where FileManager.default.fileExists(atPath: folder.path + "/kept.db" + end) {
            try FileManager.default.copyItem(
                atPath: folder.path + "/kept.db" + end, toPath: copy.path + "/kept.db" + end)
        }
        guard let output = try? Programs.run("sqlite3", [copy.path + "/kept.db", SampleDatabase.query]) else {
            return nil
        }
        return SampleDatabase.expected(output)
    }

    private func open(_ folder: TemporaryFolder) throws -> ForeignDatabase {
        try ForeignDatabase(path: folder.path + "/kept.db")
    }

    @Test("what only the log has is read")
    func onlyInLog() throws {
        let folder = try TemporaryFolder()
        try write(Self.start + "rows(1, 300); rows(301, 500); rows(100, 200, 'newer'); keep()", to: folder)
        let database = try open(folder)
        let rows = try SampleDatabase.rows(database)
        let expected = try oracle(folder)
        #expect(rows.count == 500 && rows == expected)
        let log = try #require(database.account.log)
        #expect(log.committed > 20 && log.uncommitted == 0 && log.stale == 0 && log.damaged == 0)
        #expect(!database.account.lacksLog)
    }

    @Test("a transaction that was not finished is not read, and is counted")
    func unfinished() throws {
        let folder = try TemporaryFolder()
        try write(
            Self.start + """
                rows(1, 50); c.execute('PRAGMA cache_size=5'); c.execute('BEGIN')
                for i in range(51, 400):
                    c.execute('INSERT INTO message VALUES (?,?,?,?,?,?)', (i, 't', 'x', 1, 1, b'1' * 2000))
                keep()
                """, to: folder)
        let database = try open(folder)
        let rows = try SampleDatabase.rows(database)
        let expected = try oracle(folder)
        #expect(rows.count == 50 && rows == expected)
        #expect(try #require(database.account.log).uncommitted > 0)
    }

    @Test("frames left over from before a checkpoint are not read, and are counted")
    func stale() throws {
        let folder = try TemporaryFolder()
        try write(
            Self.start + """
                rows(1, 300, 'older'); rows(1, 300); c.execute('PRAGMA wal_checkpoint(RESTART)').fetchall()
                rows(10, 20, 'newest'); keep()
                """, to: folder)
        let database = try open(folder)
        let rows = try SampleDatabase.rows(database)
        let expected = try oracle(folder)
        #expect(rows.count == 300 && rows == expected)
        let log = try #require(database.account.log)
        #expect(log.committed > 0 && log.stale > 20 && log.damaged == 0)
    }

    @Test("a database that became smaller is read")
    func smaller() throws {
        let folder = try TemporaryFolder()
        try write(
            Self.start + """
                rows(1, 400); c.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchall()
                c.execute('DELETE FROM message WHERE id > 20'); c.execute('VACUUM'); keep()
                """, to: folder)
        let rows = try SampleDatabase.rows(try open(folder))
        let expected = try oracle(folder)
        #expect(rows.count == 20 && rows == expected)
    }

    @Test("a database without its log says so")
    func forgotten() throws {
        let folder = try TemporaryFolder()
        try write(Self.start + "rows(1, 3); \(Self.checkpoint("TRUNCATE")); keep()", to: folder)
        try Data().write(to: URL(fileURLWithPath: folder.path + "/kept.db-wal"))
        let database = try open(folder)
        #expect(database.account.lacksLog && database.account.log == nil)
        #expect(try SampleDatabase.rows(database).count == 3)
    }

    @Test("a log of other salts, another page size or none at all is as SQLite sees it")
    func otherHeaders() throws {
        let folder = try TemporaryFolder()
        try write(
            Self.start + "rows(1, 3); c.execute('PRAGMA wal_checkpoint(PASSIVE)').fetchall(); rows(4, 9); keep()",
            to: folder)
        let log = URL(fileURLWithPath: folder.path + "/kept.db-wal")
        let original = try Data(contentsOf: log)
        for offset in [0, 4, 8, 12, 16, 20, 24, 28] {
            var changed = original
            changed[offset + 3] ^= 1
            try changed.write(to: log)
            let database = try open(folder)
            let expected = try oracle(folder)
            #expect(try SampleDatabase.rows(database) == expected)
            #expect(database.account.log == nil && database.account.unreadableLogFrames > 0)
        }
        // The checksum is right, the salts are not those of the frames.
        var salted = original
        salted[16] ^= 0x80
        var sum = WriteAheadLog.Checksum(isBigEndian: salted[3] & 1 == 1)
        Array(salted.prefix(24)).withUnsafeBytes { sum.add($0) }
        for (index, word) in [sum.first, sum.second].enumerated() {
            for byte in 0..<4 { salted[24 + index * 4 + byte] = UInt8(truncatingIfNeeded: word >> (24 - 8 * byte)) }
        }
        try salted.write(to: log)
        let database = try open(folder)
        let expected = try oracle(folder)
        #expect(try SampleDatabase.rows(database) == expected)
        #expect(try #require(database.account.log).committed == 0)
        #expect(try #require(database.account.log).stale > 0)
    }

    @Test("a log cut off or changed anywhere is read as SQLite reads it")
    func damaged() throws {
        let folder = try TemporaryFolder()
        try write(
            "c.execute('PRAGMA page_size=1024')\n" + Self.start
                + "for i in range(12): rows(i * 5, i * 5 + 9, 'generation %d' % i)\nkeep()", to: folder)
        let log = URL(fileURLWithPath: folder.path + "/kept.db-wal")
        let original = try Data(contentsOf: log)
        var generator = SeededGenerator.printed("a log cut off or changed anywhere is read as SQLite reads it")
        for round in 0..<40 {
            var changed = original
            if round % 2 == 0 {
                changed = original.prefix(Int.random(in: 0...original.count, using: &generator))
            } else {
                let offset = Int.random(in: 0..<original.count, using: &generator)
                changed[offset] ^= UInt8(1 << Int.random(in: 0..<8, using: &generator))
            }
            try Data(changed).write(to: log)
            let expected = try oracle(folder)
            do {
                #expect(try SampleDatabase.rows(try open(folder)) == expected)
            } catch DatabaseFault.noSuchTable {
                #expect(expected == nil)
            }
        }
    }

    @Test("what is added to the log later is of a later moment; a log that begins anew ends the snapshot")
    func living() throws {
        let folder = try TemporaryFolder()
        let steps = """
            import sys, os, time, sqlite3
            folder = sys.argv[1]
            c = sqlite3.connect(folder + '/kept.db', isolation_level=None)
            def rows(first, last):
                for i in range(first, last + 1):
                    c.execute('INSERT INTO message VALUES (?,?,?,?,?,?)', (i, 't', 'x', i, 1, b'b'))
            def done(name):
                open(folder + '/' + name, 'w').close()
                while os.path.exists(folder) and not os.path.exists(folder + '/after-' + name): time.sleep(0.002)
                if not os.path.exists(folder): os._exit(0)

            """
        let writer = Process()
        writer.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        writer.arguments = [
            "python3", "-c",
            steps + Self.start
                + """
                rows(1, 50); done('first'); rows(51, 99); done('second')
                \(Self.checkpoint("RESTART")); rows(100, 120); done('third'); os._exit(0)
                """, folder.path,
        ]
        try writer.run()
        // Without its folder the writer ends.
        defer {
            try? FileManager.default.removeItem(atPath: folder.path)
            writer.waitUntilExit()
        }
        func wait(_ name: String) {
            while writer.isRunning, !FileManager.default.fileExists(atPath: folder.path + "/" + name) { usleep(1000) }
        }
        wait("first")
        let database = try open(folder)
        #expect(try SampleDatabase.rows(database).count == 50)
        try folder.write("after-first", [])
        wait("second")
        #expect(try SampleDatabase.rows(database).count == 50)
        try database.checkUnchanged()
        #expect(try SampleDatabase.rows(try open(folder)).count == 99)
        try folder.write("after-second", [])
        wait("third")
        #expect(throws: DatabaseFault.changedMeanwhile) { try database.checkUnchanged() }
        #expect(try SampleDatabase.rows(try open(folder)).count == 120)
        try folder.write("after-third", [])
    }

    @Test("an encrypted database is read with its encrypted log", .enabled(if: Programs.haveSQLCipher4))
    func encrypted() throws {
        for (pragmas, parameters) in [
            ("c.execute('PRAGMA kdf_iter=10')", CipherParameters.computer4),
            ("c.execute('PRAGMA cipher_compatibility=1'); c.execute('PRAGMA kdf_iter=10')", CipherParameters.android),
        ] {
            let folder = try TemporaryFolder()
            let save =
                "c.execute(\"ATTACH '%s/plain.db' AS plain KEY ''\" % folder)\n"
                + "c.execute(\"SELECT sqlcipher_export('plain')\").fetchall()\n"
            try write(
                "c.execute(\"PRAGMA key='1a2b3c4'\"); \(pragmas)\n\(Self.start)rows(1, 99)\n"
                    + "c.execute('PRAGMA wal_checkpoint(RESTART)').fetchall()\nrows(50, 120, 'newer')\nkeep()\n\(save)",
                module: "sqlcipher3", to: folder)
            var parameters = parameters
            parameters.rounds = 10
            let key = try #require(DatabaseKey(Array("1a2b3c4".utf8)))
            let database = try ForeignDatabase(path: folder.path + "/kept.db", keys: [key], parameters: [parameters])
            let expected = try Programs.run("sqlite3", [folder.path + "/plain.db", SampleDatabase.query])
            let rows = try SampleDatabase.rows(database)
            #expect(rows.count == 120 && rows == SampleDatabase.expected(expected))
            #expect(try #require(database.account.log).committed > 0)
            // A frame with a wrong sum ends the log, though its page has a right authentication code.
            let log = URL(fileURLWithPath: folder.path + "/kept.db-wal")
            var changed = try Data(contentsOf: log)
            changed[32 + 16] ^= 1
            try changed.write(to: log)
            let older = try ForeignDatabase(path: folder.path + "/kept.db", keys: [key], parameters: [parameters])
            #expect(try SampleDatabase.rows(older).count == 99)
            #expect(try #require(older.account.log).damaged > 0)
        }
    }
}
