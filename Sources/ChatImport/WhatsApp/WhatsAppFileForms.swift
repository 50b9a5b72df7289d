import ChatModel

/// The forms of a file's heads, which of them are its own, and the order of the dates of each.
///
/// All heads are noted; when they have several forms, they are noted again.
struct WhatsAppFileForms {
    /// What no message of the file is later than.
    let latest: CivilTime
    private(set) var ownHeads = WhatsAppOwnHeads()
    private var first: WhatsAppForm?
    private var orders: [WhatsAppForm: WhatsAppDateOrder] = [:]

    init(latest: CivilTime) { self.latest = latest }

    mutating func note(_ header: WhatsAppHeader) {
        if first == nil { first = header.form }
        orders[header.form, default: WhatsAppDateOrder(latest: latest)].note(header.stamp)
    }

    var hasHeads: Bool { first != nil }
    var areSeveral: Bool { orders.count > 1 }

    mutating func noteAgain(_ header: WhatsAppHeader, line: Int, offset: Int) {
        ownHeads.note(.init(form: header.form, time: wallTime(of: header), line: line, offset: offset))
    }

    /// Tells that all heads were noted again.
    mutating func end() { ownHeads.end() }

    /// The forms of the file's own heads.
    var own: Set<WhatsAppForm> { Set(ownHeads.changes.map(\.form)).union(first.map { [$0] } ?? []) }

    /// Whether the file does not tell an order of its own heads.
    var isOrderAssumed: Bool { own.contains { orders[$0]?.isAssumed ?? false } }

    /// The wall time of a head; nil for one that no calendar has.
    func wallTime(of header: WhatsAppHeader) -> CivilTime? {
        guard let order = orders[header.form] else { return header.stamp.wallTime(preferring: .dayFirst) }
        // What few lines do not tell is as it is in the file's first form.
        let known = order.isAssumed ? first.flatMap { orders[$0] } ?? order : order
        return header.stamp.wallTime(preferring: known.order)
    }
}
