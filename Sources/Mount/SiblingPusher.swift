import ChatArchive
import Dispatch
import Glibc
import Synchronization

/// Carries out what `SiblingReadAhead` decides, on a thread of its own: pushing from within a request would wait for itself.
final class SiblingPusher: Sendable {
    private enum Task {
        case push(SiblingReadAhead.Push)
        /// A month that the kernel still has the listing of, and the tree no longer.
        case remind(InodeNumber)
    }

    private struct State {
        var policy = SiblingReadAhead()
        var queue: [Task] = []
        /// The month of the last file whose place was not known.
        var forgottenMonth: InodeNumber?
        var isClosed = false
    }

    private let tree: FolderTree
    private let session: FuseSession
    private let counters: Counters
    private let deadline: Duration
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    init(_ tree: FolderTree, _ session: FuseSession, _ counters: Counters, deadline: Duration) {
        self.deadline = deadline
        self.tree = tree
        self.session = session
        self.counters = counters
    }

    func start() {
        startThread { [self] in
            while true {
                wake.wait()
                let (task, isClosed) = state.withLock { state in
                    (state.queue.isEmpty ? nil : state.queue.removeFirst(), state.isClosed)
                }
                if isClosed { return }
                switch task {
                case .push(let push): carryOut(push)
                // What fails here fails again for who reads, and is reported there.
                case .remind(let month): try? tree.remindListing(month, waiting: .until(.now + deadline))
                case nil: break
                }
            }
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        wake.signal()
    }

    /// Called on the serving thread when the kernel has been given entries of a directory.
    func listed(_ directory: InodeNumber) {
        guard let (listing, files) = tree.listing(of: directory) else { return }
        let isQueued = state.withLock { state in
            guard let push = state.policy.listed(listing, of: files) else { return false }
            state.queue.append(.push(push))
            return true
        }
        if isQueued { wake.signal() }
    }

    /// Called on the serving thread when the kernel asks for the beginning of a file. Work that it returns is to be done, on
    /// another thread, before the answer.
    func observe(_ file: InodeNumber) -> (@Sendable () -> Void)? {
        guard let place = tree.place(of: file) else { return remind(of: file) }
        let push = state.withLock { state -> SiblingReadAhead.Push? in
            let push = state.policy.read(.init(listing: place.listing, index: place.index), of: place.count)
            if let push, !push.isAwaited { state.queue.append(.push(push)) }
            return push
        }
        guard let push else { return nil }
        if push.isAwaited { return { [self] in carryOut(push) } }
        wake.signal()
        return nil
    }

    /// The second file in a row of a month asks for its listing, once; a random reader rarely meets the same month twice. Who goes through
    /// one month after the other gets it at once.
    private func remind(of file: InodeNumber) -> (@Sendable () -> Void)? {
        guard let month = tree.listedFolder(of: file) else { return nil }
        let (isQueued, isAwaited) = state.withLock { state in
            if state.policy.isThorough { return (false, true) }
            guard state.forgottenMonth == month else {
                state.forgottenMonth = month
                return (false, false)
            }
            state.forgottenMonth = nil
            state.queue.append(.remind(month))
            return (true, false)
        }
        if isQueued { wake.signal() }
        guard isAwaited else { return nil }
        return { [self] in
            // What fails here fails again for who reads, and is reported there.
            try? tree.remindListing(month, waiting: .until(.now + deadline))
            guard tree.place(of: file) != nil else { return }
            observe(file)?()
        }
    }

    /// After so many files in a row that the kernel does not know, one stops.
    private static let unknownLimit = 16
    /// The same while it is learning of them: a try takes some 2 µs, and a request from which it learns of more comes within
    /// a millisecond. Sleeping meanwhile would be longer than the reader takes.
    private static let unknownLimitOfListing = 1000

    private func carryOut(_ push: SiblingReadAhead.Push) {
        var index = push.first.index
        let end = index + push.files
        var bytes = 0
        var unknown = 0
        let unknownLimit = push.isBeingListed ? Self.unknownLimitOfListing : Self.unknownLimit
        var hole = push.hole >= 0 ? push.hole : Int.max
        // A reader who has not listed the directory leaves the kernel without these inodes, and pushing is in vain.
        while unknown < unknownLimit, bytes < push.bytes {
            let (next, isClosed) = state.withLock { ($0.policy.resume(push, at: index), $0.isClosed) }
            index = next
            guard index < end, !isClosed, let file = tree.file(at: index, in: push.first.listing) else { break }
            // To push media would be to read them, and look like somebody who wants more of them.
            if file.isText, file.size <= SiblingReadAhead.largestFile {
                if index >= hole {
                    hole = .max
                } else {
                    guard let count = store(file.inode) else { break }
                    unknown = count < 0 ? unknown + 1 : 0
                    if count < 0, push.isBeingListed {
                        sched_yield()
                        continue
                    }
                    bytes += max(count, 0)
                }
            }
            index += 1
        }
        state.withLock { $0.policy.pushed(push, upTo: index) }
    }

    /// The bytes that the kernel took, -1 when it does not know the inode, nil when the content is not in memory.
    private func store(_ inode: InodeNumber) -> Int? {
        var stored = -1
        do throws(FolderTreeError) {
            try tree.read(inode, offset: 0, count: SiblingReadAhead.largestFile, waiting: .never) { bytes in
                if session.store(inode.rawValue, bytes) { stored = bytes.count }
            }
        } catch {
            return nil
        }
        if stored >= 0 {
            counters.pushedFiles.add()
            counters.pushedBytes.add(stored)
        }
        return stored
    }
}

extension Server {
    func startReadAhead(_ session: FuseSession) {
        guard options.readAheadAcrossFiles else { return }
        let pusher = SiblingPusher(tree, session, counters, deadline: options.deadline)
        pusher.start()
        siblings = pusher
    }

    func stopReadAhead() {
        siblings?.close()
        siblings = nil
    }
}
