import ChatModel

/// Finds out whether the day, the month or the year comes first in a file's dates.
///
/// Of day and month: a number above 12 is a day. When none is, the order in which time goes back less often is taken; when both
/// are as good, the day is assumed to come first, which `isAssumed` tells.
///
/// A year of two digits comes first when time goes back less often so and fewer dates lie before WhatsApp's first year or after
/// the export was made; and when that is equal, if the words for the half of the day are of those who write it first.
struct WhatsAppDateOrder {
    /// What comes first.
    enum Order { case dayFirst, monthFirst, yearFirst }

    /// The year in which WhatsApp came out.
    private static let firstYear = 2009

    /// How well an order fits.
    private struct Fit {
        let order: Order
        var stepsBack = 0
        var impossible = 0
        private var previous: CivilTime?

        init(_ order: Order) { self.order = order }

        var faults: Int { stepsBack + impossible }

        mutating func note(_ stamp: WhatsAppStamp, latest: CivilTime) {
            guard let time = stamp.wallTime(order) else { return impossible += 1 }
            if let previous, time < previous { stepsBack += 1 }
            if time.year < WhatsAppDateOrder.firstYear || time > latest { impossible += 1 }
            previous = time
        }
    }

    /// What no message of the file is later than.
    private let latest: CivilTime
    private var day = Fit(.dayFirst)
    private var month = Fit(.monthFirst)
    private var year = Fit(.yearFirst)
    private var firstAbove12 = 0
    private var secondAbove12 = 0
    private var isNeeded = false
    private var mayBeYearFirst = false
    private var expectsYearFirst = false

    init(latest: CivilTime) { self.latest = latest }

    mutating func note(_ stamp: WhatsAppStamp) {
        guard stamp.year != .first else { return }
        isNeeded = true
        if stamp.date.0 > 12 { firstAbove12 += 1 }
        if stamp.date.1 > 12 { secondAbove12 += 1 }
        day.note(stamp, latest: latest)
        month.note(stamp, latest: latest)
        guard stamp.year == .open else { return }
        mayBeYearFirst = true
        if stamp.expectsYearFirst { expectsYearFirst = true }
        year.note(stamp, latest: latest)
    }

    var order: Order {
        let best = isDayFirst ? day : month
        guard mayBeYearFirst, year.faults < best.faults || year.faults == best.faults && expectsYearFirst else {
            return best.order
        }
        return .yearFirst
    }

    private var isDayFirst: Bool {
        if firstAbove12 != secondAbove12 { return firstAbove12 > secondAbove12 }
        return day.stepsBack <= month.stepsBack
    }

    /// Whether the file does not tell.
    var isAssumed: Bool {
        isNeeded && order != .yearFirst && firstAbove12 == secondAbove12 && day.stepsBack == month.stepsBack
    }
}
