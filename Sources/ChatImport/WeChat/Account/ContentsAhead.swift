import Dispatch
import ChatModel

/// Finds out what rows say on another core, while the account's next rows are read on this one. Rows go in, and come out in
/// their order with what they say.
///
/// What a row says depends on nothing else, so that it can be found out anywhere; all that an account does itself, and all
/// that is told, stays on the caller's thread.
struct ContentsAhead {
    /// A row and what it says.
    final class Content: Sendable {
        let row: WeChatRow
        let content: WeChatContent
        /// The message as far as the row alone tells it: without its sender and its files.
        let message: Message

        fileprivate init(_ row: WeChatRow, _ content: WeChatContent, _ message: Message) {
            self.row = row
            self.content = content
            self.message = message
        }
    }

    /// Rows that are worked on together.
    private final class Batch: @unchecked Sendable {
        let rows: [WeChatRow]
        let bytes: Int
        /// Written before `isDone` is signalled, and read after.
        var contents: [Content] = []
        let isDone = DispatchSemaphore(value: 0)

        init(_ rows: [WeChatRow], bytes: Int) {
            self.rows = rows
            self.bytes = bytes
        }
    }

    private let queue = DispatchQueue(label: "contents")
    private let read: @Sendable (WeChatRow) -> WeChatContent
    /// Rows of the next batch, and how many bytes they have.
    private var rows: [WeChatRow] = []
    private var bytes = 0
    /// Batches that were handed over, the oldest first.
    private var batches: [Batch] = []
    private var isStopped = false

    /// A batch is so large that handing it over costs nothing beside it, and so small that it stays in a core's cache.
    private static let (mostRows, mostBytes) = (256, 128 << 10)
    /// So many batches are under way that neither side waits for the other, and so many bytes at the most.
    private static let (mostBatches, mostBytesAhead) = (3, 4 << 20)

    /// - Parameter read: says what a row says.
    init(_ read: @escaping @Sendable (WeChatRow) -> WeChatContent) { self.read = read }

    /// Takes a row, and tells some of those that came before.
    mutating func add(_ row: WeChatRow, _ tell: (Content) throws -> Void) throws {
        rows.append(row)
        bytes += row.content.count
        guard rows.count >= Self.mostRows || bytes >= Self.mostBytes else { return }
        handOver()
        while batches.count > Self.mostBatches || batches.reduce(0, { $0 + $1.bytes }) > Self.mostBytesAhead {
            try tellOldest(tell)
        }
    }

    /// Tells all rows that were not told yet; none when telling has failed before.
    mutating func finish(_ tell: (Content) throws -> Void) throws {
        if isStopped { return }
        handOver()
        while !batches.isEmpty { try tellOldest(tell) }
    }

    private mutating func handOver() {
        guard !rows.isEmpty else { return }
        let batch = Batch(rows, bytes: bytes)
        (rows, bytes) = ([], 0)
        rows.reserveCapacity(Self.mostRows)
        batches.append(batch)
        queue.async { [read] in
            batch.contents = batch.rows.map { Self.content(of: $0, read) }
            batch.isDone.signal()
        }
    }

    private mutating func tellOldest(_ tell: (Content) throws -> Void) throws {
        let batch = batches.removeFirst()
        batch.isDone.wait()
        do {
            for content in batch.contents { try tell(content) }
        } catch {
            isStopped = true
            throw error
        }
    }

    private static func content(of row: WeChatRow, _ read: (WeChatRow) -> WeChatContent) -> Content {
        let content = read(row)
        var message = Message(time: row.time, kind: content.kind, text: content.text)
        if row.serverID != 0 { message.id = MessageID(String(row.serverID)) }
        message.replyTo = content.repliesTo.map { MessageID(String($0)) }
        message.forwardedFrom = content.forwardedFrom
        if !content.isNoise { message.raw = content.raw(of: row) }
        return Content(row, content, message)
    }
}
