/// How the bytes that a person knows come out of a file that a messenger keeps in disguise: pieces of the file, in
/// order, each as it is or undone in one way. Any range of the shown bytes needs only the pieces that it touches.
///
/// As text, pieces are separated by spaces, numbers are decimal, keys are hex:
/// `copy:OFFSET:LENGTH` · `xor:BYTE:OFFSET:LENGTH` · `aes:KEY:OFFSET:LENGTH:SHOWN`
public struct ContentDecoding: Hashable, Sendable {
    /// How the bytes of a piece are undone.
    public enum Method: Hashable, Sendable {
        /// They are as they are.
        case copy
        /// Every byte was changed by exclusive or with one byte.
        case xor(UInt8)
        /// AES-128 in ECB mode with a key of 16 bytes.
        case aes(key: [UInt8])
    }

    /// A piece of the file.
    public struct Piece: Hashable, Sendable {
        /// How it is undone.
        public let method: Method
        /// Where it begins in the file, and how many bytes it has there.
        public let source: Range<Int64>
        /// How many bytes of it are shown: fewer than it has only where the cipher filled up a block.
        public let shown: Int64

        /// A piece; nil when it contradicts itself (whole blocks and at most as many shown for AES, the same number
        /// otherwise).
        public init?(_ method: Method, source: Range<Int64>, shown: Int64) {
            let count = Int64(source.count)
            guard source.lowerBound >= 0, shown >= 0 else { return nil }
            if case .aes(let key) = method {
                guard key.count == 16, count % 16 == 0, shown <= count else { return nil }
            } else {
                guard shown == count else { return nil }
            }
            self.method = method
            self.source = source
            self.shown = shown
        }
    }

    /// In the order in which they are shown.
    public let pieces: [Piece]
    /// The bytes that are shown.
    public let size: Int64

    /// A decoding; nil when it has no piece, or more bytes than fit a number.
    public init?(_ pieces: [Piece]) {
        guard !pieces.isEmpty else { return nil }
        var size: Int64 = 0
        for piece in pieces {
            let (sum, overflow) = size.addingReportingOverflow(piece.shown)
            guard !overflow else { return nil }
            size = sum
        }
        self.pieces = pieces
        self.size = size
    }
}
