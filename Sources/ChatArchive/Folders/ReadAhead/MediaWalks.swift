/// Who reads the media of a conversation one after the other, as `cp -r` and `grep -r` do, and how much to load ahead of
/// them.
///
///     last ──────────── ahead                   one pass over the conversation, month by month, in listing order
///       read      loaded, not read yet          the third file in a row loads a MiB ahead, then twice as much each time
///
/// A value: positions in, decisions out.
struct MediaWalks<Folder: Hashable> {
    /// A file's place in a conversation.
    struct Position: Hashable, Comparable {
        /// Of the month among the conversation's months.
        var month: Int
        /// Of the file in the month's listing.
        var file: Int

        static func < (left: Position, right: Position) -> Bool {
            (left.month, left.file) < (right.month, right.file)
        }
    }

    /// What to load: the files after a position, until they have so many bytes.
    struct Load: Equatable {
        let after: Position
        let bytes: Int
        /// Which walk it is for; what ends after that walk has ended tells nothing of the next one.
        fileprivate let walk: Int
    }

    private struct Walk {
        let number: Int
        var last: Position
        var ahead: Position
        /// Bytes between `last` and `ahead`.
        var unread = 0
        var inARow = 1
        var window = 0
        var isLoading = false
        var isAtEnd = false
    }

    private var walks = LeastRecentlyUsed<Folder, Walk>(budget: 64)
    private let windowLimit: Int
    private var begun = 0

    /// Files in a row after which somebody is taken to go on.
    private static var threshold: Int { 3 }
    private static var firstWindow: Int { 1 << 20 }

    /// - Parameter windowLimit: the most bytes ahead of one reader.
    init(windowLimit: Int) { self.windowLimit = max(windowLimit, 0) }

    /// Notes that a file of so many bytes is read, and returns what to load now; `loaded` must follow.
    mutating func note(_ folder: Folder, _ position: Position, size: Int) -> Load? {
        guard var walk = walks.value(folder), position >= walk.last else {
            begun += 1
            walks.insert(Walk(number: begun, last: position, ahead: position), for: folder, cost: 1)
            return nil
        }
        // Another piece of the same file.
        guard position > walk.last else { return nil }
        defer { walks.insert(walk, for: folder, cost: 1) }
        walk.last = position
        walk.inARow += 1
        walk.unread = max(walk.unread - size, 0)
        if walk.ahead < position {
            walk.ahead = position
            walk.unread = 0
        }
        guard walk.inARow >= Self.threshold, !walk.isLoading, !walk.isAtEnd, walk.unread <= walk.window / 2 else {
            return nil
        }
        walk.window = min(max(walk.window * 2, Self.firstWindow), windowLimit)
        guard walk.window > walk.unread else { return nil }
        walk.isLoading = true
        return Load(after: walk.ahead, bytes: walk.window - walk.unread, walk: walk.number)
    }

    /// Notes what a load has come to: the last file of it and its bytes; nil when nothing follows.
    mutating func loaded(_ folder: Folder, _ load: Load, upTo end: Position?, bytes: Int) {
        guard var walk = walks.value(folder), walk.number == load.walk else { return }
        walk.isLoading = false
        walk.unread += bytes
        if let end { walk.ahead = max(walk.ahead, end) } else { walk.isAtEnd = true }
        walks.insert(walk, for: folder, cost: 1)
    }
}
