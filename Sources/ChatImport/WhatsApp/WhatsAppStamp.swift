import ChatModel

/// The date and time at the head of a WhatsApp message, before it is known which of two numbers is the day.
///
///     [3/27/22, 21:41:35] Name: text          iOS; also without comma, with dots, time first, AM and PM, Arabic digits
///     27/03/2022, 13:31 - Name: text          Android; also 27.03.22, 2022/03/27, 13.6.2018 klo 21.25.15, 1:55 p. m.,
///                                             2022. 3. 27. 오후 1:31, 27.03.22 г., 13:31, 2022/3/28 清晨5:05, 13 h 31
struct WhatsAppStamp {
    /// Where the year stands.
    enum YearPlace {
        case first, last
        /// Two digits may be the year at either end.
        case open
    }

    /// The three numbers of the date, as written.
    var date: (Int, Int, Int)
    var year: YearPlace
    /// Whether the words for the half of the day are of those who mostly put the year first.
    var expectsYearFirst = false
    var hour: Int
    var minute: Int
    var second: Int

    /// The wall time in an order of the numbers; nil when no calendar has it.
    func wallTime(_ order: WhatsAppDateOrder.Order) -> CivilTime? {
        let (year, month, day) =
            switch (self.year, order) {
            case (.first, _), (.open, .yearFirst): (date.0, date.1, date.2)
            case (_, .monthFirst): (date.2, date.0, date.1)
            case (_, .dayFirst), (.last, .yearFirst): (date.2, date.1, date.0)
            }
        return CivilTime(
            year: Self.whole(year), month: month, day: day, hour: hour, minute: minute, second: second)
    }

    /// The same, in another order where the calendar has it in that one alone.
    func wallTime(preferring order: WhatsAppDateOrder.Order) -> CivilTime? {
        wallTime(order) ?? wallTime(.dayFirst) ?? wallTime(.monthFirst)
    }

    /// Two digits are of this century; a Buddhist year is 543 ahead.
    private static func whole(_ year: Int) -> Int {
        year < 100 ? 2000 + year : year >= 2400 && year < 2700 ? year - 543 : year
    }
}

/// A line that begins a message.
struct WhatsAppHeader {
    var stamp: WhatsAppStamp
    /// How its stamp is written.
    var form: WhatsAppForm
    /// Whether the stamp stands in brackets, as iOS writes it.
    var isBracketed: Bool
    /// Whether a direction mark stands before it, as iOS does for media.
    var isMarked: Bool
    /// What follows the stamp: a name, a colon and a text, or a line of the platform's own.
    var rest: Substring

    /// Reads the head of a line; nil when it continues the message before.
    init?(_ line: Substring) {
        var scanner = StampScanner(line)
        isMarked = scanner.skipMarks()
        isBracketed = scanner.take("[")
        guard let (stamp, form) = scanner.stamp(isBracketed: isBracketed) else { return nil }
        if isBracketed {
            guard scanner.take("]") else { return nil }
            scanner.skipSpaces(atMost: 1)
        } else {
            scanner.skipSpaces(atMost: 1)
            guard scanner.take("-") || scanner.take("–") || scanner.take(":") else { return nil }
            guard scanner.skipSpaces(atMost: 1) || scanner.isAtEnd else { return nil }
        }
        rest = scanner.rest
        // "10:00 - 12:00: dentist" is a span of time that somebody typed.
        guard isBracketed || !Self.beginsWithTime(rest) else { return nil }
        (self.stamp, self.form) = (stamp, form)
    }

    private static func beginsWithTime(_ rest: Substring) -> Bool {
        let hour = rest.utf8.prefix { (0x30...0x39).contains($0) }
        guard (1...2).contains(hour.count), rest.utf8.dropFirst(hour.count).first == UInt8(ascii: ":") else {
            return false
        }
        return rest.utf8.dropFirst(hour.count + 1).prefix { (0x30...0x39).contains($0) }.count == 2
    }
}

/// Reads the parts of a stamp, passing over direction marks, which WhatsApp puts anywhere.
private struct StampScanner {
    private var text: Substring.UnicodeScalarView

