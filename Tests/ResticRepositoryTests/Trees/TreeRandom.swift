/// SplitMix64: the same numbers from the same seed, everywhere.
struct TreeRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    /// Little-endian words cut to `count` bytes.
    static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var generator = TreeRandom(seed: seed)
        let words = (0..<(count + 7) / 8).map { _ in generator.next().littleEndian }
        return words.withUnsafeBytes { Array($0.prefix(count)) }
    }
}
