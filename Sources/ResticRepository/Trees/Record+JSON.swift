import JSON

// What trees and snapshots share in reading and writing their values.

extension Damage {
    /// Runs `body` on the reader, turning its `JSONError` into `.badJSON`.
    static func reading<Value>(
        _ reader: inout JSONReader, _ body: (inout JSONReader) throws(JSONError) -> Value
    ) throws(Damage) -> Value {
        do { return try body(&reader) } catch { throw .badJSON(error) }
    }
}

extension JSONReader {
    /// Reads a string and converts its bytes; a conversion to nil throws `.badField`.
    mutating func converted<Key: RawRepresentable<String>, Value>(
        _ key: Key, _ convert: (UnsafeRawBufferPointer) -> Value?
    ) throws(Damage) -> Value {
        let bytes = try Damage.reading(&self) { (reader) throws(JSONError) in try reader.readUTF8() }
        guard let value = convert(bytes) else { throw .badField(key.rawValue) }
        return value
    }

    /// Reads a string.
    mutating func text() throws(Damage) -> String {
        try Damage.reading(&self) { (reader) throws(JSONError) in try reader.readString() }
    }

    /// Reads strings; null is no strings.
    mutating func texts() throws(Damage) -> [String] {
        try Damage.reading(&self) { (reader) throws(JSONError) in
            if try reader.readNullIfPresent() { return [] }
            var values: [String] = []
            try reader.beginArray()
            while try reader.nextElement() { values.append(try reader.readString()) }
            return values
        }
    }

    /// Reads an integer that is not negative, up to 2⁶⁴ - 1.
    mutating func unsigned<Key: RawRepresentable<String>, Value: FixedWidthInteger & UnsignedInteger>(
        _ key: Key
    ) throws(Damage) -> Value {
        let digits = try Damage.reading(&self) { (reader) throws(JSONError) in try reader.rawValue() }
        var value: Value = 0
        for digit in digits {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Value(truncatingIfNeeded: digit &- 0x30))
            guard digit &- 0x30 < 10, !overflow, !carry else { throw .badField(key.rawValue) }
            value = sum
        }
        return value
    }
}

extension JSONWriter {
    /// Writes a key and a number, nothing for 0.
    mutating func number(_ name: StaticString, _ value: UInt64) {
        guard value != 0 else { return }
        key(name)
        int(value)
    }

    /// Writes a key and a string, nothing for "".
    mutating func text(_ name: StaticString, _ value: String) {
        guard !value.isEmpty else { return }
        key(name)
        string(value)
    }

    /// Writes a key and strings, nothing for none.
    mutating func texts(_ name: StaticString, _ values: [String]) {
        guard !values.isEmpty else { return }
        key(name)
        strings(values)
    }

    /// Writes an array of strings.
    mutating func strings(_ values: [String]) {
        beginArray()
        for value in values { string(value) }
        endArray()
    }
}
