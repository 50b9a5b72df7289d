/// How the head of a message is written, but for what changes from head to head: names, numbers, and the half of the day, which
/// stands in some heads only where a clock of twelve hours is mixed with one of 24.
///
/// An export is written at one time by one formatter, in the language and with the settings that the phone has then. So all heads
/// of an export have one form, however often the phone's language has changed since the messages were sent. Texts without
/// brackets in which the length of the year and the seconds change from line to line are around, so these count in brackets alone.
struct WhatsAppForm: Hashable {
    /// How the year is written.
    enum Year: Hashable {
        /// With two digits, like day and month.
        case short
        /// With all its digits.
        case long(isFirst: Bool)
        /// With the letter of an era, or a word that it is a year.
        case era(isFirst: Bool)

        /// Whether it surely stands first.
        var isFirst: Bool { self == .long(isFirst: true) || self == .era(isFirst: true) }
    }

    private struct Brackets: Hashable {
        let year: Year
        let hasSeconds: Bool
    }

    private let isTimeFirst: Bool
    private let dateMark: Unicode.Scalar
    private let isYearFirst: Bool
    private let brackets: Brackets?

    /// - Parameter dateMark: what stands between the date's numbers.
    init(isBracketed: Bool, isTimeFirst: Bool, dateMark: Unicode.Scalar, year: Year, hasSeconds: Bool) {
        self.isTimeFirst = isTimeFirst
        self.dateMark = dateMark
        isYearFirst = year.isFirst
        brackets = isBracketed ? Brackets(year: year, hasSeconds: hasSeconds) : nil
    }
}
