import Foundation

/// SplitMix64: the same numbers from the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    /// A new seed, printed so that a failure can be run again with `CHATARK_SEED`.
    static func printed(_ test: String) -> SeededGenerator {
        let given = ProcessInfo.processInfo.environment["CHATARK_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
        print("\(test): seed \(seed)")
        return SeededGenerator(seed: seed)
    }

    /// Text with quotes, controls, several scripts and emoji.
    mutating func text(_ longest: Int = 12) -> String {
        let pieces = [
            "a", "B", "7", " ", "\"", "\\", "\n", "\u{1}", "/", "é", "张", "伟", "ש", "👨‍👩‍👧", "\u{200E}", "\u{2028}", "x: ",
        ]
        return (0..<Int.random(in: 0...longest, using: &self)).map { _ in pieces.randomElement(using: &self) ?? "" }
            .joined()
    }
}
