import Foundation
import SeededRandom
import Testing

@testable import ChatImport

/// Databases that SQLCipher itself encrypted.
struct EncryptedDatabaseTests {
    /// Settings, with the words that make SQLCipher use them.
    struct Setting: CustomTestStringConvertible, Sendable {
        let name: String
        let pragmas: String
        let key: String
        let parameters: CipherParameters

        var testDescription: String { name }

        init(_ name: String, _ pragmas: String, key: String = "'1a2b3c4'", _ parameters: CipherParameters) {
            self.name = name
            self.pragmas = pragmas
            self.key = key
            self.parameters = parameters
        }

        /// The key as a user has it.
        var secret: DatabaseKey? {
            var text = key
            if key.hasPrefix("\"") {
                text = String(key.dropFirst().dropLast())
            } else {
                text = key.filter { $0 != "'" }
            }
            return DatabaseKey(Array(text.utf8))
        }
    }

    static let rawKey = String(repeating: "0f1e2d3c4b5a6978", count: 4)
    static let salt = String(repeating: "a7", count: 16)

    /// What Debian's SQLCipher 3 can write.
    static let settings3: [Setting] = [
        Setting(
            "Android's", "PRAGMA cipher_use_hmac = OFF; PRAGMA cipher_page_size = 1024; PRAGMA kdf_iter = 4000;",
            .android),
        Setting(
            "version 2's", "PRAGMA cipher_page_size = 1024; PRAGMA kdf_iter = 4000;",
            CipherParameters(pageSize: 1024, derivation: .sha1, rounds: 4000, authentication: .sha1)),
        Setting("Windows 3's with a passphrase", "PRAGMA cipher_page_size = 4096;", .windows3),
        Setting("macOS 3's", "PRAGMA cipher_page_size = 1024;", key: "\"x'\(rawKey)'\"", .mac3),
        Setting(
            "no authentication, large pages", "PRAGMA cipher_use_hmac = OFF; PRAGMA cipher_page_size = 65536;",
            CipherParameters(pageSize: 65_536, derivation: .sha1, rounds: 64_000, authentication: nil)),
        Setting(
            "smallest pages, few rounds", "PRAGMA cipher_page_size = 1024; PRAGMA kdf_iter = 1;",
            CipherParameters(pageSize: 1024, derivation: .sha1, rounds: 1, authentication: .sha1)),
    ]

    /// What SQLCipher 4 can write.
    static let settings4: [Setting] = [
        Setting("compatibility 1", "PRAGMA cipher_compatibility = 1;", .android),
        Setting(
            "compatibility 2", "PRAGMA cipher_compatibility = 2;",
            CipherParameters(pageSize: 1024, derivation: .sha1, rounds: 4000, authentication: .sha1)),
        Setting(
            "compatibility 3", "PRAGMA cipher_compatibility = 3;",
            CipherParameters(pageSize: 1024, derivation: .sha1, rounds: 64_000, authentication: .sha1)),
        Setting("compatibility 4", "PRAGMA cipher_compatibility = 4;", .computer4),
        Setting("Windows 3's", "PRAGMA cipher_compatibility = 3; PRAGMA cipher_page_size = 4096;", .windows3),
        Setting(
            "SHA-256", "PRAGMA cipher_hmac_algorithm = HMAC_SHA256; PRAGMA cipher_kdf_algorithm = PBKDF2_HMAC_SHA256;",
            CipherParameters(pageSize: 4096, derivation: .sha256, rounds: 256_000, authentication: .sha256)),
        Setting(
            "two hashes", "PRAGMA cipher_hmac_algorithm = HMAC_SHA1; PRAGMA kdf_iter = 10;",
            CipherParameters(pageSize: 4096, derivation: .sha512, rounds: 10, authentication: .sha1)),
        Setting(
            "no authentication", "PRAGMA cipher_use_hmac = OFF; PRAGMA kdf_iter = 10; PRAGMA cipher_page_size = 2048;",
            CipherParameters(pageSize: 2048, derivation: .sha512, rounds: 10, authentication: nil)),
        Setting("the key of one file", "", key: "\"x'\(rawKey)\(salt)'\"", .computer4),
        Setting("the key without its salt", "", key: "\"x'\(rawKey)'\"", .computer4),
    ]

