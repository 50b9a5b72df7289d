import Storage

/// Reads index files, several at a time, as the way to them is long and parsing them is work for more than one core.
///
/// A damaged file takes nothing from the others. Memory: the texts at work, and one run; without a local index everything.
final class IndexFileReader: @unchecked Sendable {
    /// What was read.
    struct Outcome {
        var segments: [IndexSegment] = []
        var additions: [(pack: PackID, entry: PackEntry)] = []
        /// The index files of the additions.
        var files: [IndexID] = []
        /// An error for each damaged file.
        var damaged: [RepositoryError] = []
        /// Why reading ended early.
        var failure: RepositoryError?
    }

    private typealias Entries = [(pack: PackID, entry: PackEntry)]

    private let repository: Repository
    private let localIndex: LocalIndex?
    private let ids: [IndexID]

    /// Guards everything below.
    private let signal = Signal()
    private var nextID = 0
    private var threads = 0
    private var run = IndexRun()
    private var outcome = Outcome()

    init(_ repository: Repository, _ localIndex: LocalIndex?, _ ids: [IndexID]) {
        self.repository = repository
        self.localIndex = localIndex
        self.ids = ids
    }

    /// Reads all of them with so many readers, this thread among them.
    func read(readers: Int) -> Outcome {
        for _ in 1..<max(1, min(readers, ids.count)) {
            signal.locked { threads += 1 }
            let isStarted = startThread { [self] in
                work()
                endThread()
            }
            // Fewer readers do it too.
            if !isStarted { endThread() }
        }
        work()
        return signal.locked {
            while threads > 0 { signal.wait() }
            if !run.isEmpty { store(run) }
            run = IndexRun()
            return outcome
        }
    }

    private func endThread() {
        signal.locked {
            threads -= 1
            signal.notify()
        }
    }

    private func work() {
        while let id = take() {
            do throws(RepositoryError) {
                let text = try repository.unpacked(.index, id.digest)
                var entries: Entries = []
                do throws(Damage) {
                    try IndexText.parse(text) { entries.append(($0, $1)) }
                } catch {
                    throw .damaged(ObjectName(.index, id.digest), error)
                }
                add(id, entries)
            } catch {
                signal.locked {
                    if case .damaged = error {
                        outcome.damaged.append(error)
                    } else if outcome.failure == nil {
                        outcome.failure = error
                    }
                }
            }
        }
    }

    /// The index file that an error is about.
    static func name(_ error: RepositoryError) -> IndexID {
        if case .damaged(let name, _) = error { IndexID(name.digest ?? .zero) } else { IndexID(.zero) }
    }

    private func take() -> IndexID? {
        signal.locked {
            guard nextID < ids.count, outcome.failure == nil else { return nil }
            defer { nextID += 1 }
            return ids[nextID]
        }
    }

    private func add(_ id: IndexID, _ entries: Entries) {
        let full = signal.locked { () -> IndexRun? in
            guard localIndex != nil else {
                outcome.additions.append(contentsOf: entries)
                outcome.files.append(id)
                return nil
            }
            run.add(id, entries)
            guard run.count >= IndexRun.sizeLimit else { return nil }
            defer { run = IndexRun() }
            return run
        }
        guard let full else { return }
        let segment = localIndex?.write(full)
        signal.locked { keep(full, segment) }
    }

    /// Inside `locked`.
    private func store(_ run: IndexRun) { keep(run, localIndex?.write(run)) }

    /// Inside `locked`.
    private func keep(_ run: IndexRun, _ segment: IndexSegment?) {
        if let segment {
            outcome.segments.append(segment)
        } else {
            run.forEach { outcome.additions.append(($0, $1)) }
            outcome.files.append(contentsOf: run.files)
        }
    }
}
