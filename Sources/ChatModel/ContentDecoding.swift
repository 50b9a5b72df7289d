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
            guard source.lowerBound >= 0, shown >= 0 else { return nil }
            let count = source.upperBound - source.lowerBound
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

    /// The most pieces that a decoding has.
    public static let pieceLimit = 64

    /// In the order in which they are shown.
    public let pieces: [Piece]
    /// The bytes that are shown.
    public let size: Int64
    /// The bytes that the file must have at least.
    public let sourceEnd: Int64

    /// A decoding; nil when it has no piece or too many, or more bytes than fit a number.
    public init?(_ pieces: [Piece]) {
        guard !pieces.isEmpty, pieces.count <= Self.pieceLimit else { return nil }
        var size: Int64 = 0
        var end: Int64 = 0
        for piece in pieces {
            let (sum, overflow) = size.addingReportingOverflow(piece.shown)
            guard !overflow else { return nil }
            size = sum
            end = max(end, piece.source.upperBound)
        }
        self.pieces = pieces
        self.size = size
        sourceEnd = end
    }
}

extension ContentDecoding {
    /// As text, for a line of JSON.
    public var text: String {
        pieces.map { piece in
            let (offset, length) = (piece.source.lowerBound, piece.source.upperBound - piece.source.lowerBound)
            switch piece.method {
            case .copy: return "copy:\(offset):\(length)"
            case .xor(let byte): return "xor:\(byte):\(offset):\(length)"
            case .aes(let key): return "aes:\(Self.hex(key)):\(offset):\(length):\(piece.shown)"
            }
        }.joined(separator: " ")
    }

    /// Reads what `text` writes; nil for anything else.
    public init?(text: String) {
        // The longest piece has 6 + 32 + 3 × 20 characters.
        guard text.utf8.count <= Self.pieceLimit * 100 else { return nil }
        var pieces: [Piece] = []
        for word in text.utf8.split(separator: 0x20, omittingEmptySubsequences: false) {
            guard pieces.count < Self.pieceLimit, let piece = Self.piece(word) else { return nil }
            pieces.append(piece)
        }
        self.init(pieces)
    }

    private static func piece(_ word: Substring.UTF8View) -> Piece? {
        let fields = word.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        switch (fields[0].elementsEqual("copy".utf8), fields[0].elementsEqual("xor".utf8), fields.count) {
        case (true, _, 3):
            guard let source = range(fields[1], fields[2]) else { return nil }
            return Piece(.copy, source: source, shown: source.upperBound - source.lowerBound)
        case (_, true, 4):
            guard let number = number(fields[1]), let byte = UInt8(exactly: number),
                let source = range(fields[2], fields[3])
            else { return nil }
            return Piece(.xor(byte), source: source, shown: source.upperBound - source.lowerBound)
        default:
            guard fields[0].elementsEqual("aes".utf8), fields.count == 5, let key = bytes(fields[1]),
                let source = range(fields[2], fields[3]), let shown = number(fields[4])
            else { return nil }
            return Piece(.aes(key: key), source: source, shown: shown)
        }
    }

    private static func range(_ offset: Substring.UTF8View, _ length: Substring.UTF8View) -> Range<Int64>? {
        guard let start = number(offset), let length = number(length) else { return nil }
        let (end, overflow) = start.addingReportingOverflow(length)
        return overflow ? nil : start..<end
    }

    private static func number(_ digits: Substring.UTF8View) -> Int64? {
        guard !digits.isEmpty else { return nil }
        var number: Int64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            let (tens, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = tens.addingReportingOverflow(Int64(digit - 0x30))
            guard !isTooLarge, !overflows else { return nil }
            number = sum
        }
        return number
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func bytes(_ hex: Substring.UTF8View) -> [UInt8]? {
        guard hex.count == 32 else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in hex {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = digit - UInt8(ascii: "A") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }
}
