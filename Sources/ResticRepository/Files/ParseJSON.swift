import JSON

/// Runs `body` over a text; the reader's pointers are valid in it.
package func parsing(_ text: [UInt8], _ body: (inout JSONReader) throws(JSONError) -> Void) throws(JSONError) {
    var failure: JSONError?
    text.withUnsafeBytes { bytes in
        var reader = JSONReader(bytes)
        do throws(JSONError) {
            try body(&reader)
            guard try reader.isAtEnd() else {
                throw JSONError(.unexpected(byte: bytes[reader.offset], expected: "the end"), at: reader.offset)
            }
        } catch {
            failure = error
        }
    }
    if let failure { throw failure }
}

/// Runs `body` over a text whose faults are damage.
package func parseJSON(_ text: [UInt8], _ body: (inout JSONReader) throws(JSONError) -> Void) throws(Damage) {
    do throws(JSONError) { try parsing(text, body) } catch { throw .badJSON(error) }
}
