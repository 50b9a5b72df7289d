import ChatModel

/// Finds out whether the day or the month comes first in a file's dates.
///
/// A number above 12 is a day. When none is, the order in which time goes back less often is taken; when both are as
/// good, the day is assumed to come first, which `isAssumed` tells.
struct WhatsAppDateOrder {
    private var firstAbove12 = 0
    private var secondAbove12 = 0
    private var stepsBack = (dayFirst: 0, monthFirst: 0)
    private var previous: (dayFirst: CivilTime?, monthFirst: CivilTime?)
    private var isNeeded = false

    mutating func note(_ stamp: WhatsAppStamp) {
        guard !stamp.isYearFirst else { return }
        isNeeded = true
        if stamp.date.0 > 12 { firstAbove12 += 1 }
        if stamp.date.1 > 12 { secondAbove12 += 1 }
        let dayFirst = stamp.wallTime(dayFirst: true)
        let monthFirst = stamp.wallTime(dayFirst: false)
        if let dayFirst, let before = previous.dayFirst, dayFirst < before { stepsBack.dayFirst += 1 }
        if let monthFirst, let before = previous.monthFirst, monthFirst < before { stepsBack.monthFirst += 1 }
        previous = (dayFirst ?? previous.dayFirst, monthFirst ?? previous.monthFirst)
    }

    /// Whether the day comes first.
    var isDayFirst: Bool {
        if firstAbove12 != secondAbove12 { return firstAbove12 > secondAbove12 }
        return stepsBack.dayFirst <= stepsBack.monthFirst
    }

    /// Whether the file does not tell.
    var isAssumed: Bool {
        isNeeded && firstAbove12 == secondAbove12 && stepsBack.dayFirst == stepsBack.monthFirst
    }
}
