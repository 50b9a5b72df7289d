import JSON
import Testing

@Suite struct LeadingZeroTests {
    private func integer(_ text: String) throws -> Int64 {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try reader.readInt64()
        }
    }

    @Test func `an integer has no leading zeros`() throws {
        for text in ["00", "01", "-01", "007"] {
            #expect(throws: JSONError.self, "\(text)") { try integer(text) }
        }
        for (text, value) in [("0", 0), ("-0", 0), ("10", 10), ("-100", -100)] as [(String, Int64)] {
            let read = try integer(text)
            #expect(read == value)
        }
    }
}
