/// A calendar month; what one segment of a conversation holds.
public struct Month: Hashable, Sendable, Comparable {
    /// Months since year 0: `year * 12 + month - 1`.
    public let number: Int

    /// A month by its number since year 0.
    public init(number: Int) { self.number = number }

    /// The month in which a wall time lies.
    public init(of time: CivilTime) { number = time.year * 12 + time.month - 1 }

    /// Reads `2021-09`. A zone may show the last hours of the year 9999 as `10000-01`.
    public init?(_ text: some StringProtocol) {
        let fields = text.split(separator: "-", omittingEmptySubsequences: false)
        guard fields.count == 2, let year = Int(fields[0]), let month = Int(fields[1]), (0...10_000).contains(year),
            (1...12).contains(month)
        else { return nil }
        number = year * 12 + month - 1
        guard description == text else { return nil }
    }

    /// Orders by time.
    public static func < (left: Month, right: Month) -> Bool { left.number < right.number }
}

extension Month: CustomStringConvertible {
    /// `2021-09`.
    public var description: String {
        let year = String(number / 12)
        let month = String(number % 12 + 1)
        return String(repeating: "0", count: max(0, 4 - year.count)) + year + (month.count == 1 ? "-0" : "-") + month
    }
}
