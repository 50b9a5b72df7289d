import ChatModel

/// A conversation's months as the tree's zone cuts them, which need not be the archive's.
final class ShownConversation: Sendable {
    /// A month that has messages.
    struct Part: Sendable {
        let month: Month
        /// The segments that may have messages of the month: indices in `folder.months`, ascending.
        var segments: [Int] = []
        /// The time of the newest message. Where a segment goes on into the next month, as it may when the archive's zone
        /// is another, only reading it would tell: then the month's last moment, which no message of it is after.
        var newest = Timestamp(milliseconds: .min)
    }

    let folder: ConversationFolder
    /// Ascending.
    let months: [Part]
    /// Those with attachments, ascending.
    let mediaMonths: [Part]

    /// Memory that it takes, about.
    var cost: Int { folder.months.count * 300 + (months.count + mediaMonths.count) * 80 + 300 }

    init(_ folder: ConversationFolder, in zone: Zone) {
        // A segment lies within one month of its own clocks: by ours in the months of its first and its last message, and
        // between the two only where its clocks differed among themselves.
        let ranges = folder.months.map { record in
            let first = Segment.plausible(record.span.lowerBound)
            return zone.month(of: first)...zone.month(of: max(first, Segment.plausible(record.span.upperBound)))
        }
        var shown: Set<Month> = []
        var media: Set<Month> = []
        for (record, range) in zip(folder.months, ranges) {
            for month in [range.lowerBound, range.upperBound, record.month] where range.contains(month) {
                shown.insert(month)
                if record.attachments > 0 { media.insert(month) }
            }
        }
        var parts = shown.sorted().map { Part(month: $0) }
        for (index, range) in ranges.enumerated() {
            let last = Segment.plausible(folder.months[index].span.upperBound)
            var position = Self.position(of: range.lowerBound, in: parts)
            while position < parts.count, parts[position].month <= range.upperBound {
                parts[position].segments.append(index)
                let newest = range.upperBound == parts[position].month ? last : zone.end(of: parts[position].month)
                parts[position].newest = max(parts[position].newest, newest)
                position += 1
            }
        }
        self.folder = folder
        months = parts
        mediaMonths = parts.filter { media.contains($0.month) }
    }

    /// The months of a view.
    func months(in view: View) -> [Part] { view == .media ? mediaMonths : months }

    /// The part of a month in a view; nil when the view does not show it.
    func part(_ month: Month, in view: View) -> Part? {
        let parts = months(in: view)
        let position = Self.position(of: month, in: parts)
        return position < parts.count && parts[position].month == month ? parts[position] : nil
    }

    /// The index of the first part that is not before a month.
    private static func position(of month: Month, in parts: [Part]) -> Int {
        var low = 0
        var high = parts.count
        while low < high {
            let middle = (low + high) / 2
            if parts[middle].month < month { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
