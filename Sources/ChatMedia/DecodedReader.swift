public import ChatModel

/// Reads shown bytes of a file that is kept in disguise: only those bytes of the file that they come from, whole
/// blocks where a cipher has them.
public struct DecodedReader: Sendable {
    /// How its bytes come out of the file.
    public let decoding: ContentDecoding

    /// A reader.
    public init(_ decoding: ContentDecoding) { self.decoding = decoding }

    /// Bytes of the file, and what becomes of them.
    public struct Step: Hashable, Sendable {
        /// The bytes that must be read.
        public let source: Range<Int64>
        /// How they are undone.
        public let method: ContentDecoding.Method
        /// Which of them are shown then.
        public let shown: Range<Int>

        /// The shown bytes; nil unless `bytes` are those of `source`.
        public func undo(_ bytes: consuming [UInt8]) -> [UInt8]? {
            guard bytes.count == source.upperBound - source.lowerBound else { return nil }
            switch method {
            case .copy: return bytes
            case .xor(let byte):
                bytes.withUnsafeMutableBytes { bytes in for index in bytes.indices { bytes[index] ^= byte } }
                return bytes
            case .aes(let key):
                guard let plain = AES128.decrypt(bytes, key: key) else { return nil }
                return shown == plain.indices ? plain : Array(plain[shown])
            }
        }
    }

    /// What must be read for a range of shown bytes, in their order; a range beyond the end is cut.
    public func steps(for range: Range<Int64>) -> [Step] {
        var steps: [Step] = []
        var start: Int64 = 0
        for piece in decoding.pieces {
            let wanted = range.clamped(to: start..<start + piece.shown)
            if !wanted.isEmpty {
                let inside = wanted.lowerBound - start..<wanted.upperBound - start
                steps.append(Self.step(piece, inside))
            }
            start += piece.shown
        }
        return steps
    }

    private static func step(_ piece: ContentDecoding.Piece, _ inside: Range<Int64>) -> Step {
        var read = inside
        if case .aes = piece.method {
            // The piece has whole blocks, and shows at most what it has.
            read = inside.lowerBound / 16 * 16..<inside.upperBound + (16 - inside.upperBound % 16) % 16
        }
        let base = piece.source.lowerBound
        return Step(
            source: base + read.lowerBound..<base + read.upperBound, method: piece.method,
            shown: Int(inside.lowerBound - read.lowerBound)..<Int(inside.upperBound - read.lowerBound))
    }

    /// The shown bytes of a range, cut at the end; nil when the file has fewer bytes than the decoding says.
    public func read<Failure: Error>(
        _ range: Range<Int64>, from read: (Range<Int64>) throws(Failure) -> [UInt8]
    ) throws(Failure) -> [UInt8]? {
        let steps = steps(for: range)
        var bytes: [UInt8] = []
        for step in steps {
            guard let shown = step.undo(try read(step.source)) else { return nil }
            if steps.count == 1 { return shown }
            bytes += shown
        }
        return bytes
    }
}
