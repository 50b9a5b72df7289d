/// The objects and arrays that are open at a place of a text, the innermost last; the first 64 take no memory of their own.
struct OpenBrackets {
    /// The 64 outermost, a bit each: set for an object.
    private var bits: UInt64 = 0
    private var deeper: [Bool] = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// What closes the innermost one.
    var last: UInt8? {
        guard count > 0 else { return nil }
        let isObject = deeper.last ?? (bits & 1 << UInt64(count - 1) != 0)
        return isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
    }

    /// Opens an object or an array with its bracket.
    mutating func open(_ bracket: UInt8) {
        let isObject = bracket == UInt8(ascii: "{")
        if count >= 64 {
            deeper.append(isObject)
        } else if isObject {
            bits |= 1 << UInt64(count)
        } else {
            bits &= ~(1 << UInt64(count))
        }
        count += 1
    }

    mutating func removeLast() {
        if !deeper.isEmpty { deeper.removeLast() }
        count -= 1
    }
}
