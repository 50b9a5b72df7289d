import Testing

@testable import ChatImport

struct SourceKeysTests {
    private func keys(_ text: String) throws -> SourceKeys { try SourceKeys(parsing: Array(text.utf8)) }

    private func fault(_ text: String) -> SourceKeys.Fault? {
        do throws(SourceKeys.Fault) {
            _ = try SourceKeys(parsing: Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "a key has its name before it or none, with a colon, an equals sign or spaces between",
        arguments: [
            "0970be4", "database-key 0970be4", "database-key: 0970be4", "database-key=0970be4",
            "android-database-key = 0970be4",
            "\u{FEFF}0970be4", "\u{FEFF}database-key 0970be4\r\n", "# mine\n\n  0970be4\t\n", "a=", "x'00'",
            "database-key a b: c",
        ])
    func databaseKeys(text: String) throws {
        let found = try keys(text)
        #expect(found.databaseKeys.count == 1)
        #expect(found.imageKey == nil && found.imageByte == nil)
    }

    @Test("a byte order mark, a name and what is between are no part of a key")
    func secrets() throws {
        let digits = String(repeating: "0a", count: 32)
        for text in ["\u{FEFF}\(digits)", "database-key: \(digits)", "v4-database-key=x'\(digits)'"] {
            let key = try #require(try keys(text).databaseKeys.first)
            #expect(key.kind == .raw, "otherwise it would be taken for a passphrase")
        }
        let images = try keys("v4-image-aes: 228483845d90eca2\nimage-xor = da\n")
        #expect(images.imageKey == Array("228483845d90eca2".utf8) && images.imageByte == 0xDA)
        #expect(try keys("").databaseKeys.isEmpty)
    }

    @Test(
        "a line that is no key is told by its number",
        arguments: [
            ("0970be4\n\ndatabse-key X\n", .unknownName(line: 3)), ("databse-key: X", .unknownName(line: 1)),
            ("# a\ndatabse-key=X", .unknownName(line: 2)), ("my key", .unknownName(line: 1)),
            ("image-aes", .noValue(line: 1)), ("a\nimage-xor = \n", .noValue(line: 2)),
            ("database-key:", .noValue(line: 1)), ("image-aes abc", .badValue(line: 1)),
            ("image-xor 123", .badValue(line: 1)),
        ] as [(String, SourceKeys.Fault)])
    func faults(text: String, expected: SourceKeys.Fault) {
        let found = fault(text)
        #expect(found == expected)
        #expect(found.map { !"\($0)".contains("X") } == true)
    }
}
