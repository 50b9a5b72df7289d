import Storage

/// What a writer and its worker threads share.
///
///     save ──▶ queue ──▶ worker: compress, seal, verify ──▶ open pack of the group ──▶ full packs ──▶ uploader: write
///            (bounded)                                                                (bounded)        └─▶ next index
final class WritePipeline: @unchecked Sendable {
    /// A blob on its way.
    struct Job: Sendable {
        let id: BlobID
        let kind: BlobKind
        let group: PackGroup
        let plaintext: [UInt8]
    }

    /// The largest blob, in bytes; its box must fit the format's 32-bit lengths with room to spare.
    static let blobLimit = 1 << 30
    /// Bytes that may wait in the queue; one blob may wait however large it is.
    private static let queueLimit = 16 << 20
    /// The most packs that are written at a time, each in memory.
    private static let uploadLimit = 4
    /// With no more new blobs, all are told of by one small index file.
    private static let fewBlobs = 400

    private struct BlobKey: Hashable {
        let id: BlobID
        let kind: BlobKind
    }

    private let repository: Repository
    private let packSize: Int
    private let indexBlobLimit: Int

    /// Guards everything below.
    private let signal = Signal()
    /// Jobs before `firstJob` are taken; they are dropped half a queue at a time.
    private var queue: [Job?] = []
    private var firstJob = 0
    private var queuedBytes = 0
    private var jobsAtWork = 0
    private var isClosed = false
    private var failure: RepositoryError?
    /// What this writer was given and the repository does not know yet, whether written or not.
    private var seen: Set<BlobKey> = []
    /// How much of what this writer was given was new.
    private var newBlobs = 0
    /// Tree packs hold trees only: a group and a kind have a pack of their own.
    private var open: [PackBuilder]
    /// Packs that wait for an uploader.
    private var full: [PackBuilder] = []
    private var uploads = 0
    private let uploaders: Int
    private var unindexed = UnindexedPacks()
    /// Threads that are writing index files.
    private var indexing = 0
    /// Whether what was stored when this writer was ended early has been looked after.
    private var isKept = false
    private var summary = WriteSummary()
    /// Throws when no index file may be written.
    private var checkBeforeIndex: @Sendable () throws(RepositoryError) -> Void = {}

    init(_ repository: Repository, packSize: Int, indexBlobLimit: Int) {
        self.repository = repository
        self.packSize = max(packSize, 1)
        self.indexBlobLimit = indexBlobLimit
        uploaders = max(1, min(repository.store.requestsInFlight, Self.uploadLimit))
        open = Self.noPacks
    }

    private static let noPacks = PackGroup.allCases.flatMap { group in BlobKind.allCases.map { _ in PackBuilder(group) }
    }

    private static func slot(_ group: PackGroup, _ kind: BlobKind) -> Int {
        group.rawValue * BlobKind.allCases.count + Int(kind.rawValue)
    }

    /// Starts threads; throws when there are none.
    func start(workers: Int) throws(RepositoryError) {
        let key = repository.master
        let compressing = (0..<max(1, workers)).count { _ in startThread { [self] in work(key) } }
        let uploading = (0..<uploaders).count { _ in startThread { [self] in upload(key) } }
        guard compressing > 0, uploading > 0 else {
            abandon()
            throw .libraryFailed("thread start")
        }
    }

    var progress: WriteSummary { signal.locked { summary } }

    // MARK: The caller's side

    func add(_ job: Job) throws(RepositoryError) {
        let isIndexed = repository.contains(job.id, job.kind)
        try signal.locked { () throws(RepositoryError) in
            if let failure { throw failure }
            guard !isClosed else { throw .writerClosed }
            // The repository is asked again: what it has come to know meanwhile is in `seen` no more.
            guard !isIndexed, !seen.contains(BlobKey(id: job.id, kind: job.kind)),
                !repository.contains(job.id, job.kind)
            else {
                summary.knownBlobs += 1
                summary.knownBytes += job.plaintext.count
                return
            }
            seen.insert(BlobKey(id: job.id, kind: job.kind))
            newBlobs += 1
            while queuedBytes > 0, queuedBytes + job.plaintext.count > Self.queueLimit, failure == nil, !isClosed {
                signal.wait()
            }
            if let failure { throw failure }
            guard !isClosed else { throw .writerClosed }
            queue.append(job)
            queuedBytes += job.plaintext.count
            signal.notify()
        }
    }

    /// Writes the open packs and makes their blobs readable; the index comes with `finish`.
    func flush() throws(RepositoryError) {
        try writeOpenPacks()
        let packs = signal.locked { unindexed.takeUnknown() }
        repository.adopt(packs)
        signal.locked { forget(packs) }
    }

