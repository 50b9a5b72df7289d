/// The content of a message as it is stored in a column, compressed or not.
package enum CompressedContent {
    /// What one message may inflate to at the most, in bytes. The largest known are merged forwards, of some 100 KB.
    package static let limit = 16 << 20

    /// The content of WeChat 3's column `CompressContent`: a block of LZ4, whose text ends in zeros.
    package static func version3(_ bytes: UnsafeRawBufferPointer) throws(ContentFault) -> [UInt8] {
        var content = try LZ4Block.decode(bytes, limit: limit)
        while content.last == 0 { content.removeLast() }
        return content
    }

    /// The content of a column of WeChat 4: a frame of Zstandard if it begins like one, else what it is.
    ///
    /// - Parameter frames: the same for many contents.
    package static func version4(
        _ bytes: UnsafeRawBufferPointer, _ frames: ZstdFrames = ZstdFrames()
    ) throws(ContentFault) -> [UInt8] {
        isZstd(bytes) ? try frames.inflate(bytes, limit: limit) : [UInt8](bytes)
    }

    private static func isZstd(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= 4 && bytes[0] == 0x28 && bytes[1] == 0xB5 && bytes[2] == 0x2F && bytes[3] == 0xFD
    }
}
