/// The words that stand in the stamps of messages, in the languages of WhatsApp's users. Where a locale has them: Unicode CLDR, day
/// periods and date formats.
enum WhatsAppStampWords {
    /// A word and what it means.
    struct Word<Meaning: Sendable>: Sendable {
        /// In lower case.
        let scalars: [Unicode.Scalar]
        let meaning: Meaning
    }

    /// A part of the day that the hours of a clock with twelve are of.
    struct Half: Sendable {
        enum Part: Sendable { case morning, noon, afternoon }

        let part: Part
        /// Whether most of those who write it put the year first, also when it has two digits.
        var isYearFirst = false

        /// The hour of a clock with 24.
        func of24(_ hour: Int) -> Int {
            switch part {
            case .morning: hour == 12 ? 0 : hour
            // From 11 to 2.
            case .noon: hour < 11 ? hour + 12 : hour
            case .afternoon: hour < 12 ? hour + 12 : hour
            }
        }
    }

    /// The parts of the day, before or behind a time.
    static let halves: [Word<Half>] = words(
        [
            (
                ["오전", "새벽", "上午", "午前", "凌晨", "清晨", "早晨", "早上", "午夜"],
                Half(part: .morning, isYearFirst: true)
            ),
            (["오후", "저녁", "下午", "午後", "傍晚", "晚上"], Half(part: .afternoon, isYearFirst: true)),
            (["中午", "正午"], Half(part: .noon, isYearFirst: true)),
            (
                [
                    "a. m.", "am", "ص", "ጥዋት", "öö", "π. μ.", "πμ", "sa", "pg",
                    "vm.", "vm", "fm", "f. h.", "ap.", "de.", "dop.", "пр. об.", "дп", "p. d.", "priekšp.",
                    "priešpiet", "ق. ظ.", "לפנה״צ", "לפנה\"צ", "पूर्वाह्न", "म. पू.", "முற்பகல்", "ಪೂರ್ವಾಹ್ನ", "ก่อนเที่ยง",
                ], Half(part: .morning)
            ),
            (
                [
                    "p. m.", "pm", "م", "ከሰዓት", "ös", "μ. μ.", "μμ", "ch", "ptg", "nm.", "nm", "em",
                    "e. h.", "ip.", "du.", "odp.", "pop.", "сл. об.", "пп", "m. d.", "pēcp.", "popiet", "ب. ظ.",
                    "אחה״צ", "אחה\"צ", "अपराह्न", "म. उ.", "பிற்பகல்", "ಅಪರಾಹ್ನ", "หลังเที่ยง",
                ], Half(part: .afternoon)
            ),
        ])

    /// What may stand between a date and a time, with a space behind it.
    static let betweenDateAndTime: [Word<Void>] = words(
        [
            (
                [
                    "klo", "kl.", "kl", "à", "às", "as", "a las", "a les", "um", "om", "at", "alle", "alle ore", "ore",
                    "u",
                    "ob", "o", "la", "в", "о", "об", "у", "pukul", "jam", "lúc", "vào lúc", "στις", "saat", "kello",
                ], ()
            )
        ])

    /// What may stand behind a time of 24 hours.
    static let hours: [Word<Void>] = words([(["น."], ())])

    /// What may stand behind a year: an era, or that it is one.
    static let years: [Word<Void>] = words([(["be", "พ.ศ.", "г.", "р.", "г"], ())])

    /// Longer words first, so that none hides behind its beginning.
    private static func words<Meaning>(_ meanings: [([String], Meaning)]) -> [Word<Meaning>] {
        meanings.flatMap { (spellings, meaning) in
            spellings.map { Word(scalars: $0.unicodeScalars.map(lowercase), meaning: meaning) }
        }
        .sorted { $0.scalars.count > $1.scalars.count }
    }

    /// A letter in lower case.
    static func lowercase(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        if scalar.isASCII {
            return (0x41...0x5A).contains(scalar.value) ? Unicode.Scalar(UInt8(scalar.value | 0x20)) : scalar
        }
        return scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
    }
}
