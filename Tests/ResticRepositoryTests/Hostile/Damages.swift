/// Every way to cut bytes short, then every way to flip one of their bits.
struct Damages {
    let bytes: [UInt8]

    var count: Int { bytes.count * 9 }

    /// What has become of the bytes in the damage of that number; it always differs from them.
    func damaged(_ number: Int) -> [UInt8] {
        guard number >= bytes.count else { return Array(bytes[..<number]) }
        var changed = bytes
        let bit = number - bytes.count
        changed[bit / 8] ^= 1 << UInt8(bit % 8)
        return changed
    }

    /// Words for a failure.
    func description(of number: Int) -> String {
        let bit = number - bytes.count
        return bit < 0 ? "cut to \(number) of \(bytes.count) bytes" : "bit \(bit % 8) of byte \(bit / 8) flipped"
    }
}
