import Foundation

@testable import ChatImport

/// Programs that the tests of databases start.
enum Programs {
    struct Failed: Error {
        let program: String
        let words: String
    }

    /// Whether a program of this name can be found.
    static func has(_ name: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
            .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
    }

    /// Runs a program to its end and returns what it printed.
    @discardableResult
    static func run(_ name: String, _ arguments: [String], input: String = "") throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        let folder = try TemporaryFolder()
        let (output, errors) = (folder.path + "/output", folder.path + "/errors")
        for path in [output, errors] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        try folder.write("input", Array(input.utf8))
        process.standardInput = FileHandle(forReadingAtPath: folder.path + "/input")
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle(forWritingAtPath: errors)
        try process.run()
        process.waitUntilExit()
        let text = try String(contentsOfFile: output, encoding: .utf8)
        guard process.terminationStatus == 0 else {
            throw Failed(program: name, words: try String(contentsOfFile: errors, encoding: .utf8) + text)
        }
        return text
    }

    /// Whether Debian's sqlcipher is there; says so loudly when not.
    static let haveSQLCipher: Bool = {
        if !has("sqlcipher") { print("SKIPPED: no sqlcipher; install the Debian package sqlcipher") }
        return has("sqlcipher")
    }()

    /// Whether Python has SQLCipher 4, which Debian does not; says so loudly when not.
    static let haveSQLCipher4: Bool = {
        let found = (try? run("python3", ["-c", "import sqlcipher3"])) != nil
        if !found { print("SKIPPED: no SQLCipher 4; install the Python package sqlcipher3-wheels") }
        return found
    }()
}

extension Data {
    /// Writes a file as if it had been written a while ago: what was just written may be written again, and is looked at
    /// twice.
    func writeAsOlder(to path: String) throws {
        try write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1_600_000_000)], ofItemAtPath: path)
    }
}

/// A made-up history of some hundred rows, in a table with values of every type, small pages and large values.
enum SampleDatabase {
    /// SQL that makes it. Every text that is not ASCII, every blob and every number is there for a reason: more than one
    /// level of pages, values on overflow pages, an index, an empty table.
    static func sql(rows: Int = 400) -> String {
        """
        CREATE TABLE message(id INTEGER PRIMARY KEY, talker TEXT, content TEXT, time INT, weight REAL, body BLOB);
        CREATE INDEX byTalker ON message(talker);
        CREATE TABLE hollow(a);
        CREATE TABLE "odd ""name"(b TEXT);
        INSERT INTO "odd ""name" VALUES ('x');
        CREATE VIEW everything AS SELECT * FROM message;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(rows))
        INSERT INTO message SELECT i, 'wxid_' || (i % 7), '张伟 ' || i || ' ' || hex(zeroblob(i % 60)), i * 1000, i / 8.0,
            CASE WHEN i % 50 = 0 THEN zeroblob(9000 + i) WHEN i % 3 = 0 THEN NULL ELSE CAST('b' || i AS BLOB) END FROM n;
        """
    }

    /// What `rows` gives, asked of sqlite3.
    static let query = """
        SELECT id || '|' || talker || '|' || content || '|' || time || '|' || CAST(weight * 8 AS INT) || '|'
        || CASE WHEN body IS NULL THEN '-' ELSE hex(body) END FROM message ORDER BY id;
        """

    /// All rows of the table, in one text a row.
    static func rows(_ database: ForeignDatabase) throws -> [String] {
        var found: [String] = []
        try database.rows(of: "message", ["id", "talker", "content", "time", "weight", "body"]) { row in
            let body = row.bytes(5).map { $0.map { String(hexadecimal: $0) }.joined() } ?? "-"
            found.append(
                "\(row.int64(0))|\(row.text(1) ?? "")|\(row.text(2) ?? "")|\(row.int64(3))|\(Int(row.double(4) * 8))|\(body)"
            )
            return true
        }
        return found
    }

    /// What sqlite3 prints for the query, in one text a row.
    static func expected(_ output: String) -> [String] { output.split(separator: "\n").map(String.init) }
}

extension String {
    fileprivate init(hexadecimal byte: UInt8) {
        let digits = Array("0123456789ABCDEF")
        self.init([digits[Int(byte >> 4)], digits[Int(byte & 15)]])
    }
}
