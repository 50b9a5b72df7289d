import CZstd

/// Compresses and inflates Zstandard frames, keeping its contexts; one thread at a time uses it.
package final class Zstd {
    /// The level of what is written, near restic's `auto`.
    package static let level: Int32 = 3
    /// The most that a file of unknown size may inflate to, in bytes.
    package static let sizeLimit = 256 << 20

    private let deflater: OpaquePointer
    private let inflater: OpaquePointer

    /// Prepares contexts.
    package init() throws(RepositoryError) {
        guard let deflater = ZSTD_createCCtx() else { throw .libraryFailed("zstd") }
        guard let inflater = ZSTD_createDCtx() else {
            ZSTD_freeCCtx(deflater)
            throw .libraryFailed("zstd")
        }
        self.deflater = deflater
        self.inflater = inflater
    }

    deinit {
        ZSTD_freeCCtx(deflater)
        ZSTD_freeDCtx(inflater)
    }

    /// Appends one frame that holds `plaintext`, with its size and without a checksum.
    package func compress(_ plaintext: UnsafeRawBufferPointer, into target: inout [UInt8]) throws(RepositoryError) {
        let start = target.count
        let bound = ZSTD_compressBound(plaintext.count)
        var count = 0
        target.append(contentsOf: repeatElement(0, count: bound))
        target.withUnsafeMutableBytes { all in
            let frame = UnsafeMutableRawBufferPointer(rebasing: all[start...])
            count = ZSTD_compressCCtx(
                deflater, frame.baseAddress, frame.count, plaintext.baseAddress, plaintext.count, Self.level)
        }
        guard ZSTD_isError(count) == 0 else { throw .libraryFailed("zstd") }
        target.removeLast(bound - count)
    }

    /// Inflates to exactly `size` bytes, or throws.
    package func inflate(_ frame: UnsafeRawBufferPointer, size: Int) throws(Damage) -> [UInt8] {
        // A block makes at most 128 KiB of at least 4 bytes, so a promise beyond that is not worth the memory.
        guard size >= 0, size / (32 << 10) <= frame.count else { throw .badCompression }
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            count = ZSTD_decompressDCtx(inflater, buffer.baseAddress, size, frame.baseAddress, frame.count)
            filled = ZSTD_isError(count) == 0 ? count : 0
        }
        guard ZSTD_isError(count) == 0 else { throw .badCompression }
        guard count == size else { throw .wrongLength(expected: size, actual: count) }
        return bytes
    }

    /// Inflates to as many bytes as there are, at most `limit`.
    package func inflate(_ frame: UnsafeRawBufferPointer, limit: Int = Zstd.sizeLimit) throws(Damage) -> [UInt8] {
        let promised = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
        let unknown = UInt64.max  // ZSTD_CONTENTSIZE_UNKNOWN
        guard promised != unknown - 1 else { throw .badCompression }  // ZSTD_CONTENTSIZE_ERROR
        if promised != unknown {
            guard promised <= UInt64(limit) else { throw .badCompression }
            return try inflate(frame, size: Int(promised))
        }
        return try stream(frame, limit: limit)
    }

    private func stream(_ frame: UnsafeRawBufferPointer, limit: Int) throws(Damage) -> [UInt8] {
        ZSTD_DCtx_reset(inflater, ZSTD_reset_session_only)
        var input = ZSTD_inBuffer(src: frame.baseAddress, size: frame.count, pos: 0)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: ZSTD_DStreamOutSize())
        while true {
            var hint = 0
            let count = piece.withUnsafeMutableBytes { buffer in
                var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
                hint = ZSTD_decompressStream(inflater, &output, &input)
                return output.pos
            }
            guard ZSTD_isError(hint) == 0, bytes.count + count <= limit else { throw .badCompression }
            bytes.append(contentsOf: piece[..<count])
            if hint == 0 { break }
            if count == 0, input.pos == input.size { throw .badCompression }
        }
        guard input.pos == input.size else { throw .badCompression }
        return bytes
    }
}
