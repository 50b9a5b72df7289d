/// A polynomial over GF(2); bit n is the coefficient of xⁿ.
///
/// A repository's `config` holds one, irreducible and of degree 53, so that equal data is cut the same way within a
/// repository and nobody outside can recognise files by the sizes of their chunks.
public struct Polynomial: RawRepresentable, Hashable, Sendable {
    /// Degree of the polynomials that restic's chunker uses.
    public static let chunkerDegree = 53

    /// Bit i is the coefficient of x^i.
    public let rawValue: UInt64

    /// Takes the coefficients as bits.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Reads `config`'s spelling: hexadecimal digits without a prefix.
    public init?(hex: String) {
        guard !hex.isEmpty, hex.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt64(hex, radix: 16)
        else { return nil }
        rawValue = value
    }

    /// Lowercase hexadecimal digits without a prefix, as in `config`.
    public var hex: String { String(rawValue, radix: 16) }

    /// The highest power of x, -1 for the zero polynomial.
    public var degree: Int { 63 - rawValue.leadingZeroBitCount }

    /// Whether the chunker can work with it: degree 53 and irreducible.
    public var isUsableForChunking: Bool { degree == Self.chunkerDegree && isIrreducible }

    /// Whether no polynomial of a smaller positive degree divides it (Ben-Or's test, as restic's chunker uses).
    public var isIrreducible: Bool {
        guard degree > 0 else { return false }
        for power in 1..<max(2, degree / 2 + 1) where degree > 1 {
            guard greatestCommonDivisor(powerDifference(power)).rawValue == 1 else { return false }
        }
        return true
    }

    /// A random irreducible polynomial of degree 53 for a new repository.
    ///
    /// One in 53 candidates is irreducible, half of them after the lowest bit is set, so this takes some thirty tries.
    public static func random(using generator: inout some RandomNumberGenerator) -> Polynomial {
        while true {
            let bits = UInt64.random(in: 0..<(1 << UInt64(chunkerDegree)), using: &generator)
            let candidate = Polynomial(rawValue: bits | 1 << UInt64(chunkerDegree) | 1)
            if candidate.isIrreducible { return candidate }
        }
    }

    /// A random irreducible polynomial of degree 53 from the system's generator.
    public static func random() -> Polynomial {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    /// The remainder of a division; `divisor` is not zero.
    package func remainder(dividingBy divisor: Polynomial) -> Polynomial {
        var rest = rawValue
        let degree = divisor.degree
        while rest != 0 {
            let shift = 63 - rest.leadingZeroBitCount - degree
            guard shift >= 0 else { break }
            rest ^= divisor.rawValue << UInt64(shift)
        }
        return Polynomial(rawValue: rest)
    }

    /// The greatest common divisor.
    package func greatestCommonDivisor(_ other: Polynomial) -> Polynomial {
        var (a, b) = (self, other)
        while b.rawValue != 0 { (a, b) = (b, a.remainder(dividingBy: b)) }
        return a
    }

    /// x^(2^power) - x modulo this polynomial.
    private func powerDifference(_ power: Int) -> Polynomial {
        var value = Polynomial(rawValue: 2).remainder(dividingBy: self)
        for _ in 0..<power { value = value.multiplied(by: value, modulo: self) }
        return Polynomial(rawValue: value.rawValue ^ 2).remainder(dividingBy: self)
    }

    private func multiplied(by factor: Polynomial, modulo: Polynomial) -> Polynomial {
        var result: UInt64 = 0
        let top = UInt64(1) << UInt64(modulo.degree)
        var shifted = remainder(dividingBy: modulo).rawValue
        var bits = factor.remainder(dividingBy: modulo).rawValue
        while bits != 0 {
            if bits & 1 == 1 { result ^= shifted }
            bits >>= 1
            shifted <<= 1
            if shifted & top != 0 { shifted ^= modulo.rawValue }
        }
        return Polynomial(rawValue: result)
    }
}
