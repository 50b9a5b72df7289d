/// What a polynomial contributes to every step of the rolling hash, worked out once per repository.
///
/// restic's step, for a digest d of 53 bits, a byte b that enters the window and a byte o that leaves it:
///
///     d ^= out[o];  d = (d << 8 | b) ^ reduce[d >> 45]
///
/// Both tables are linear over XOR, so `out` folds into one table that is applied after the shift, and two steps
/// combine into one with half the dependent loads:
///
///     d₁ = d << 8  ^ b₀            ^ reduce[d >> 45]                             ^ leave[o₀]
///     d₂ = d << 16 ^ b₀ << 8 ^ b₁  ^ reduceFar[d >> 45] ^ reduce[d >> 37 & 255]  ^ leaveFar[o₀] ^ leave[o₁]
final class ChunkTables: Sendable {
    let polynomial: Polynomial
    /// Four tables of 256: reduce, reduceFar, leave, leaveFar.
    let entries: [UInt64]

    static let reduce = 0
    static let reduceFar = 256
    static let leave = 512
    static let leaveFar = 768

    init(_ polynomial: Polynomial) {
        self.polynomial = polynomial
        let degree = UInt64(Polynomial.chunkerDegree)
        var reduce = [UInt64](repeating: 0, count: 256)
        for byte in 0..<UInt64(256) {
            // Bits above 53 cancel those that the shift by 8 leaves there.
            reduce[Int(byte)] = Self.remainder(byte, shiftedBy: degree, polynomial) ^ byte << degree
        }
        func advance(_ digest: UInt64) -> UInt64 { digest << 8 ^ reduce[Int(digest >> (degree - 8))] }

        var leave = [UInt64](repeating: 0, count: 256)
        var leaveFar = leave
        var reduceFar = leave
        for byte in 0..<256 {
            var digest = UInt64(byte)
            for _ in 0..<(Chunker.windowSize - 1) { digest = advance(digest) }
            leave[byte] = advance(digest)
            leaveFar[byte] = advance(leave[byte])
            // The top byte after the second step; the XOR cancels what d << 16 leaves of it above bit 53.
            let first = Self.remainder(UInt64(byte), shiftedBy: degree, polynomial)
            reduceFar[byte] = advance(first) ^ UInt64(byte) << (degree + 8)
        }
        entries = reduce + reduceFar + leave + leaveFar
    }

    /// (value · x^shift) mod polynomial, for values of any degree up to 7.
    private static func remainder(_ value: UInt64, shiftedBy shift: UInt64, _ polynomial: Polynomial) -> UInt64 {
        var value = value
        for _ in 0..<shift {
            value <<= 1
            if value >> UInt64(Polynomial.chunkerDegree) & 1 == 1 { value ^= polynomial.rawValue }
        }
        return value
    }
}
