/// Spans of time on the command line: `90s`, `30m`, `8h`, `2d`.
enum TimeSpan {
    /// The longest: thirty days.
    static let limit = 30 * 86400

    /// Seconds.
    static func parse(_ text: String) throws(CommandError) -> UInt32 {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int(text.dropLast()), number > 0,
            case let (seconds, overflow) = number.multipliedReportingOverflow(by: unit), !overflow, seconds <= limit
        else { throw .badTimeSpan(text) }
        return UInt32(seconds)
    }
}
