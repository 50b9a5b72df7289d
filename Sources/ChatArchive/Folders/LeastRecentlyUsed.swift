/// Values by key within a budget; the one unused for the longest time goes first.
///
/// A doubly linked list through an array of slots: looking up, adding and dropping cost the same however many there are.
struct LeastRecentlyUsed<Key: Hashable, Value> {
    private struct Slot {
        var key: Key
        var value: Value?
        var cost: Int
        var newer: Int
        var older: Int
    }

    private static var none: Int { -1 }

    /// What all values together may cost.
    let budget: Int
    private(set) var cost = 0
    private var slots: [Slot] = []
    private var free: [Int] = []
    private var positions: [Key: Int] = [:]
    private var newest = -1
    private var oldest = -1

    init(budget: Int) { self.budget = budget }

    var count: Int { positions.count }

    /// Whether there is a value, which does not count as use.
    func contains(_ key: Key) -> Bool { positions[key] != nil }

    /// The value of a key, which counts as used now.
    mutating func value(_ key: Key) -> Value? {
        guard let position = positions[key] else { return nil }
        if position != newest {
            unlink(position)
            link(position)
        }
        return slots[position].value
    }

    /// Adds or replaces a value, and drops the oldest ones beyond the budget. The newest always stays.
    mutating func insert(_ value: Value, for key: Key, cost: Int) {
        if let position = positions[key] { remove(position) }
        let position: Int
        let slot = Slot(key: key, value: value, cost: cost, newer: Self.none, older: Self.none)
        if let reused = free.popLast() {
            position = reused
            slots[position] = slot
        } else {
            position = slots.count
            slots.append(slot)
        }
        positions[key] = position
        self.cost += cost
        link(position)
        while self.cost > budget, oldest != newest { remove(oldest) }
    }

    private mutating func remove(_ position: Int) {
        unlink(position)
        cost -= slots[position].cost
        positions[slots[position].key] = nil
        slots[position].value = nil
        free.append(position)
    }

    private mutating func link(_ position: Int) {
        slots[position].newer = Self.none
        slots[position].older = newest
        if newest != Self.none { slots[newest].newer = position }
        newest = position
        if oldest == Self.none { oldest = position }
    }

    private mutating func unlink(_ position: Int) {
        let newer = slots[position].newer
        let older = slots[position].older
        if newer != Self.none { slots[newer].older = older } else { newest = older }
        if older != Self.none { slots[older].newer = newer } else { oldest = newer }
    }
}
