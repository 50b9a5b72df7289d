import ChatModel

/// Finds out which of the lines that look like heads of messages are the chat's own, and which were copied into a message from
/// another chat, program or calendar.
///
/// The rule. The first head's form is the chat's (see `WhatsAppForm`). Heads of another form that follow each other are a run. The
/// chat goes on in a run's form, as where somebody joined two exports,
///
/// - when the run and the message before it are longer than any message can be, or
/// - when it has at least `leastRun` heads and its times go on: it does not begin before the message before it, as what is copied
///   was sent before it was copied, and seldom steps back; one of less than `longRun` heads does not begin after the message
///   behind it either, as appointments do.
///
/// Else its lines continue the message before. `copied` tells of those whose times do not go on, `doubtful` of the others, which
/// may be messages.
struct WhatsAppOwnHeads {
    /// Heads of a run that may be the chat's own: more than what people type themselves, of appointments for instance.
    static let leastRun = 5
    /// Heads that nobody types.
    static let longRun = 20
    /// Bytes that no message exceeds: WhatsApp's limit is 65,536 characters.
    static let longestMessage = 4 << 16
    /// How often a file may change its form, so that what is kept of it is bounded.
    private static let mostChanges = 100

    /// A line that looks like a head.
    struct Head {
        var form: WhatsAppForm
        /// Nil for a date that no calendar has.
        var time: CivilTime?
        /// From 1.
        var line: Int
        /// Where the line begins, in bytes from the text's start.
        var offset: Int
    }

    /// Lines of one kind: how many, and the first; 0 when there are none.
    struct Lines: Equatable {
        var count = 0
        var first = 0

        mutating func add(_ number: Int, from line: Int) {
            if count == 0 { first = line }
            count += number
        }

        /// These lines and others.
        func joined(with others: Lines) -> Lines {
            guard count > 0, others.count > 0 else { return count > 0 ? self : others }
            return Lines(count: count + others.count, first: min(first, others.first))
        }
    }

    /// From which line on the chat's form is which; the first is the file's.
    private(set) var changes: [(line: Int, form: WhatsAppForm)] = []
    private(set) var copied = Lines()
    private(set) var doubtful = Lines()
    private var own: (time: CivilTime?, offset: Int) = (nil, 0)
    private var run: Run?

    private struct Run {
        let form: WhatsAppForm
        let line: Int
        var count = 0
        var stepsBack = 0
        var first: CivilTime?
        var last: CivilTime?
        var end = 0

        mutating func add(_ head: Head) {
            count += 1
            end = head.offset
            guard let time = head.time else { return }
            if first == nil { first = time }
            if let last, time < last { stepsBack += 1 }
            last = time
        }
    }

    /// Takes the next line that looks like a head.
    mutating func note(_ head: Head) {
        guard let current = changes.last?.form else { return takeOwn(head, isChange: true) }
        if let form = run?.form, form == head.form { return run?.add(head) ?? () }
        if run != nil {
            decide(next: head.form == current ? head.time : nil)
        }
        if head.form == changes.last?.form { return takeOwn(head, isChange: false) }
        run = Run(form: head.form, line: head.line)
        run?.add(head)
    }

    /// Tells that there are no more.
    mutating func end() { decide(next: nil) }

    private mutating func takeOwn(_ head: Head, isChange: Bool) {
        if isChange { changes.append((head.line, head.form)) }
        own = (head.time ?? own.time, head.offset)
    }

    /// Decides whether the run is the chat's own.
    ///
    /// - Parameter next: the time of the message behind it, when that has the chat's form.
    private mutating func decide(next: CivilTime?) {
        guard let run else { return }
        self.run = nil
        let isLong = run.end - own.offset > Self.longestMessage
        let goesOn = goesOn(run, next)
        let isOwn = isLong || goesOn && run.count >= Self.leastRun && run.stepsBack * 10 <= run.count
        if isOwn, changes.count < Self.mostChanges {
            changes.append((run.line, run.form))
            own = (run.last ?? own.time, run.end)
        } else if goesOn || isLong {
            doubtful.add(run.count, from: run.line)
        } else {
            copied.add(run.count, from: run.line)
        }
    }

    /// Whether a run's times go on, to the minute, as some forms have no seconds.
    private func goesOn(_ run: Run, _ next: CivilTime?) -> Bool {
        guard let first = run.first.map(Self.minute) else { return true }
        let before = own.time.map(Self.minute)
        if let before, first < before { return false }
        // What steps back behind the run may be copied itself.
        guard run.count < Self.longRun, let next, before.map({ $0 <= next }) ?? true else { return true }
        return first <= next
    }

    private static func minute(_ time: CivilTime) -> CivilTime {
        var time = time
        time.second = 0
        return time
    }
}

extension WhatsAppOwnHeads {
    /// Tells line by line, in their order, which heads are the chat's own.
    struct Reading {
        private let changes: [(line: Int, form: WhatsAppForm)]
        private var position = 0

        init(_ heads: WhatsAppOwnHeads) { changes = heads.changes }

        /// Whether a line with such a head begins a message.
        mutating func isOwn(_ form: WhatsAppForm, line: Int) -> Bool {
            while position + 1 < changes.count, changes[position + 1].line <= line { position += 1 }
            return changes.isEmpty || changes[position].form == form
        }
    }
}
