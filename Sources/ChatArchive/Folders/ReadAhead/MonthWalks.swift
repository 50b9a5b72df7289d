/// Who goes through a conversation month by month, and which months to load ahead of them.
///
/// The second month in a row loads four more, the next ones four times as many each time.
struct MonthWalks<Folder: Hashable> {
    private struct Walk {
        var position: Int
        var isDescending = false
        /// Months ahead of `position` that were loaded.
        var ahead = 0
        var window = 0
    }

    private var walks = LeastRecentlyUsed<Folder, Walk>(budget: 64)
    private static var windowLimit: Int { 32 }

    /// Notes that a month of a conversation is looked into, and returns the positions of those to load now, the next first.
    ///
    /// - Parameters:
    ///   - position: of the month among the conversation's, ascending.
    ///   - count: how many months the conversation has.
    mutating func note(_ folder: Folder, position: Int, of count: Int) -> [Int] {
        guard var walk = walks.value(folder) else {
            walks.insert(Walk(position: position), for: folder, cost: 1)
            return []
        }
        defer { walks.insert(walk, for: folder, cost: 1) }
        let step = position - walk.position
        guard step != 0 else { return [] }
        let isDescending = step < 0
        guard abs(step) == 1, walk.window == 0 || isDescending == walk.isDescending else {
            walk = Walk(position: position)
            return []
        }
        walk.position = position
        walk.isDescending = isDescending
        walk.ahead = max(walk.ahead - 1, 0)
        guard walk.ahead <= walk.window / 2 else { return [] }
        walk.window = min(max(walk.window * 4, 4), Self.windowLimit)
        let sign = isDescending ? -1 : 1
        let positions = (walk.ahead..<max(walk.ahead, walk.window)).map { position + sign * ($0 + 1) }
        walk.ahead = walk.window
        return positions.filter { (0..<count).contains($0) }
    }
}