    /// Inside `locked`. Forgets that this writer was given what the repository has come to know.
    private func forget(_ packs: [Repository.WrittenPack]) {
        for entry in packs.lazy.flatMap(\.entries) { seen.remove(BlobKey(id: entry.id, kind: entry.kind)) }
    }

    private func writeOpenPacks() throws(RepositoryError) {
        try signal.locked { () throws(RepositoryError) in
            guard !isClosed else { throw failure ?? RepositoryError.writerClosed }
            while firstJob < queue.count || jobsAtWork > 0, failure == nil { signal.wait() }
            joinSmallGroups()
            full += open.filter { !$0.entries.isEmpty }
            open = Self.noPacks
            signal.notify()
            while !full.isEmpty || uploads > 0, failure == nil { signal.wait() }
            if let failure { throw failure }
        }
    }

    /// Inside `locked`. Beside little, packs of their own would be more requests for nothing. Directories of the head stay
    /// alone: whoever opens the repository next reads them in turn, with what lies around them.
    private func joinSmallGroups() {
        guard isLittle else { return }
        let joins: [(PackGroup, BlobKind, into: PackGroup)] = [
            (.lists, .data, .records), (.lists, .tree, .tree), (.head, .data, .records),
        ]
        for (small, kind, group) in joins {
            let slot = Self.slot(small, kind)
            open[Self.slot(group, kind)].append(contentsOf: open[slot])
            open[slot] = PackBuilder(small)
        }
    }

    /// Inside `locked`.
    private var isLittle: Bool { newBlobs <= Self.fewBlobs && unindexed.blobs <= Self.fewBlobs }

    func finish() throws(RepositoryError) -> WriteSummary {
        do throws(RepositoryError) {
            try writeOpenPacks()
            try writeIndex(always: true)
        } catch {
            abandon()
            throw error
        }
        abandon()
        return progress
    }

    func takeLeftPacks() throws(RepositoryError) -> Int {
        var indexed: Set<PackID> = []
        repository.loadedIndex.forEach { pack, _ in indexed.insert(pack) }
        let left = try repository.list(.data).compactMap { object in
            object.name.digest.map { (id: PackID($0), size: object.size) }
        }.filter { !indexed.contains($0.id) }
        let repository = repository
        let packs = try concurrently(left, atOnce: repository.store.requestsInFlight) {
            (pack) throws(RepositoryError) -> Repository.WrittenPack? in
            do throws(RepositoryError) {
                return (pack.id, try repository.packEntries(pack.id, size: pack.size))
            } catch {
                guard error.concernsContent else { throw error }
                return nil
            }
        }.compactMap { $0 }.filter { pack in pack.entries.contains { !repository.contains($0.id, $0.kind) } }
        repository.adopt(packs)
        signal.locked { for pack in packs { unindexed.add(pack, isKnown: true, isHead: false) } }
        return packs.count
    }

    func guardIndex(_ check: @escaping @Sendable () throws(RepositoryError) -> Void) {
        signal.locked { checkBeforeIndex = check }
    }

    func abandon() {
        signal.locked {
            isClosed = true
            dropQueue()
        }
    }

    /// Inside `locked`.
    private func dropQueue() {
        queue = []
        firstJob = 0
        queuedBytes = 0
        full = []
        signal.notify()
    }

    // MARK: The workers' side

    private func work(_ key: BoxKey) {
        do throws(RepositoryError) {
            let toolbox = try Toolbox(key)
            while let job = nextJob() {
                try process(job, toolbox)
                signal.locked {
                    jobsAtWork -= 1
                    signal.notify()
                }
            }
        } catch {
            fail(error)
        }
    }

    private func fail(_ error: RepositoryError) {
        signal.locked {
            if failure == nil { failure = error }
            dropQueue()
        }
    }

    private func nextJob() -> Job? {
        signal.locked {
            while firstJob == queue.count, !isClosed, failure == nil { signal.wait() }
            guard failure == nil, firstJob < queue.count, let job = queue[firstJob] else { return nil }
            queue[firstJob] = nil
            firstJob += 1
            if firstJob > queue.count / 2 {
                queue.removeFirst(firstJob)
                firstJob = 0
            }
            queuedBytes -= job.plaintext.count
            jobsAtWork += 1
            signal.notify()
            return job
        }
    }

