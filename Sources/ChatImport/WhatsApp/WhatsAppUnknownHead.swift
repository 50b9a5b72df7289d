/// Lines that look like the head of a message in a form that is not known.
enum WhatsAppUnknownHead {
    /// Scalars of a line that are looked at.
    private static let reach = 96

    /// Whether a line begins with the numbers of a date and of a time, in whatever order and with whatever words, then a dash or
    /// the end of a bracket, and then what may be a name and a colon.
    static func begins(_ line: String) -> Bool {
        var scalars = line.unicodeScalars[...]
        while let first = scalars.first, DirectionMarks.contains(first) { scalars.removeFirst() }
        let isBracketed = scalars.first == "["
        if isBracketed { scalars.removeFirst() }
        guard let first = scalars.first, digit(first) != nil else { return false }

        var numbers: [(value: Int, digits: Int)] = []
        var previous: Unicode.Scalar?
        for place in scalars.indices.prefix(reach) {
            let scalar = scalars[place]
            if let digit = digit(scalar) {
                if let last = numbers.last, previous.flatMap({ Self.digit($0) }) != nil {
                    guard last.digits < 4 else { return false }
                    numbers[numbers.count - 1] = (last.value * 10 + digit, last.digits + 1)
                } else {
                    guard numbers.count < 6 else { return false }
                    numbers.append((digit, 1))
                }
            } else if isBracketed
                ? scalar == "]" : (scalar == "-" || scalar == "–") && previous?.properties.isWhitespace == true
            {
                return isDateAndTime(numbers.map(\.value)) && beginsWithName(scalars[place...].dropFirst())
            }
            previous = scalar
        }
        return false
    }

    private static func digit(_ scalar: Unicode.Scalar) -> Int? {
        if scalar.isASCII { return (0x30...0x39).contains(scalar.value) ? Int(scalar.value - 0x30) : nil }
        guard scalar.properties.numericType == .decimal else { return nil }
        return scalar.properties.numericValue.map { Int($0) }
    }

    private static func beginsWithName(_ rest: Substring.UnicodeScalarView) -> Bool {
        let name = rest.drop { $0.properties.isWhitespace || DirectionMarks.contains($0) }
        // Behind a dash a number is the end of a span of time.
        guard let first = name.first, digit(first) == nil else { return false }
        return name.prefix(reach).contains(":")
    }

    private static func isDateAndTime(_ numbers: [Int]) -> Bool {
        guard numbers.count >= 5 else { return false }
        return isDate(numbers.prefix(3)) && isTime(numbers.dropFirst(3))
            || isDate(numbers.suffix(3)) && isTime(numbers.dropLast(3))
    }

    private static func isDate(_ numbers: ArraySlice<Int>) -> Bool {
        let sorted = numbers.sorted()
        return (1...12).contains(sorted[0]) && sorted[1] <= 31 && (sorted[2] < 100 || (1900...2700).contains(sorted[2]))
    }

    private static func isTime(_ numbers: ArraySlice<Int>) -> Bool {
        numbers.first.map { $0 <= 24 } == true && numbers.dropFirst().allSatisfy { $0 < 61 }
    }
}
