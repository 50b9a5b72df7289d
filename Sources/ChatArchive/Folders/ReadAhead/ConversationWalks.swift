import ChatModel

/// Who goes from conversation to conversation, as grep does, and which ones to load ahead of them.
///
/// The second conversation in a row loads itself and four more, the next ones four times as many each time; of each, the
/// months that were looked into in the one before, so that who reads one year of everybody does not load all years.
struct ConversationWalks<Archive: Hashable> {
    /// The order in which somebody goes on: as folders list them, or by their names, as a shell's `*` does.
    enum Order: Hashable, CaseIterable { case listed, named }

    /// Where a conversation stands in each order.
    struct Place: Hashable {
        var listed: Int
        var named: Int

        subscript(order: Order) -> Int { order == .listed ? listed : named }
    }

    /// What to load.
    struct Load: Equatable {
        /// Positions in the order, the next first.
        let positions: Range<Int>
        let order: Order
        /// Nil: all months.
        let months: ClosedRange<Month>?
    }

    private struct Walk {
        var place: Place
        /// What was looked into in this conversation, and what it has.
        var months: ClosedRange<Month>?
        var all: ClosedRange<Month>?
        /// What was looked into in the one before; nil for all.
        var wanted: ClosedRange<Month>?
        var order: Order?
        /// Conversations behind `place` that were loaded.
        var ahead = 0
        var window = 0
    }

    private var walks = LeastRecentlyUsed<Archive, Walk>(budget: 16)
    private static var windowLimit: Int { 64 }
    /// Conversations that one who goes on may pass over, as they have nothing of what is read.
    private static var longestStep: Int { 8 }

    /// Notes that a conversation is looked into; returns what to load now.
    ///
    /// - Parameters:
    ///   - month: which of its months; nil for one who only lists them.
    ///   - all: from the conversation's first month to its last.
    ///   - count: how many conversations there are.
    mutating func note(
        _ archive: Archive, _ place: Place, _ month: Month? = nil, of all: ClosedRange<Month>? = nil, count: Int
    ) -> Load? {
        let months = month.map { $0...$0 }
        guard var walk = walks.value(archive) else {
            walks.insert(Walk(place: place, months: months, all: all), for: archive, cost: 1)
            return nil
        }
        defer { walks.insert(walk, for: archive, cost: 1) }
        guard place != walk.place else {
            if let month, let known = walk.months {
                walk.months = min(known.lowerBound, month)...max(known.upperBound, month)
            }
            return nil
        }
        let wanted = walk.months == walk.all ? nil : walk.months
        let order = walk.order ?? Order.allCases.first { place[$0] == walk.place[$0] + 1 }
        let step = order.map { place[$0] - walk.place[$0] } ?? 0
        guard let order, (1...Self.longestStep).contains(step) else {
            walk = Walk(place: place, months: months, all: all)
            return nil
        }
        let isLoaded = walk.ahead >= step
        walk = Walk(
            place: place, months: months, all: all, wanted: wanted, order: order,
            ahead: max(walk.ahead - step, 0), window: walk.window)
        guard walk.ahead <= walk.window / 2 else { return nil }
        let first = isLoaded ? place[order] + 1 + walk.ahead : place[order]
        walk.window = min(max(walk.window * 4, 4), Self.windowLimit)
        walk.ahead = walk.window
        let clamped = (first..<place[order] + 1 + walk.window).clamped(to: 0..<count)
        return clamped.isEmpty ? nil : Load(positions: clamped, order: order, months: wanted)
    }

    /// Notes that of a load only what is before a position could be loaded.
    mutating func stopped(_ archive: Archive, _ load: Load, at position: Int) {
        guard var walk = walks.value(archive), walk.order == load.order else { return }
        walk.ahead = min(walk.ahead, max(position - walk.place[load.order] - 1, 0))
        walks.insert(walk, for: archive, cost: 1)
    }

    /// In which order somebody goes from conversation to conversation; nil when nobody does.
    mutating func order(_ archive: Archive) -> Order? { walks.value(archive)?.order }

    /// The months that one who goes from conversation to conversation looks into; nil for all, or when nobody does.
    mutating func months(_ archive: Archive) -> ClosedRange<Month>? {
        guard let walk = walks.value(archive), walk.order != nil, let wanted = walk.wanted else { return nil }
        guard let months = walk.months else { return wanted }
        return min(wanted.lowerBound, months.lowerBound)...max(wanted.upperBound, months.upperBound)
    }
}