    private func process(_ job: Job, _ toolbox: Toolbox) throws(RepositoryError) {
        let isCompressed = repository.version >= 2 && !job.plaintext.isEmpty
        var box: [UInt8]
        if isCompressed {
            var frame: [UInt8] = []
            try job.plaintext.lend { (bytes) throws(RepositoryError) in try toolbox.zstd.compress(bytes, into: &frame) }
            box = try frame.lend { (bytes) throws(RepositoryError) in try toolbox.cipher.seal(bytes) }
        } else {
            box = try job.plaintext.lend { (bytes) throws(RepositoryError) in try toolbox.cipher.seal(bytes) }
        }
        let length = isCompressed ? job.plaintext.count : nil
        // What a faulty processor or memory made of it must not reach the repository, as restic checks too.
        let entry = PackEntry(id: job.id, kind: job.kind, offset: 0, length: box.count, uncompressedLength: length)
        do throws(Damage) {
            _ = try box.lend { (box) throws(Damage) in try toolbox.plaintext(of: box, entry) }
        } catch {
            throw .damagedBlob(job.id, job.kind, error)
        }
        signal.locked {
            let slot = Self.slot(job.group, job.kind)
            guard slot < open.count else { return }
            open[slot].append(box, job.id, job.kind, uncompressedLength: length)
            if job.kind == .data { summary.dataBlobs += 1 } else { summary.treeBlobs += 1 }
            summary.bytesAdded += job.plaintext.count
            summary.bytesPacked += box.count
            while isFull(slot), failure == nil, !isClosed {
                guard full.count + uploads > uploaders else {
                    full.append(open[slot])
                    open[slot] = PackBuilder(job.group)
                    signal.notify()
                    return
                }
                // Held back here, the workers hold back whoever saves.
                signal.wait()
            }
        }
    }

    /// Inside `locked`.
    private func isFull(_ slot: Int) -> Bool {
        open[slot].bytes.count >= packSize || open[slot].entries.count >= PackBuilder.blobLimit
    }

    // MARK: The uploaders' side

    private func upload(_ key: BoxKey) {
        do throws(RepositoryError) {
            let cipher = try BoxCipher(key)
            while let pack = nextPack() {
                // A failure is known before the pack counts as written: who waits for that looks at it then.
                do throws(RepositoryError) { try write(pack, cipher) } catch { fail(error) }
                signal.locked {
                    uploads -= 1
                    signal.notify()
                }
            }
        } catch {
            fail(error)
        }
    }

    private func nextPack() -> PackBuilder? {
        signal.locked {
            while full.isEmpty, !isClosed, failure == nil { signal.wait() }
            guard failure == nil, !full.isEmpty else { return nil }
            uploads += 1
            return full.removeFirst()
        }
    }

    private func write(_ pack: consuming PackBuilder, _ cipher: BoxCipher) throws(RepositoryError) {
        try pack.finish(cipher)
        let digest = SHA256Digest(hashing: pack.bytes)
        do throws(StorageError) {
            try repository.store.write(ObjectName(.data, digest), pack.bytes)
        } catch {
            throw .storage(error)
        }
        signal.locked {
            unindexed.add((PackID(digest), pack.entries), isKnown: false, isHead: pack.group == .head)
            summary.packs += 1
        }
        try writeIndex(always: false)
    }

    /// Writes index files of the packs that are in none, when they hold enough blobs or `always`. What could not be written is
    /// written the next time.
    ///
    /// - Parameter afterFailure: also when this writer has failed, which else throws.
    private func writeIndex(always: Bool, afterFailure: Bool = false) throws(RepositoryError) {
        var files = try signal.locked { () throws(RepositoryError) -> [UnindexedPacks.File] in
            if let failure, !afterFailure { throw failure }
            guard always || unindexed.blobs >= indexBlobLimit, !unindexed.isEmpty else { return [] }
            indexing += 1
            return unindexed.take(isLittle: isLittle)
        }
        guard !files.isEmpty else { return }
        defer {
            signal.locked {
                indexing -= 1
                signal.notify()
            }
        }
        do throws(RepositoryError) {
            try signal.locked { checkBeforeIndex }()
            while let file = files.first {
                let digest = try repository.saveUnpacked(.index, IndexText.encode(file.packs))
                repository.adopt(file.packs, unknown: file.unknown, in: IndexID(digest))
                signal.locked { forget(file.packs) }
                files.removeFirst()
            }
        } catch {
            signal.locked { unindexed.putBack(files) }
            throw error
        }
    }

    // MARK: The early end

    func keepStored(within time: Duration) -> Bool {
        let (landing, deadline) = (MonotonicTime.now.advanced(by: time / 2), MonotonicTime.now.advanced(by: time))
        fail(.writerClosed)
        let hasWork = signal.locked {
            while uploads > 0, signal.wait(until: landing) {}
            while indexing > 0, signal.wait(until: deadline) {}
            isKept = unindexed.isEmpty
            return !isKept
        }
        if hasWork {
            // A store that is gone is asked for longer than there is time.
            let isStarted = startThread { [self] in
                // What could not be written is in no index still, and that is looked at below.
                try? writeIndex(always: true, afterFailure: true)
                signal.locked {
                    isKept = true
                    signal.notify()
                }
            }
            signal.locked { while isStarted, !isKept, signal.wait(until: deadline) {} }
        }
        // A pack that is under way still ends with the process.
        return signal.locked { indexing == 0 && unindexed.isEmpty }
    }
}