    init(_ line: Substring) { text = line.unicodeScalars }

    var rest: Substring { Substring(text) }
    var isAtEnd: Bool { text.isEmpty }

    @discardableResult
    mutating func skipMarks() -> Bool {
        var found = false
        while let scalar = text.first, DirectionMarks.contains(scalar) {
            text.removeFirst()
            found = true
        }
        return found
    }

    private mutating func next() -> Unicode.Scalar? {
        skipMarks()
        return text.first
    }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next() == scalar else { return false }
        text.removeFirst()
        return true
    }

    @discardableResult
    mutating func skipSpaces(atMost limit: Int = .max) -> Bool {
        var count = 0
        while count < limit, let scalar = next(), Self.isSpace(scalar) {
            text.removeFirst()
            count += 1
        }
        return count > 0
    }

    /// Space, no-break space, thin space, narrow no-break space.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\u{A0}" || scalar == "\u{2009}" || scalar == "\u{202F}" || scalar == "\t"
    }

    /// Decimal digits of any script, at most four.
    private mutating func number() -> (value: Int, digits: Int)? {
        var value = 0
        var digits = 0
        while digits < 5, let scalar = next(), scalar.properties.numericType == .decimal,
            let digit = scalar.properties.numericValue
        {
            value = value * 10 + Int(digit)
            digits += 1
            text.removeFirst()
        }
        return digits > 0 && digits < 5 ? (value, digits) : nil
    }

    mutating func stamp(isBracketed: Bool) -> (WhatsAppStamp, WhatsAppForm)? {
        let saved = text
        if let date = date(), separator(), let time = time() {
            return Self.stamp(date, time, WhatsAppForm(date, time, isBracketed: isBracketed, isTimeFirst: false))
        }
        text = saved
        if let time = time(), separator(), let date = date() {
            return Self.stamp(date, time, WhatsAppForm(date, time, isBracketed: isBracketed, isTimeFirst: true))
        }
        return nil
    }

    private static func stamp(_ date: WrittenDate, _ time: WrittenTime, _ form: WhatsAppForm)
        -> (WhatsAppStamp, WhatsAppForm)
    {
        let stamp = WhatsAppStamp(
            date: date.numbers, year: date.year == .short ? .open : date.year.isFirst ? .first : .last,
            expectsYearFirst: time.half?.isYearFirst ?? false, hour: time.hour, minute: time.minute,
            second: time.second ?? 0)
        return (stamp, form)
    }

    struct WrittenDate {
        var numbers: (Int, Int, Int)
        var mark: Unicode.Scalar
        var year: WhatsAppForm.Year
    }

    struct WrittenTime {
        var hour: Int
        var minute: Int
        var second: Int?
        var half: WhatsAppStampWords.Half?
    }

    /// Three numbers with the same separator: `/`, `.` (maybe with spaces, and behind the last too) or `-`; an era's letter, or a
    /// word for it or for the year, may stand at the year.
    private mutating func date() -> WrittenDate? {
        let era = eraStart()
        guard let first = number(), let mark = next(), mark == "/" || mark == "." || mark == "-" else { return nil }
        text.removeFirst()
        if mark == "." { skipSpaces() }
        guard let second = number(), take(mark) else { return nil }
        if mark == "." { skipSpaces() }
        let lateEra = eraStart()
        guard let third = number() else { return nil }
        if mark == "." { _ = take(".") }
        var date = WrittenDate(numbers: (first.value, second.value, third.value), mark: mark, year: .short)
        if let era {
            date.numbers.0 += era
            date.year = .era(isFirst: true)
            return date
        }
        if first.digits == 4 {
            date.year = .long(isFirst: true)
            return date
        }
        if let lateEra {
            date.numbers.2 += lateEra
            date.year = .era(isFirst: false)
        } else if third.digits > 2 {
            date.year = .long(isFirst: false)
        }
        // "2565 BE" and its like say the era in letters after the year, "22 г." that it is a year.
        let saved = text
        skipSpaces()
        if take(oneOf: WhatsAppStampWords.years) == nil {
            text = saved
        } else if date.year == .short {
            date.year = .era(isFirst: false)
        }
        return date
    }

    /// The year before the first of a Japanese era, from its letter.
    private mutating func eraStart() -> Int? {
        let eras: [(Unicode.Scalar, Int)] = [("R", 2018), ("H", 1988), ("S", 1925)]
        for (letter, start) in eras where take(letter) { return start }
        return nil
    }

    /// What stands between date and time: a comma of some script, a space, a short word such as the Finnish "klo".
    private mutating func separator() -> Bool {
        let hasComma = take(",") || take("،") || take("、")
        let hasSpace = skipSpaces()
        if hasSpace {
            let saved = text
            if take(oneOf: WhatsAppStampWords.betweenDateAndTime) == nil || !skipSpaces() { text = saved }
        }
        return hasComma || hasSpace
    }

    private mutating func time() -> WrittenTime? {
        let before = take(oneOf: WhatsAppStampWords.halves)
        if before != nil { skipSpaces() }
        guard let hour = number(), hour.digits <= 2, let (minute, second) = minuteAndSecond() else { return nil }
        let afterDigits = text
        skipSpaces()
        let after = take(oneOf: WhatsAppStampWords.halves)
        if after == nil, take(oneOf: WhatsAppStampWords.hours) == nil { text = afterDigits }
        guard hour.value <= 24, minute < 60, second ?? 0 < 61 else { return nil }
        // Some write midnight as the 24th hour of the day that begins.
        var value = hour.value == 24 ? 0 : hour.value
        let half = before ?? after
        if let half { value = half.of24(value) }
        return WrittenTime(hour: value, minute: minute, second: second, half: half)
    }

    /// `:31`, `.31:05`, ` h 31 min 05 s`.
    private mutating func minuteAndSecond() -> (Int, Int?)? {
        guard let mark = next() else { return nil }
        guard mark == ":" || mark == "." else {
            skipSpaces()
            guard take("h") else { return nil }
            skipSpaces()
            guard let minute = number(), minute.digits == 2 else { return nil }
            let saved = text
            skipSpaces()
            if take("m"), take("i"), take("n") {
                skipSpaces()
                if let second = number(), skipSpaces(), take("s") { return (minute.value, second.value) }
            }
            text = saved
            return (minute.value, nil)
        }
        text.removeFirst()
        guard let minute = number(), minute.digits == 2 else { return nil }
        let saved = text
        if take(mark), let second = number(), second.digits == 2 { return (minute.value, second.value) }
        text = saved
        return (minute.value, nil)
    }

    /// Passes over the first of some words that stands here, whatever the case of its letters, and returns what it means. A
    /// space in a word may lack, or be of another kind.
    private mutating func take<Meaning>(oneOf words: [WhatsAppStampWords.Word<Meaning>]) -> Meaning? {
        // Nearly always a digit, a dash or a bracket is next.
        guard let first = next(), !first.isASCII || first.properties.isAlphabetic else { return nil }
        let saved = text
        let head = WhatsAppStampWords.lowercase(first)
        for word in words where word.scalars.first == head {
            var isThere = true
            for scalar in word.scalars {
                if scalar == " " {
                    skipSpaces(atMost: 1)
                } else if let found = next(), WhatsAppStampWords.lowercase(found) == scalar {
                    text.removeFirst()
                } else {
                    isThere = false
                    break
                }
            }
            if isThere { return word.meaning }
            text = saved
        }
        return nil
    }
}

extension WhatsAppForm {
    fileprivate init(
        _ date: StampScanner.WrittenDate, _ time: StampScanner.WrittenTime, isBracketed: Bool, isTimeFirst: Bool
    ) {
        self.init(
            isBracketed: isBracketed, isTimeFirst: isTimeFirst, dateMark: date.mark, year: date.year,
            hasSeconds: time.second != nil)
    }
}

/// Invisible characters that WhatsApp puts around what it writes itself.
enum DirectionMarks {
    static func contains(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }

    /// A text without them.
    static func removed(from text: some StringProtocol) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { !contains($0) }))
    }
}
