import CZstd

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
    package static func version4(_ bytes: UnsafeRawBufferPointer) throws(ContentFault) -> [UInt8] {
        bytes.starts(with: zstdMagic) ? try inflate(bytes, limit: limit) : [UInt8](bytes)
    }

    private static let zstdMagic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    /// Inflates frames of Zstandard to at most `limit` bytes.
    static func inflate(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(ContentFault) -> [UInt8] {
        guard ZSTD_getDictID_fromFrame(bytes.baseAddress, bytes.count) == 0 else { throw .needsDictionary }
        guard let context = ZSTD_createDCtx() else { throw .libraryFailed }
        defer { ZSTD_freeDCtx(context) }
        // A frame may ask for a window of gigabytes; 2^24 bytes are all that the limit can use.
        guard ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 24)) == 0 else { throw .libraryFailed }
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
        defer { piece.deallocate() }
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        var content: [UInt8] = []
        while true {
            var output = ZSTD_outBuffer(dst: piece.baseAddress, size: piece.count, pos: 0)
            let hint = ZSTD_decompressStream(context, &output, &input)
            guard ZSTD_isError(hint) == 0 else { throw .damaged(offset: input.pos) }
            guard output.pos <= limit - content.count else { throw .tooLarge(limit: limit) }
            content.append(contentsOf: piece[..<output.pos])
            if hint == 0, input.pos == input.size { return content }
            // The input is used up, and there is nothing more to come out: the frame was cut off.
            if output.pos < output.size, input.pos == input.size { throw .damaged(offset: input.pos) }
        }
    }
}
