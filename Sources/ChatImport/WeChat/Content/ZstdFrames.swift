import CZstd

/// Inflates frames of Zstandard, one content after the other: making what it takes costs more than most messages do. It
/// belongs to one thread at a time.
package final class ZstdFrames {
    private var context: OpaquePointer?
    /// What comes out at a time.
    private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)

    /// Makes nothing yet.
    package init() {}

    deinit {
        ZSTD_freeDCtx(context)
        piece.deallocate()
    }

    /// Inflates the frames of one content to at most `limit` bytes.
    func inflate(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(ContentFault) -> [UInt8] {
        guard ZSTD_getDictID_fromFrame(bytes.baseAddress, bytes.count) == 0 else { throw .needsDictionary }
        if let content = try whole(bytes, limit: limit) { return content }
        let context = try freshContext()
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

    /// The content of one frame that says how large it is, as nearly all do: then it is inflated where it is to be. Nil when
    /// it is another one, or damaged: where, the other way tells.
    private func whole(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(ContentFault) -> [UInt8]? {
        // Two numbers beyond every limit stand for a size that is not known and for a frame that is none.
        let size = ZSTD_getFrameContentSize(bytes.baseAddress, bytes.count)
        guard size <= UInt64(limit), ZSTD_findFrameCompressedSize(bytes.baseAddress, bytes.count) == bytes.count else {
            return nil
        }
        let context = try freshContext()
        var isWhole = false
        let content = [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            let result = ZSTD_decompressDCtx(context, buffer.baseAddress, buffer.count, bytes.baseAddress, bytes.count)
            isWhole = result == Int(size)
            count = isWhole ? Int(size) : 0
        }
        return isWhole ? content : nil
    }

    /// The context, which has forgotten what it was used for before.
    private func freshContext() throws(ContentFault) -> OpaquePointer {
        if let context {
            guard ZSTD_isError(ZSTD_DCtx_reset(context, ZSTD_reset_session_only)) == 0 else { throw .libraryFailed }
            return context
        }
        guard let made = ZSTD_createDCtx() else { throw .libraryFailed }
        // A frame may ask for a window of gigabytes; 2^24 bytes are all that the limit of a message can use.
        guard ZSTD_isError(ZSTD_DCtx_setParameter(made, ZSTD_d_windowLogMax, 24)) == 0 else {
            ZSTD_freeDCtx(made)
            throw .libraryFailed
        }
        context = made
        return made
    }
}
