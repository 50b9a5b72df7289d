import SQLite

/// A row of another program's table while it is read: whatever its columns hold, they are read as what they should be.
struct ForeignRow {
    private let statement: Statement

    init(_ statement: Statement) { self.statement = statement }

    /// The longest name of a person, a group or a file that is taken for one, in bytes.
    static let longestName = 4096

    /// A number; what is none is 0.
    func number(_ column: Int) -> Int64 { statement.int64(column) }

    /// Whether a value is NULL, or its column is not there.
    func isNull(_ column: Int) -> Bool { statement.isNull(column) }

    /// A text; nil when it is NULL or empty. What is not UTF-8 becomes U+FFFD.
    func text(_ column: Int) -> String? {
        guard let text = statement.text(column), !text.isEmpty else { return nil }
        return text
    }

    /// A text that is short by its nature; nil also when it is longer than any name.
    func name(_ column: Int) -> String? {
        statement.withBytes(column) { bytes in
            guard !bytes.isEmpty, bytes.count <= Self.longestName else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// A copy of the bytes of a value; empty for NULL.
    func bytes(_ column: Int) -> [UInt8] { statement.withBytes(column) { [UInt8]($0) } }

    /// Whether a value has no byte.
    func isEmpty(_ column: Int) -> Bool { statement.withBytes(column) { $0.isEmpty } }

    /// What a body makes of the bytes of a value, without a copy.
    func withBytes<Result, Failure: Error>(
        _ column: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try statement.withBytes(column, body)
    }
}
