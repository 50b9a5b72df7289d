import Testing

@testable import ChatImport

struct DatabaseKeyTests {
    private func kind(_ text: String) -> DatabaseKey.Kind? { DatabaseKey(Array(text.utf8))?.kind }

    @Test("secrets are recognised by their shape")
    func kinds() throws {
        let digits = String(repeating: "0aF9", count: 16)
        #expect(kind("1a2b3c4") == .passphrase)
        #expect(kind(digits) == .raw && kind(" x'\(digits)' \n") == .raw)
        #expect(kind(digits + String(repeating: "5c", count: 16)) == .ofFile(salt: [UInt8](repeating: 0x5C, count: 16)))
        #expect(kind(digits + "0") == .passphrase && kind(digits.dropLast() + "g") == .passphrase)
        #expect(kind(" \t\n") == nil && kind("") == nil && kind(String(repeating: "a", count: 2000)) == nil)
        let key = try #require(DatabaseKey(Array(digits.utf8)))
        #expect(Array(key.bytes.prefix(2)) == [0x0A, 0xF9] && key.bytes.count == 32)
    }
}
