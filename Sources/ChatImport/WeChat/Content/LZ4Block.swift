/// A block of LZ4 without a frame, as WeChat 3 on Windows stores the XML of app messages
/// (the format's "LZ4 Block Format Description"). Sequences follow one another:
///
///     | token | more literal length | literals | offset, 16 bits, little-endian | more match length |
///
/// The token's high half is the number of literals, the low half the length of the match less 4; a half of 15 goes on
/// in bytes that are added, up to one that is not 255. The last sequence ends behind its literals.
package enum LZ4Block {
    /// Decodes a block to at most `limit` bytes.
    package static func decode(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(ContentFault) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(min(limit, bytes.count * 4))
        var position = 0
        while position < bytes.count {
            let token = bytes[position]
            position += 1
            let literals = try length(Int(token >> 4), bytes, &position, limit: limit)
            guard literals <= bytes.count - position else { throw .damaged(offset: position) }
            guard literals <= limit - output.count else { throw .tooLarge(limit: limit) }
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[position..<position + literals]))
            position += literals
            if position == bytes.count { return output }

            guard bytes.count - position >= 2 else { throw .damaged(offset: position) }
            let distance = Int(bytes[position]) | Int(bytes[position + 1]) << 8
            guard distance > 0, distance <= output.count else { throw .damaged(offset: position) }
            position += 2
            let match = try length(Int(token & 15), bytes, &position, limit: limit) + 4
            guard match <= limit - output.count else { throw .tooLarge(limit: limit) }
            let end = output.count
            output.append(contentsOf: repeatElement(0, count: match))
            // A match may reach into what it writes itself.
            output.withUnsafeMutableBufferPointer { output in
                for place in end..<end + match { output[place] = output[place - distance] }
            }
        }
        // No byte at all, or the end behind a match.
        throw .damaged(offset: position)
    }

    private static func length(
        _ half: Int, _ bytes: UnsafeRawBufferPointer, _ position: inout Int, limit: Int
    ) throws(ContentFault) -> Int {
        guard half == 15 else { return half }
        var length = half
        while true {
            guard position < bytes.count else { throw .damaged(offset: position) }
            let more = bytes[position]
            position += 1
            length += Int(more)
            guard length <= limit else { throw .tooLarge(limit: limit) }
            if more != 255 { return length }
        }
    }
}