    /// Encrypts the sample and checks that it is read back as sqlite3 reads the plain one.
    private func check(_ setting: Setting, program: String, _ arguments: [String]) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/encrypted.db"
        let expected = try Programs.run(
            "sqlite3", [folder.path + "/plain.db"], input: SampleDatabase.sql() + SampleDatabase.query)
        try Programs.run(
            program, arguments + [path],
            input: "PRAGMA key = \(setting.key);\(setting.pragmas)\n\(SampleDatabase.sql())")
        let key = try #require(setting.secret)
        let database = try ForeignDatabase(path: path, keys: [key], parameters: [setting.parameters])
        #expect(try SampleDatabase.rows(database) == SampleDatabase.expected(expected))
        #expect(database.account.isEncrypted && database.account.log == nil && !database.account.lacksLog)
        #expect(database.tables == ["hollow", "message", "odd \"name"])
        #expect(throws: DatabaseFault.keyNeeded) { try ForeignDatabase(path: path, parameters: [setting.parameters]) }
        let wrong = try #require(DatabaseKey(Array("1a2b3c5".utf8)))
        #expect(throws: DatabaseFault.wrongKey(keysTried: 1)) {
            try ForeignDatabase(path: path, keys: [wrong], parameters: [setting.parameters])
        }
    }

    @Test("what SQLCipher 3 encrypted is read", .enabled(if: Programs.haveSQLCipher), arguments: settings3)
    func version3(setting: Setting) throws { try check(setting, program: "sqlcipher", []) }

    @Test("what SQLCipher 4 encrypted is read", .enabled(if: Programs.haveSQLCipher4), arguments: settings4)
    func version4(setting: Setting) throws { try check(setting, program: "python3", ["-c", Self.run4]) }

    /// Runs the SQL that it is given on a database.
    static let run4 = """
        import sys, sqlcipher3
        connection = sqlcipher3.connect(sys.argv[1], isolation_level=None)
        connection.executescript(sys.stdin.read())
        connection.close()
        """

    @Test("the right key and the right settings are found among others", .enabled(if: Programs.haveSQLCipher))
    func choice() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/encrypted.db"
        try Programs.run(
            "sqlcipher", [path],
            input: "PRAGMA key = '1a2b3c4'; PRAGMA cipher_page_size = 4096;\n\(SampleDatabase.sql(rows: 3))")
        let keys = DatabaseKey.lines(of: Array("# mine\n\(Self.rawKey)\nwrong\n  1a2b3c4 \r\n".utf8))
        #expect(keys.count == 3)
        let database = try ForeignDatabase(path: path, keys: keys, parameters: [.android, .windows3, .mac3])
        #expect(try SampleDatabase.rows(database).count == 3)
        #expect(throws: DatabaseFault.wrongKey(keysTried: 3)) {
            try ForeignDatabase(path: path, keys: keys, parameters: [.android, .mac3])
        }
    }

    @Test("a changed byte in a page is found, and the page named", .enabled(if: Programs.haveSQLCipher))
    func damagedPage() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/encrypted.db"
        try Programs.run(
            "sqlcipher", [path],
            input: "PRAGMA key = '1a2b3c4'; PRAGMA cipher_page_size = 1024; PRAGMA kdf_iter = 10;\n"
                + SampleDatabase.sql())
        let parameters = CipherParameters(pageSize: 1024, derivation: .sha1, rounds: 10, authentication: .sha1)
        let key = try #require(DatabaseKey(Array("1a2b3c4".utf8)))
        let whole = try ForeignDatabase(path: path, keys: [key], parameters: [parameters])
        let rows = try SampleDatabase.rows(whole)
        let original = try Data(contentsOf: URL(fileURLWithPath: path))
        var generator = SeededGenerator.printed("a changed byte in a page is found")
        var found = 0
        for _ in 0..<30 {
            let offset = Int.random(in: 0..<original.count, using: &generator)
            // The last twelve bytes of a page are filling: 16 of the vector, 20 of the code, 12 of nothing.
            guard offset % 1024 < 1012 else { continue }
            var changed = original
            changed[offset] ^= UInt8(1 << Int.random(in: 0..<8, using: &generator))
            try changed.writeAsOlder(to: path)
            let page = UInt32(offset / 1024 + 1)
            do {
                let database = try ForeignDatabase(path: path, keys: [key], parameters: [parameters])
                // Pages of the index are not read.
                #expect(try SampleDatabase.rows(database) == rows)
            } catch let fault as DatabaseFault {
                #expect(fault == (page == 1 ? .wrongKey(keysTried: 1) : .damagedPage(page)))
                found += 1
            }
        }
        #expect(found > 0)
    }
}
