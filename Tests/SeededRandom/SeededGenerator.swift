import Foundation

/// Random numbers that their seed repeats, everywhere (SplitMix64; Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators", 2014).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    /// What repeats the sequence.
    package let seed: UInt64
    private var state: UInt64

    /// Starts the sequence of a seed.
    package init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    /// A new seed, printed so that a failure can be run again with `CHATARK_SEED`.
    package static func printed(_ test: String) -> SeededGenerator {
        let given = ProcessInfo.processInfo.environment["CHATARK_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
        print("\(test): seed \(seed)")
        return SeededGenerator(seed: seed)
    }

    /// True `percent` times of a hundred.
    package mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    /// One of the elements.
    package mutating func one<Element>(of elements: [Element]) -> Element {
        elements[Int.random(in: elements.indices, using: &self)]
    }

    /// A range within bounds; it may be empty.
    package mutating func range(in bounds: Range<Int>) -> Range<Int> {
        let start = Int.random(in: bounds, using: &self)
        return start..<Int.random(in: start...bounds.upperBound, using: &self)
    }

    /// Bytes that no compressor makes smaller: little-endian words, the last one cut.
    package mutating func bytes(_ count: Int) -> [UInt8] {
        let words = (0..<(count + 7) / 8).map { _ in next().littleEndian }
        return words.withUnsafeBytes { Array($0.prefix(count)) }
    }

    /// The first bytes of a seed's sequence.
    package static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return generator.bytes(count)
    }

    /// Text with quotes, controls, several scripts and emoji.
    package mutating func text(_ longest: Int = 12) -> String {
        let pieces = [
            "a", "B", "7", " ", "\"", "\\", "\n", "\u{1}", "/", "é", "张", "伟", "ש", "👨‍👩‍👧", "\u{200E}", "\u{2028}", "x: ",
        ]
        return (0..<Int.random(in: 0...longest, using: &self)).map { _ in pieces.randomElement(using: &self) ?? "" }
            .joined()
    }
}
