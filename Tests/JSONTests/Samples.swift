import Foundation
import JSON
import SeededRandom

/// Texts to read, and a tree of Foundation's objects made with the reader.
enum Samples {
    static let fixed = [
        #"{"name":"张伟","list":[1,-2.5e3,true,false,null,{}],"nested":{"a":{"b":[[],{}]}},"text":"a\"\\\/\b\n\u00e9\ud83d\ude00"}"#,
        #"[{"id":1,"text":["a",{"type":"bold","text":"b"}]},{"id":-2,"text":""}]"#,
    ]

    static func text(_ random: inout SeededGenerator, depth: Int = 0) -> String {
        let space = [" ", "", "", "\n", "\t "].randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<(depth > 4 ? 5 : 8), using: &random) {
        case 0: return space + (Bool.random(using: &random) ? "true" : "false")
        case 1: return space + "null" + space
        case 2: return space + String(Int32.random(in: .min ... .max, using: &random))
        case 3: return space + "\(Double(Int.random(in: -99999...99999, using: &random)) / 64)"
        case 4: return space + string(&random)
        case 5:
            return space + "["
                + (0..<Int.random(in: 0...4, using: &random)).map { _ in text(&random, depth: depth + 1) }.joined(
                    separator: ",") + space + "]"
        default:
            // Distinct keys: which of two equal ones wins is nobody's rule.
            let members = (0..<Int.random(in: 0...4, using: &random)).map {
                "\"\($0)" + string(&random).dropFirst() + space + ":" + text(&random, depth: depth + 1)
            }
            return space + "{" + members.joined(separator: ",") + space + "}"
        }
    }

    static func string(_ random: inout SeededGenerator) -> String {
        var result = "\""
        for scalar in random.text().unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20 || Int.random(in: 0..<6, using: &random) == 0:
                for unit in String(scalar).utf16 {
                    result += "\\u" + String(String(Int(unit) + 0x10000, radix: 16).dropFirst())
                }
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    @discardableResult
    static func read(_ text: [UInt8], chunk: Int = 0, limit: Int = .max) throws -> Any {
        try with(text, chunk, limit) { (reader) throws in
            let value = try tree(&reader)
            guard try reader.isAtEnd() else { throw JSONError(.endOfInput, at: reader.offset) }
            return value
        }
    }

    static func skip(_ text: [UInt8], chunk: Int = 0, limit: Int = .max) throws {
        try with(text, chunk, limit) { (reader) throws in
            try reader.skipValue()
            guard try reader.isAtEnd() else { throw JSONError(.endOfInput, at: reader.offset) }
        }
    }

    @discardableResult
    static func compact(_ text: [UInt8], chunk: Int = 0) throws -> [UInt8] {
        try with(text, chunk, .max) { (reader) throws in try reader.compactValue() }
    }

    static func keys(_ text: [UInt8], chunk: Int) throws -> [String] {
        try with(text, chunk, .max) { (reader) throws in
            var keys: [String] = []
            try reader.beginObject()
            while let key = try reader.nextKey() {
                keys.append(key.string)
                try reader.skipValue()
            }
            return keys
        }
    }

    private static func with<Result>(
        _ text: [UInt8], _ chunk: Int, _ limit: Int, _ body: (inout JSONReader) throws -> Result
    ) throws -> Result {
        guard chunk > 0 else {
            return try text.withUnsafeBytes { (buffer) throws in
                var reader = JSONReader(buffer)
                return try body(&reader)
            }
        }
        var position = 0
        var reader = JSONReader(maximumValueLength: limit) { (buffer) throws(JSONError) in
            let count = min(chunk, buffer.count, text.count - position)
            buffer.copyBytes(from: text[position..<position + count])
            position += count
            return count
        }
        return try body(&reader)
    }

    private static func tree(_ reader: inout JSONReader) throws -> Any {
        switch try reader.peekKind() {
        case .object:
            let object = NSMutableDictionary()
            try reader.beginObject()
            while let key = try reader.nextKey() {
                let name = key.string
                object[name] = try tree(&reader)
            }
            return object
        case .array:
            let array = NSMutableArray()
            try reader.beginArray()
            while try reader.nextElement() { array.add(try tree(&reader)) }
            return array
        case .string: return try reader.readString() as NSString
        case .number: return NSNumber(value: try reader.readDouble())
        case .bool: return NSNumber(value: try reader.readBool())
        case .null:
            _ = try reader.readNullIfPresent()
            return NSNull()
        }
    }
}
