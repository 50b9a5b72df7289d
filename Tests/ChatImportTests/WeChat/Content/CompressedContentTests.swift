import CZstd
import Foundation
import Testing

@testable import ChatImport

struct CompressedContentTests {
    private func decode(_ bytes: [UInt8], limit: Int = 1 << 20) throws -> [UInt8] {
        try bytes.withUnsafeBytes { try LZ4Block.decode($0, limit: limit) }
    }

    /// Blocks that the LZ4 library made, and what of.
    private static let xml =
        "8is8bXNnPjxhcHBtc2cgYXBwaWQ9IiIgc2RrdmVyPSIwIj48dGl0bGU+5ZCI5ZCMIOesrOS6jOeJiDwvGABxPGRlcz48LwYAgXR5cGU+"
        + "NjwvCAD1DDxhcHBhdHRhY2g+PHRvdGFsbGVuPjEwMjQ8Lw8AJzwvJQAHCwAFIQAPMABpEi8VAYA+PC9tc2c+AA=="
    private static let pattern =
        "P2FiYwMA///////L//EAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/"
        + "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl9gYWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoOEhYaHiImKi4yNjo"
        + "+QkZKTlJWWl5iZmpucnZ6foKGio6SlpqeoqaqrrK2ur7CxsrO0tba3uLm6u7y9vr/AwcLDxMXGx8jJysvMzc7P0NHS09TV1tfY2drb3N3e"
        + "3+Dh4uPk5ebn6Onq6+zt7u/w8fLz9PX29/j5+vv8/f7/AAHtH3oBAP8UUHp6enp6"

    private func bytes(_ base64: String) throws -> [UInt8] { [UInt8](try #require(Data(base64Encoded: base64))) }

    @Test("what the LZ4 library made is decoded")
    func golden() throws {
        let part = "<appattach><totallen>1024</totallen></appattach>"
        let text =
            "<msg><appmsg appid=\"\" sdkver=\"0\"><title>合同 第二版</title><des></des><type>6</type>"
            + String(repeating: part, count: 4) + "</appmsg></msg>"
        let content = try bytes(Self.xml).withUnsafeBytes { try CompressedContent.version3($0) }
        #expect(String(decoding: content, as: UTF8.self) == text)
        let pattern =
            [[UInt8]](repeating: Array("abc".utf8), count: 500).flatMap { $0 } + Array(0...255) + Array(0...255)
            + [UInt8](repeating: UInt8(ascii: "z"), count: 300)
        #expect(try decode(try bytes(Self.pattern)) == pattern)
    }

    @Test("every truncation of a block is a fault, and no changed bit is a trap")
    func damaged() throws {
        for block in [try bytes(Self.xml), try bytes(Self.pattern)] {
            let whole = try decode(block)
            for count in 0..<block.count {
                // A cut behind literals is an end like any other.
                if let part = try? decode(Array(block[..<count])) { #expect(part.count < whole.count) }
                for bit in 0..<8 {
                    var changed = block
                    changed[count] ^= 1 << bit
                    if let other = try? decode(changed, limit: 4000) { #expect(other.count <= 4000) }
                }
            }
        }
        #expect(throws: ContentFault.damaged(offset: 0)) { try decode([]) }
        #expect(throws: ContentFault.damaged(offset: 2)) { try decode([0x10, 0x41, 0, 0]) }
    }

    @Test("a block that would be larger than is allowed is refused early")
    func bomb() throws {
        let block = [0x1F, 0x41, 1, 0] + [UInt8](repeating: 255, count: 1 << 20)
        #expect(throws: ContentFault.tooLarge(limit: 1 << 20)) { try decode(block) }
    }

    private func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var frame = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        let count = ZSTD_compress(&frame, frame.count, bytes, bytes.count, 19)
        return Array(frame.prefix(count))
    }

    private func version4(_ bytes: [UInt8]) throws -> [UInt8] {
        try bytes.withUnsafeBytes { try CompressedContent.version4($0) }
    }

    @Test("frames of Zstandard are inflated, other content is itself")
    func zstd() throws {
        let text = Array(String(repeating: "<msg>你好</msg>", count: 9000).utf8)
        let frame = compressed(text)
        #expect(frame.count < 500)
        #expect(try version4(frame) == text)
        #expect(try version4(frame + frame) == text + text)
        #expect(try version4(compressed([])) == [])
        #expect(try version4(Array("你好".utf8)) == Array("你好".utf8))
        #expect(try version4([]) == [])
        for count in 4..<frame.count {
            #expect(throws: ContentFault.self) { try version4(Array(frame[..<count])) }
        }
    }

    @Test("a frame that breaks off or is refused leaves nothing behind for the next one")
    func zstdAgain() throws {
        let frames = ZstdFrames()
        let inflate = { (bytes: [UInt8]) in try bytes.withUnsafeBytes { try CompressedContent.version4($0, frames) } }
        let text = Array(String(repeating: "<msg>你好</msg>", count: 900).utf8)
        let frame = compressed(text)
        let bomb = compressed([UInt8](repeating: 0, count: 20_000_000))
        for broken in [
            Array(frame.dropLast(9)), Array(frame.prefix(5)), bomb, [0x28, 0xB5, 0x2F, 0xFD, 0, 0xA8, 1, 0, 0],
        ] {
            #expect(throws: ContentFault.self) { try inflate(broken) }
            #expect(try inflate(frame) == text)
        }
    }

    @Test("a frame that would be larger than is allowed, or needs a dictionary, is refused")
    func zstdBombs() throws {
        let bomb = compressed([UInt8](repeating: 0, count: 100_000_000))
        #expect(throws: ContentFault.tooLarge(limit: 16 << 20)) { try version4(bomb) }
        #expect(throws: ContentFault.needsDictionary) { try version4([0x28, 0xB5, 0x2F, 0xFD, 0x21, 7, 0, 1, 0, 0]) }
        // A window of two gigabytes.
        #expect(throws: ContentFault.self) { try version4([0x28, 0xB5, 0x2F, 0xFD, 0, 0xA8, 1, 0, 0]) }
    }
}
