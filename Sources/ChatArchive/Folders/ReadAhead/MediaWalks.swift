/// Who reads media one after the other, as `cp -r` and `grep -r` do, and how much to load ahead of them.
///
///     last ──────────── ahead                   one pass over conversations, month by month, in listing order
///       read      loaded, not read yet          the third file in a row loads a MiB ahead, then twice as much each time
///
/// Who has read in one conversation only gets nothing of the next; who went on to another is taken to go on once more.
///
/// A value: positions in, decisions out.
struct MediaWalks<Reader: Hashable> {
    /// A file's place.
    struct Position: Hashable, Comparable {
        /// Of the conversation, in the reader's order.
        var conversation: Int
        /// Of the month among the conversation's months.
        var month: Int
        /// Of the file in the month's listing.
        var file: Int

        static func < (left: Position, right: Position) -> Bool {
            (left.conversation, left.month, left.file) < (right.conversation, right.month, right.file)
        }
    }

    /// What to load: the files after a position, until they have so many bytes.
    struct Load: Equatable {
        let after: Position
        let bytes: Int
        /// Whether the files of the following conversations are meant, too.
        let goesOn: Bool
        /// Which walk it is for; what ends after that walk has ended tells nothing of the next one.
        fileprivate let walk: Int
    }

    private struct Walk {
        let number: Int
        let reader: Reader
        var last: Position
        var ahead: Position
        /// Bytes between `last` and `ahead`.
        var unread = 0
        var inARow = 1
        var window = 0
        var isLoading = false
        var isAtEnd = false
        var goesOn = false
    }

    /// The one that was noted last is at the end.
    private var walks: [Walk] = []
    private let windowLimit: Int
    private var begun = 0

    private static var walkLimit: Int { 64 }
    /// Files in a row after which somebody is taken to go on.
    private static var threshold: Int { 3 }
    private static var firstWindow: Int { 1 << 20 }
    /// Conversations that one who goes on may pass over, as they have no media.
    private static var longestStep: Int { 8 }

    /// - Parameter windowLimit: the most bytes ahead of one reader.
    init(windowLimit: Int) { self.windowLimit = max(windowLimit, 0) }

    /// Notes that a file of so many bytes is read, and returns what to load now; `loaded` must follow.
    mutating func note(_ reader: Reader, _ position: Position, size: Int) -> Load? {
        guard let index = walk(of: reader, to: position) else {
            begun += 1
            if walks.count >= Self.walkLimit { walks.removeFirst() }
            walks.append(Walk(number: begun, reader: reader, last: position, ahead: position))
            return nil
        }
        var walk = walks.remove(at: index)
        defer { walks.append(walk) }
        // Another piece of the same file.
        guard position > walk.last else { return nil }
        if position.conversation != walk.last.conversation, !walk.goesOn {
            walk.goesOn = true
            walk.isAtEnd = false
        }
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
        return Load(
            after: walk.ahead, bytes: walk.window - walk.unread, goesOn: walk.goesOn, walk: walk.number)
    }

    /// Notes what a load has come to: the last file of it and its bytes; nil when nothing follows.
    mutating func loaded(_ load: Load, upTo end: Position?, bytes: Int) {
        guard let index = walks.firstIndex(where: { $0.number == load.walk }) else { return }
        walks[index].isLoading = false
        walks[index].unread += bytes
        if let end {
            walks[index].ahead = max(walks[index].ahead, end)
        } else {
            walks[index].isAtEnd = walks[index].goesOn == load.goesOn
        }
    }

    /// The walk that a read goes on with: within the conversation, or to one of the next.
    private func walk(of reader: Reader, to position: Position) -> Int? {
        let own = walks.lastIndex { $0.reader == reader && $0.last.conversation == position.conversation }
        if let own { return position >= walks[own].last ? own : nil }
        return walks.lastIndex {
            $0.reader == reader && (1...Self.longestStep).contains(position.conversation - $0.last.conversation)
        }
    }
}
